"""Running the map backwards: the noise from which a sampler's own steps lead to given data.

A second-order step at the same alphas in reverse is nearly the inverse of the step forwards. What is missing,
fixed-point iterations on the step itself bring (the idea of Pan et al. 2023, "Effective real image editing with
accelerated iterative diffusion inversion", for any explicit step): `x <- x + (target - step(x))` rests where the step
leads to the target, however few and long the steps are.
"""

from collections.abc import Callable

from torch import Tensor

from engine.diffusion.samplers import STEPPERS, Model, SamplerStep, StepHook, sample
from engine.errors import InvalidRequest

MAX_CORRECTIONS = 20


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

    Without `corrections` this is the walk backwards. Each correction costs one step forwards (and the first another
    one); one that leads further away than the state before it is not kept, loop by loop. `on_step` is called after
    each of the N steps. Raises `InvalidRequest` for an unknown sampler or more than 20 corrections.
    """
    if not 0 <= corrections <= MAX_CORRECTIONS:
        raise InvalidRequest(f"{corrections} corrections are not possible: 0 to {MAX_CORRECTIONS}.")
    alphas = alphas.to(x.device)
    count = len(alphas) - 1
    for index in range(count):
        start, end = alphas[count - 1 - index], alphas[count - index]
        before = sample(model, x, alphas[[count - index, count - 1 - index]], sampler)
        if corrections:

            def ahead(state: Tensor, start: Tensor = start, end: Tensor = end) -> Tensor:
                return STEPPERS[sampler](model, state, start, end)[0]

            before = _corrected(ahead, before, x, corrections)
        direction = (x - before) / (end - start)
        x = before
        if on_step is not None:
            on_step(SamplerStep(index + 1, count, float(start), x, direction))
    return x


def _corrected(ahead: Callable[[Tensor], Tensor], x: Tensor, target: Tensor, corrections: int) -> Tensor:
    """`x` moved so that the step `ahead` leads to `target`."""
    shape = (-1, *[1] * (x.dim() - 1))
    best, missed = x, target - ahead(x)
    least = missed.flatten(1).norm(dim=1).view(shape)
    pace = x.new_ones(len(x)).view(shape)
    for _ in range(corrections):
        x = best + pace * missed
        miss = target - ahead(x)
        size = miss.flatten(1).norm(dim=1).view(shape)
        better = size < least
        best, missed, least = x.where(better, best), miss.where(better, missed), size.where(better, least)
        pace = pace.where(better, pace / 2)
    return best
