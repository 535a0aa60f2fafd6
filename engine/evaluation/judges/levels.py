"""Level, dynamics and width of a loop as plain figures."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.loudness import integrated_loudness, true_peak
from engine.audio.spectrum import check_audio

_SILENCE = 1e-9


@dataclass(frozen=True)
class Levels:
    """`loudness_lufs` (integrated), `true_peak_dbtp`, `crest_db` (peak over RMS) and `width` (see `stereo_width`)."""

    loudness_lufs: float
    true_peak_dbtp: float
    crest_db: float
    width: float


def measure_levels(audio: NDArray[Any], sample_rate: int) -> Levels:
    """Measure loop `audio [C, T]`."""
    audio = check_audio(audio)
    return Levels(
        loudness_lufs=float(integrated_loudness(audio, sample_rate)),
        true_peak_dbtp=float(true_peak(audio, sample_rate)),
        crest_db=crest_factor(audio),
        width=stereo_width(audio),
    )


def crest_factor(audio: NDArray[Any]) -> float:
    """Sample peak over RMS in dB; 3.01 for a sine, 0 for a square wave and for silence."""
    rms = float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))
    return 20 * float(np.log10(max(float(np.abs(audio).max()) / rms, 1.0))) if rms > _SILENCE else 0.0


def stereo_width(audio: NDArray[Any]) -> float:
    """Share of the energy in the side signal, 0 (mono) over 0.5 (unrelated channels) to 1 (opposite channels)."""
    if len(audio) < 2:
        return 0.0
    mid, side = audio[0] + audio[1], audio[0] - audio[1]
    mid_energy, side_energy = (float(np.sum(np.square(s, dtype=np.float64))) for s in (mid, side))
    total = mid_energy + side_energy
    return side_energy / total if total > _SILENCE else 0.0
