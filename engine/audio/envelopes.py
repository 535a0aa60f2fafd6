"""Envelopes of loops: a value for each block, read on lines between them at every sample."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.spectrum import Floats

_NEPERS: Final = np.float32(np.log(10) / 20)


def at_samples(values: NDArray[Any], block: int, length: int) -> Floats:
    """An envelope `[length]` float32 of a loop that has `values` `[ceil(length / block)]` where its blocks begin.

    Between them it runs straight, behind the last towards the first: a loop has no end.
    """
    starts = values.astype(np.float32)[:, None]
    rises = np.roll(starts, -1) - starts
    envelope: Floats = (starts + rises * _ramp(block)).reshape(-1)[:length]
    last = length - block * (len(values) - 1)
    envelope[-last:] = starts[-1] + rises[-1] * _ramp(last)
    return envelope


def amplified(audio: NDArray[Any], decibels: Floats) -> Floats:
    """`audio` `[C, T]` by a gain `[T]` in decibels, float32."""
    return np.asarray(audio * np.exp(decibels * _NEPERS), np.float32)


def _ramp(samples: int) -> Floats:
    return np.arange(samples, dtype=np.float32) / np.float32(samples)
