"""Samplers: integrate dx/dalpha = D(x, alpha) along a schedule, forwards (noise to data) or backwards.

Each step function takes the model, the state at `alpha` and the next alpha; `sample` walks the schedule. The
model is evaluated at the alpha a step *starts* from, and the walk ends at the last alpha exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from engine.errors import InvalidRequest
from engine.knobs import PROGRESSIVE, SAMPLERS


class Model(Protocol):
    """`D(x, alpha)`: predicts `x_1 - x_0` for states `x` `[B, ...]` at a scalar `alpha` in [0, 1]."""

    def __call__(self, x: Tensor, alpha: Tensor, /) -> Tensor:
        """Return the predicted direction, the shape of `x`."""


@dataclass(frozen=True)
class SamplerStep:
    """What a step hook sees: `index` of the step just made (from 1) of `count`, and where it led.

    `direction` is D at the start of the step; `x + (1 - alpha) * direction` estimates the data from there.
    """

    index: int
    count: int
    alpha: float
    x: Tensor
    direction: Tensor

    @property
    def estimate(self) -> Tensor:
        """Current estimate of the data `x_1`."""
        return self.x + (1 - self.alpha) * self.direction


StepHook = Callable[[SamplerStep], None]
Hold = Callable[[int, Tensor], Tensor]
Stepper = Callable[[Model, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


def euler(model: Model, x: Tensor, alpha: Tensor, next_alpha: Tensor) -> tuple[Tensor, Tensor]:
    """First order, one evaluation: `x + (alpha' - alpha) D(x, alpha)` (Heitz et al. 2023, algorithm 4)."""
    direction = model(x, alpha)
    return x + (next_alpha - alpha) * direction, direction


def heun(model: Model, x: Tensor, alpha: Tensor, next_alpha: Tensor) -> tuple[Tensor, Tensor]:
    """Second order, two evaluations: the mean of D at both ends of an Euler step."""
    step = next_alpha - alpha
    direction = model(x, alpha)
    arrival = model(x + step * direction, next_alpha)
    return x + step * (direction + arrival) / 2, direction


def midpoint(model: Model, x: Tensor, alpha: Tensor, next_alpha: Tensor) -> tuple[Tensor, Tensor]:
    """Second order, two evaluations: D at the middle of the step."""
    step = next_alpha - alpha
    direction = model(x, alpha)
    middle = model(x + step / 2 * direction, alpha + step / 2)
    return x + step * middle, direction


# The posterior step of the few-step model is a step of Euler along its generator: see `engine.models.fewsteps`.
STEPPERS: dict[str, Stepper] = {"euler": euler, "heun": heun, "midpoint": midpoint, PROGRESSIVE: euler}
EVALUATIONS = {"euler": 1, "heun": 2, "midpoint": 2, PROGRESSIVE: 1}
"""Model evaluations per step."""


def sample(
    model: Model,
    x: Tensor,
    alphas: Tensor,
    sampler: str = "euler",
    on_step: StepHook | None = None,
    *,
    hold: Hold | None = None,
) -> Tensor:
    """Carry `x` `[B, ...]` along `alphas` `[N + 1]`; decreasing alphas invert data to noise.

    `on_step` is called after every step and may raise (`Cancelled`) to stop. `hold(index, x)` may put the state at
    alpha number `index` right where it is known. Raises `InvalidRequest` for an unknown sampler.
    """
    if sampler not in STEPPERS:
        raise InvalidRequest(f"Unknown sampler {sampler!r}; possible: {', '.join(SAMPLERS)}.")
    step = STEPPERS[sampler]
    alphas = alphas.to(x.device)
    count = len(alphas) - 1
    for index in range(count):
        x, direction = step(model, x, alphas[index], alphas[index + 1])
        if hold is not None:
            x = hold(index + 1, x)
        if on_step is not None:
            on_step(SamplerStep(index + 1, count, float(alphas[index + 1]), x, direction))
    return x
