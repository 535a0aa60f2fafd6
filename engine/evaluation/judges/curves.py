"""Requested against measured curves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.descriptors import measure_curves
from engine.vocabulary import CURVES

_FRAMES_PER_BAR = 32
_STEADY = 0.01


def curve_pairs(
    requested: Mapping[str, Sequence[float]], audio: NDArray[Any], sample_rate: float, bars: int
) -> dict[str, NDArray[np.float64]]:
    """(requested, measured) curves `[2, 32 * bars]` for every curve of the request, on the same time grid."""
    frames = _FRAMES_PER_BAR * bars
    measured = measure_curves(audio, sample_rate, frames)
    time = (np.arange(frames) + 0.5) / frames
    pairs = {}
    for name, values in requested.items():
        points = (np.arange(len(values)) + 0.5) / len(values)
        wanted = np.interp(time, points, np.asarray(values, dtype=float), period=1.0)
        pairs[name] = np.stack([wanted, measured[CURVES.index(name)].astype(np.float64)])
    return pairs


def correlation(pairs: NDArray[np.float64]) -> float:
    """Pearson correlation of `[2, N]`; NaN when either side hardly moves (standard deviation below 0.01)."""
    if pairs.shape[-1] < 2 or pairs.std(axis=-1).min() < _STEADY:
        return float("nan")
    return float(np.asarray(np.corrcoef(pairs))[0, 1])
