"""What a drum is tuned to: the pitch that its hits fall to."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

LOW_HZ: Final = 28.0
HIGH_HZ: Final = 140.0
FALLEN_SECONDS: Final = 0.06
"""After so long a kick has fallen, or nearly so."""
LONGEST_SECONDS: Final = 0.3
SHORTEST_SECONDS: Final = 0.07
"""What is over sooner has no pitch that can be told."""
MOST_HITS: Final = 4
LEAST_LEVEL: Final = 0.03
"""Level of what has a pitch, of the peak of its hit."""
FINE: Final = 1 << 16
MOST_SPREAD: Final = 0.04
"""Hits that differ more than this in pitch have none in common."""


def fallen_hz(stem: NDArray[np.float32], sample_rate: int, strikes: Sequence[tuple[int, float]]) -> float | None:
    """The frequency in Hz that a drum falls to, of its loop `stem` `[T]` that it strikes at `strikes` (sample,
    velocity): the median of its loudest hits. None where they are too short, too high or differ."""
    places = sorted({place for place, _ in strikes})
    following = dict(zip(places, [*places[1:], places[0] + stem.shape[-1]] if places else (), strict=True))
    loudest = sorted(strikes, key=lambda strike: -strike[1])
    found: list[float] = []
    for place, _ in loudest:
        end = min(following[place], place + round((FALLEN_SECONDS + LONGEST_SECONDS) * sample_rate))
        hit = np.take(stem, np.arange(place, end), mode="wrap")
        if (hertz := _pitch(hit, sample_rate)) is not None:
            found.append(hertz)
        if len(found) == MOST_HITS:
            break
    if not found or max(found) / min(found) > 1 + MOST_SPREAD:
        return None
    return float(np.median(found))


def _pitch(hit: NDArray[np.float32], sample_rate: int) -> float | None:
    tail = hit[round(FALLEN_SECONDS * sample_rate) :]
    if len(tail) < SHORTEST_SECONDS * sample_rate or np.abs(tail).max() < LEAST_LEVEL * np.abs(hit).max():
        return None
    levels = np.abs(np.fft.rfft(tail * np.hanning(len(tail)), FINE))
    low, high = (round(hertz * FINE / sample_rate) for hertz in (LOW_HZ, HIGH_HZ))
    peak = low + int(levels[low:high].argmax())
    if peak in (low, high - 1):
        return None
    before, at, after = np.log(levels[peak - 1 : peak + 2] + 1e-12)
    return float((peak + 0.5 * (before - after) / (before - 2 * at + after)) * sample_rate / FINE)
