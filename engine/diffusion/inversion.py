"""Running the map backwards: the noise from which a sampler's own steps lead to given data.

A second-order step at the same alphas in reverse is nearly the inverse of the step forwards. What is missing,
fixed-point iterations on the step itself bring (the idea of Pan et al. 2023, "Effective real image editing with
accelerated iterative diffusion inversion", for any explicit step): `x <- x + (target - step(x))` rests where the step
leads to the target, however few and long the steps are.
"""

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

    Without `corrections` this is the walk backwards. Each correction costs one step forwards, and one that leads
    further away than the state before it is not kept, loop by loop. `on_step` is called after each of the N steps.
    Raises `InvalidRequest` for an unknown sampler or more than 20 corrections.
    """
    if not 0 <= corrections <= MAX_CORRECTIONS:
        raise InvalidRequest(f"{corrections} corrections are not possible: 0 to {MAX_CORRECTIONS}.")
    alphas = alphas.to(x.device)
    count = len(alphas) - 1
    for index in range(count):
        start, end = alphas[count - 1 - index], alphas[count - index]
        before = sample(model, x, alphas[[count - index, count - 1 - index]], sampler)
        if corrections:
            before = _corrected(model, before, x, start, end, sampler, corrections)
        direction = (x - before) / (end - start)
        x = before
        if on_step is not None:
            on_step(SamplerStep(index + 1, count, float(start), x, direction))
    return x


def _corrected(
    model: Model, x: Tensor, target: Tensor, alpha: Tensor, next_alpha: Tensor, sampler: str, corrections: int
) -> Tensor:
    """`x` moved so that one step of `sampler` leads to `target`."""
    step = STEPPERS[sampler]
    best, least = x, None
    for _ in range(corrections):
        miss = target - step(model, x, alpha, next_alpha)[0]
        size = miss.flatten(1).norm(dim=1).view(-1, *[1] * (x.dim() - 1))
        if least is None:
            least = size
        better = size <= least
        best, least = best.where(~better, x), least.where(~better, size)
        x = best + miss.where(better, 0.5 * miss)
    return x
