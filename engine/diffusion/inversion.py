"""Running the map backwards: the noise from which a sampler's own steps lead to given data.

A second-order step at the same alphas in reverse is nearly the inverse of the step forwards. What is missing,
fixed-point iterations on the step itself bring: `x <- x + (target - step(x))` rests where the step leads to the
target, however few and long the steps are. Accelerated, they also converge where the map is stiff (Pan et al. 2023,
"Effective real image editing with accelerated iterative diffusion inversion", here for any explicit step).
"""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from engine.diffusion.samplers import STEPPERS, Model, SamplerStep, StepHook, sample
from engine.knobs import CORRECTIONS

CLOSE = 2e-4
"""Misses below this share of the state's size are not worth a correction in a walk of 16 steps or fewer. They add up
over a walk, so longer ones are held to less: at 50 steps a round trip lost 0.17 % with this, 0.11 % with a third."""
CLOSE_STEPS = 16
MEMORY = 3
"""Earlier corrections that the next one learns from."""


def invert(
    model: Model,
    x: Tensor,
    alphas: Tensor,
    sampler: str = "heun",
    *,
    corrections: int = 0,
    on_step: StepHook | None = None,
) -> Tensor:
    """The state `[B, ...]` at alpha 0 that `sample` along increasing `alphas` `[N + 1]` carries to data `x`.

    Without `corrections` this is the walk backwards. With them, each step is corrected up to that many times, as long
    as it misses the state it should lead to by more than 0.02 %, or less in walks of more than 16 steps; each costs
    one step forwards, and so does looking. The best state is kept, loop by loop. `on_step` is called after each of
    the N steps. Raises `InvalidRequest` for an unknown sampler or more than 20 corrections.
    """
    CORRECTIONS.check(corrections)
    alphas = alphas.to(x.device)
    count = len(alphas) - 1
    close = CLOSE * min(1.0, CLOSE_STEPS / count)
    for index in range(count):
        start, end = alphas[count - 1 - index], alphas[count - index]
        before = sample(model, x, alphas[[count - index, count - 1 - index]], sampler)
        if corrections:

            def ahead(state: Tensor, start: Tensor = start, end: Tensor = end) -> Tensor:
                return STEPPERS[sampler](model, state, start, end)[0]

            before = _corrected(ahead, before, x, corrections, close)
        direction = (x - before) / (end - start)
        x = before
        if on_step is not None:
            on_step(SamplerStep(index + 1, count, float(start), x, direction))
    return x


def _corrected(
    ahead: Callable[[Tensor], Tensor], x: Tensor, target: Tensor, corrections: int, close: float
) -> Tensor:
    """`x` moved so that the step `ahead` leads to `target`: Anderson's acceleration (1965) of the iteration."""
    least: Tensor | None = None
    best = x
    states: list[Tensor] = []
    misses: list[Tensor] = []
    for _ in range(corrections + 1):
        miss = target - ahead(x)
        size = miss.flatten(1).norm(dim=1).view(-1, *[1] * (x.dim() - 1))
        best = x if least is None else x.where(size < least, best)
        least = size if least is None else size.minimum(least)
        if bool((least <= close * target.flatten(1).norm(dim=1).view(size.shape)).all()):
            break
        states, misses = [*states[-MEMORY:], x], [*misses[-MEMORY:], miss]
        x = _accelerated(states, misses)
    return best


def _accelerated(states: list[Tensor], misses: list[Tensor]) -> Tensor:
    """The next state: what the last few misses, as linear functions of their states, say leads to no miss at all."""
    x, miss = states[-1], misses[-1]
    if len(states) == 1:
        return x + miss
    moved, changed = (
        torch.stack([(later - earlier).flatten(1) for earlier, later in pairwise(values)], dim=2)
        for values in (states, misses)
    )
    gram = changed.mT @ changed
    # Nearly parallel changes must not blow up the solution.
    ridge = 1e-6 * gram.diagonal(dim1=1, dim2=2).mean(dim=1)[:, None, None] * torch.eye(gram.shape[1]).to(gram)
    share = torch.linalg.solve(gram + ridge + 1e-30, changed.mT @ miss.flatten(1)[:, :, None])
    learnt: Tensor = (moved + changed) @ share
    return x + miss - learnt.view(x.shape)
