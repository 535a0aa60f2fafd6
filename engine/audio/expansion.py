"""A downward expander that knows the score: where a loop rests, what is soft becomes softer."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from engine.audio.envelopes import amplified, at_samples
from engine.audio.spectrum import Floats

THRESHOLD_DB: Final = -17.0
"""Below the loudest moment of a loop; what rings on above it is left alone."""
RATIO: Final = 5.0
"""Decibels that come of each below the threshold."""
MOST_DB: Final = 60.0
CLOSING_SECONDS: Final = 0.150
OPENING_SECONDS: Final = 0.0003
"""How fast it begins to count that a loop rests, and how long before the next hit it counts no more."""
LEAST_SECONDS: Final = 0.050
"""A shorter rest is none."""

_BLOCK = 64
_HEARD_BLOCKS = 14
"""20 ms at 44.1 kHz: levels of kicks, not their waves."""


def expanded(audio: NDArray[Any], sample_rate: float, rests: Sequence[tuple[int, int]]) -> Floats:
    """Loop `audio` `[C, T]`, made softer where it is soft already and nothing plays.

    `rests` are (first sample, sample behind the last) and may go round the end. What rings on fades as it did, only
    faster, and what strikes next is not heard before it does.
    """
    length = audio.shape[-1]
    counts = np.zeros(length, np.float32)
    for first, end in rests:
        if end - first >= LEAST_SECONDS * sample_rate:
            counts[np.arange(first, end) % length] = _counts(end - first, sample_rate)
    if not counts.any():
        return np.asarray(audio, np.float32)
    edges = np.arange(0, length, _BLOCK)
    ends = np.minimum(edges + _BLOCK, length)
    power = np.add.reduceat(np.square(audio, dtype=np.float64).mean(axis=0), edges) / (ends - edges)
    mean = np.maximum(scipy.ndimage.uniform_filter1d(power, _HEARD_BLOCKS, mode="wrap"), 1e-14)
    # Before a hit it is as soft as what came before, behind one as what comes then.
    level = np.minimum(np.roll(mean, _HEARD_BLOCKS // 2), np.roll(mean, -_HEARD_BLOCKS // 2)) / mean.max()
    gain = np.maximum((RATIO - 1) * np.minimum(10 * np.log10(level) - THRESHOLD_DB, 0.0), -MOST_DB)
    heard = np.roll(at_samples(gain, _BLOCK, length), _BLOCK // 2)  # levels are those of the middles of blocks
    return amplified(audio, counts * heard)


def _counts(samples: int, sample_rate: float) -> NDArray[np.float64]:
    """How much each sample of a rest counts, from 0 up to 1 and back."""
    corners = [0, CLOSING_SECONDS * sample_rate, samples - OPENING_SECONDS * sample_rate, samples]
    return np.interp(np.arange(samples), corners, [0.0, 1.0, 1.0, 0.0])
