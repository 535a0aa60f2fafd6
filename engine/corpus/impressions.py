"""Character tags measured on the rendered audio, with fixed thresholds: dark, bright, warm, hard, soft, sub."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from engine.corpus.score import Audio

SAMPLE_RATE: Final = 44100

DARK_BELOW_HZ: Final = 410.0
BRIGHT_ABOVE_HZ: Final = 760.0
"""Limits of the centre of 24 bands on a log axis, 60 Hz to 16 kHz, weighted by magnitude. Real electronic loops lie
between 290 and 670 Hz, single parts far outside; each end takes about a sixth of the corpus."""

WARM_TILT_DB: Final = 8.5
"""A loop is warm when 120-500 Hz stands this far above 2.5-8 kHz without being dark."""

HARD_PUNCH_DB: Final = 7.2
SOFT_PUNCH_DB: Final = 4.2
"""Peaks of the 5 ms level above its 400 ms mean: how hard the transients hit (real electronic loops: 4 to 6.6)."""

SUB_SHARE: Final = 0.85
"""Share of the bass stem's energy below 110 Hz that makes it a sub bass."""


def measured_characters(audio: Audio, dry: Mapping[str, Audio]) -> tuple[str, ...]:
    """The characters one hears in the mix `[2, T]`, given the dry mono stems `[T]` of its parts."""
    mono = audio.mean(axis=0)
    spectrum = band_levels(mono)
    found = []
    centre = centre_hz(spectrum)
    if centre < DARK_BELOW_HZ:
        found.append("dark")
    elif centre > BRIGHT_ABOVE_HZ:
        found.append("bright")
    elif tilt_db(spectrum) > WARM_TILT_DB:
        found.append("warm")
    punch = punch_db(mono)
    if punch > HARD_PUNCH_DB:
        found.append("hard")
    elif punch < SOFT_PUNCH_DB:
        found.append("soft")
    if "bass" in dry and sub_share(dry["bass"]) > SUB_SHARE:
        found.append("sub")
    return tuple(found)


BAND_EDGES_HZ: Final = np.geomspace(60.0, 16000.0, 25)
WINDOW: Final = 8192
_FRAME_HZ: Final = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)


def power_spectrum(mono: Audio) -> NDArray[np.float64]:
    """Mean power of `[T]` in 4,097 bins, over half-overlapping Hann windows that wrap around the loop."""
    starts = np.arange(0, len(mono), WINDOW // 2)
    around = np.concatenate([mono, np.resize(mono, WINDOW)])
    frames = np.lib.stride_tricks.sliding_window_view(around, WINDOW)[starts]
    spectra = scipy.fft.rfft(frames * np.hanning(WINDOW).astype(np.float32), axis=1)
    return np.asarray((np.abs(spectra) ** 2).mean(axis=0), dtype=np.float64)


def band_levels(mono: Audio) -> NDArray[np.float64]:
    """Energy of `[T]` in 24 bands equally wide in log frequency."""
    power = power_spectrum(mono)
    edges = np.searchsorted(_FRAME_HZ, BAND_EDGES_HZ)
    return np.array([power[low:high].sum() for low, high in pairwise(edges)]) + 1e-12


def centre_hz(bands: NDArray[np.float64]) -> float:
    """Mean frequency in Hz on a log axis, weighted by the magnitudes of `bands` `[24]`, energies."""
    weights = np.sqrt(bands)
    middles = np.log(np.sqrt(BAND_EDGES_HZ[:-1] * BAND_EDGES_HZ[1:]))
    return float(np.exp((weights * middles).sum() / weights.sum()))


def tilt_db(bands: NDArray[np.float64]) -> float:
    """Level of 120-500 Hz over 2.5-8 kHz in dB, from `bands` `[24]`, energies."""
    middles = np.sqrt(BAND_EDGES_HZ[:-1] * BAND_EDGES_HZ[1:])
    low = bands[(middles > 120) & (middles < 500)].mean()
    high = bands[(middles > 2500) & (middles < 8000)].mean()
    return float(10 * np.log10(low / high))


def punch_db(mono: Audio) -> float:
    """97th percentile of the 5 ms level of `mono` `[T]` over that of its surroundings (400 ms, circular), in dB."""
    block = round(0.005 * SAMPLE_RATE)
    count = len(mono) // block
    power = (mono[: count * block].reshape(count, block) ** 2).mean(axis=1).astype(np.float64)
    around = uniform_filter1d(power, min(80, count), mode="wrap")
    floor = power.mean() * 1e-3 + 1e-12
    return float(np.percentile(10 * np.log10((power + floor) / (np.maximum(around, 0) + floor)), 97))


def sub_share(bass: Audio) -> float:
    """Share of the energy of `[T]` below 110 Hz."""
    power = power_spectrum(bass)
    return float(power[_FRAME_HZ < 110].sum() / (power.sum() + 1e-12))
