"""The swing of onsets that somebody else wrote, or ours, which says of itself what it is."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.knobs import SWING
from engine.vocabulary import BEATS_PER_BAR, STEPS_PER_BAR

STEPS_PER_BEAT: Final = STEPS_PER_BAR // BEATS_PER_BAR
_TOLD = re.compile(r"swing (0(?:\.\d{1,3})?)")

Floats = NDArray[np.float64]


def nearest_swing(beats: Sequence[float], texts: Sequence[str], ticks_per_beat: int) -> float:
    """How late every second sixteenth is, in steps: what brings onsets at `beats` nearest to the grid, or what one of
    the file's `texts` says where that is the same but for the rounding to ticks."""
    places = np.array(beats) * STEPS_PER_BEAT
    swings = np.linspace(0.0, SWING.high, 101)
    off = np.array([np.abs(_late(places, swing)[0]).mean() for swing in swings])
    near = float(swings[int(np.argmin(off + 1e-6 * swings))])
    late, odd = _late(places, near)
    swing = near + float(np.median(late[odd])) if odd.any() else 0.0
    tick = STEPS_PER_BEAT / ticks_per_beat
    for text in texts:
        told = _TOLD.fullmatch(text)
        if told and (abs(float(told[1]) - swing) <= tick or not odd.any()):
            return float(told[1])
    return round(float(SWING.clamp(swing)), 3)


def _late(places: Floats, swing: float) -> tuple[Floats, NDArray[np.bool_]]:
    """How much later than the nearest step of the swung grid each of `places` `[N]`, in steps, is, and whether that
    is a second sixteenth, which swings."""
    even = places - 2 * np.rint(places / 2)
    odd = places - 1 - swing - 2 * np.rint((places - 1 - swing) / 2)
    swings = np.abs(odd) < np.abs(even)
    return np.where(swings, odd, even), swings
