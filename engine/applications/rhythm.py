"""When a loop strikes: rough onsets per register, for loops whose pattern nobody wrote down."""

from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from engine.audio.descriptors import onset_times
from engine.tempo import LoopGeometry

REGISTERS: Final = {"kick": (20.0, 140.0), "snare": (250.0, 4000.0), "closed_hat": (7000.0, 18000.0)}
"""The part that stands for each register, and its band in Hz: low onsets are mostly kicks, high ones hats."""

_QUIET_DB = 30.0
_TOGETHER_SECONDS = 0.05
_LOST_STRENGTH = 0.5


Onsets = dict[str, tuple[tuple[float, float], ...]]


def heard_onsets(audio: NDArray[np.float32], sample_rate: int, geometry: LoopGeometry) -> Onsets:
    """The onsets (beat, strength) of loop `audio [2, T]`, for each of `REGISTERS` that is heard at all.

    What strikes is decided on the whole sound, the registers say with what: one that is heard to strike in none of
    them counts for the loudest. It knows registers, not instruments: a bass that strikes is a kick to it.
    """
    seconds = onset_times(audio, sample_rate)[0]
    bands = _registers(audio, sample_rate)
    levels = {part: 10 * np.log10(np.mean(np.square(band)) + 1e-12) for part, band in bands.items()}
    loudest = max(levels, key=lambda part: levels[part])
    strengths = {
        part: _strengths_at(seconds, band, sample_rate)
        for part, band in bands.items()
        if levels[part] >= levels[loudest] - _QUIET_DB
    }
    lost = np.all([found == 0 for found in strengths.values()], axis=0)
    strengths[loudest][lost] = _LOST_STRENGTH
    beats = seconds * geometry.tempo_bpm / 60
    return {
        part: tuple((float(beat), float(v)) for beat, v in zip(beats, found, strict=True) if v > 0)
        for part, found in strengths.items()
    }


def _registers(audio: NDArray[np.float32], sample_rate: int) -> dict[str, NDArray[np.float32]]:
    spectrum = scipy.fft.rfft(audio, axis=-1)
    hertz = np.fft.rfftfreq(audio.shape[-1], 1 / sample_rate)
    return {
        part: scipy.fft.irfft(spectrum * ((hertz >= low) & (hertz < high)), n=audio.shape[-1], axis=-1)
        for part, (low, high) in REGISTERS.items()
    }


def _strengths_at(seconds: NDArray[np.float64], band: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """How strongly a register strikes with each onset of the whole sound, 0 where it does not."""
    struck, strengths = onset_times(np.asarray(band, dtype=np.float32), sample_rate)
    length = band.shape[-1] / sample_rate
    apart = np.abs(seconds[:, None] - struck[None, :])
    near = np.minimum(apart, length - apart) <= _TOGETHER_SECONDS
    return np.asarray(np.max(np.where(near, strengths[None, :], 0.0), axis=1, initial=0.0))
