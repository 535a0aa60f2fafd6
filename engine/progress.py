"""How far work is: one object that is handed down to whatever walks, told of each step, and where it stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import Cancelled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class StepReport:
    """One finished sampling step.

    `step` counts from 1 to `num_steps`, `alpha` is where the step ended, in (0, 1]. `preview()` decodes what the loop
    would sound like now (`[C, T]` float32), or returns None where that is not possible; call it only to show it.
    """

    step: int
    num_steps: int
    alpha: float
    preview: Callable[[], NDArray[np.float32] | None]


def _nobody(_report: StepReport) -> None: ...


def _never() -> bool:
    return False


class Progress:
    """Tells `on_step` of each step that is made, and raises `Cancelled` in its place once `cancelled()` is true.

    Walks that are handed the same progress are counted on, up to `total` steps; without a total each is told by
    itself, from 1 to its own number of steps. For one thread at a time.
    """

    def __init__(
        self,
        on_step: Callable[[StepReport], object] = _nobody,
        cancelled: Callable[[], bool] = _never,
        total: int | None = None,
    ) -> None:
        self._on_step, self._cancelled = on_step, cancelled
        self._total, self._done = total, 0

    def step(
        self, index: int, count: int, alpha: float, preview: Callable[[], NDArray[np.float32] | None] = lambda: None
    ) -> None:
        """Step `index` (from 1) of `count` of a walk was made; the rest is as `StepReport` has it."""
        if self._cancelled():
            raise Cancelled("The render was cancelled.")
        if self._total is None:
            self._on_step(StepReport(index, count, alpha, preview))
        else:
            self._done += 1
            self._on_step(StepReport(self._done, self._total, alpha, preview))

    def over(self, total: int) -> Progress:
        """For work of several walks, `total` steps in all: what counts them on, unless that is done already."""
        return self if self._total is not None else Progress(self._on_step, self._cancelled, total)

    def part(self, steps: int) -> Progress:
        """For a part of the work: the next `steps` steps of the total, however many the part takes for them."""
        total = self._total
        if total is None:
            return self
        start, self._done = self._done, self._done + steps

        def tell(report: StepReport) -> None:
            step = start + -(-steps * report.step // report.num_steps)  # rounded up: the last one ends the part
            self._on_step(StepReport(step, total, report.alpha, report.preview))

        return Progress(tell, self._cancelled)
