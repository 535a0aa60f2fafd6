"""A part with fewer or more hits: what the dense slider does to what is composed."""

from collections.abc import Sequence
from typing import Final

from engine.vocabulary import STEPS_PER_BAR

THINNED: Final = ("closed_hat", "open_hat", "percussion", "bass", "lead", "pad")
"""Parts that lose hits; kick and snare carry the rhythm and keep theirs."""
FILLED: Final = ("closed_hat", "percussion", "bass", "lead")
"""Parts that are given more."""
LOST, ADDED = 0.4, 0.6
"""Shares of a part's hits that go or come at a slider of 1."""
SOFTER: Final = 0.7
"""Velocity of an added hit against the part's mean."""

Onsets = tuple[tuple[float, float], ...]


def with_density(part: str, onsets: Onsets, amount: float, bars: int, swing: float) -> Onsets:
    """Onsets (beat, velocity) of `part` at a slider `amount` from -2 to 2, in time order.

    The softest go first, of equals the least accented; new ones come softly on free steps, the most accented first,
    every second sixteenth delayed by `swing` steps.
    """
    if amount < 0 and part in THINNED:
        kept = max(1, round(len(onsets) * (1 + LOST * amount)))
        loudest = sorted(onsets, key=lambda onset: (-round(onset[1], 1), -_accent(onset[0] * 4), onset[0]))
        return tuple(sorted(loudest[:kept]))
    if amount > 0 and part in FILLED and onsets:
        free = _free_steps([beat * 4 for beat, _ in onsets], bars * STEPS_PER_BAR, swing)
        free.sort(key=lambda step: (-_accent(step), step))
        velocity = SOFTER * sum(velocity for _, velocity in onsets) / len(onsets)
        new = [((step + swing * (step % 2)) / 4, velocity) for step in free[: round(ADDED * amount * len(onsets))]]
        return tuple(sorted((*onsets, *new)))
    return onsets


def _free_steps(taken: Sequence[float], steps: int, swing: float) -> list[int]:
    """Steps without one of the places `taken`, in steps, near them."""
    found = []
    for step in range(steps):
        place = step + swing * (step % 2)
        if all(abs((place - other + steps / 2) % steps - steps / 2) > 0.5 for other in taken):
            found.append(step)
    return found


def _accent(step: float) -> int:
    """How accented a step of a bar is: 3 on its first beat, 2 on others, 1 on eighths, 0 else."""
    near = round(step)
    return next((level for every, level in ((STEPS_PER_BAR, 3), (4, 2), (2, 1)) if near % every == 0), 0)
