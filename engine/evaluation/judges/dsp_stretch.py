"""The stretcher beside which ours is measured: Signalsmith Stretch (MIT), by the package python-stretch."""

import importlib
import importlib.util

import numpy as np
from numpy.typing import NDArray

from engine.audio.resampling import resample_periodic

NAME = "Signalsmith Stretch"


def dsp_stretcher_available() -> bool:
    """Whether the package is installed; it comes with the `test` extra and is needed for tables alone."""
    return importlib.util.find_spec("python_stretch") is not None


def dsp_stretch(audio: NDArray[np.float32], sample_rate: int, samples: int) -> NDArray[np.float32]:
    """Loop `audio [2, T]` at its own pitches in exactly `samples` samples: the middle of three rounds."""
    stretcher = importlib.import_module("python_stretch.Signalsmith").Stretch(0)
    stretcher.preset(len(audio), float(sample_rate))
    stretcher.setTimeFactor(audio.shape[-1] / samples)
    thrice = np.asarray(stretcher.process(np.ascontiguousarray(np.tile(audio, 3))), dtype=np.float32)
    third = thrice.shape[-1] / 3
    return resample_periodic(thrice[:, round(third) : round(2 * third)], samples)
