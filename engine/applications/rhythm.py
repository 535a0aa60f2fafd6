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


Onsets = dict[str, tuple[tuple[float, float], ...]]


def heard_onsets(audio: NDArray[np.float32], sample_rate: int, geometry: LoopGeometry) -> Onsets:
    """The onsets (beat, strength) of loop `audio [2, T]`, for each of `REGISTERS` that is heard at all.

    It knows registers, not instruments: a bass that strikes is a kick to it.
    """
    spectrum = scipy.fft.rfft(audio, axis=-1)
    hertz = np.fft.rfftfreq(audio.shape[-1], 1 / sample_rate)
    bands = {
        part: scipy.fft.irfft(spectrum * ((hertz >= low) & (hertz < high)), n=audio.shape[-1], axis=-1)
        for part, (low, high) in REGISTERS.items()
    }
    levels = {part: 10 * np.log10(np.mean(np.square(band)) + 1e-12) for part, band in bands.items()}
    loudest = max(levels.values())
    found: Onsets = {}
    for part, band in bands.items():
        if levels[part] < loudest - _QUIET_DB:
            continue
        seconds, strengths = onset_times(np.asarray(band, dtype=np.float32), sample_rate)
        beats = seconds * geometry.tempo_bpm / 60
        found[part] = tuple((float(beat), float(strength)) for beat, strength in zip(beats, strengths, strict=True))
    return found
