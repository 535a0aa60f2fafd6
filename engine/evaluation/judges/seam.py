"""The loop point: is it heard as a seam? Spectral jump against other bar lines, and the step between samples."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.spectrum import check_audio, mel_filters, power_spectra
from engine.tempo import LoopGeometry
from engine.vocabulary import BEATS_PER_BAR

_WINDOW_SECONDS = 0.023
_BANDS = 40
_RANGE_DB = 80.0
_INAUDIBLE_DB = 0.1


@dataclass(frozen=True)
class Seam:
    """What happens at the loop point.

    `ratio`: spectral jump there over the median jump at the other bar lines (beat lines in a loop of one bar); 1 is
    a seam like any bar line. `step_percentile`: share of the steps between neighbouring samples inside the loop that
    are smaller than the step from the last sample to the first, in percent; at most 99 is no click.
    """

    ratio: float
    step_percentile: float


def measure_seam(audio: NDArray[Any], sample_rate: float, geometry: LoopGeometry) -> Seam:
    """Measure the loop point of `audio [C, T]`, T being the whole loop of `geometry`."""
    audio = check_audio(audio)
    length = audio.shape[-1]
    lines = geometry.bars if geometry.bars > 1 else BEATS_PER_BAR
    points = np.arange(lines, dtype=np.int64) * length // lines
    jumps = spectral_jumps(audio, sample_rate, points) + _INAUDIBLE_DB
    return Seam(float(jumps[0] / np.median(jumps[1:])), step_percentile(audio))


def spectral_jumps(audio: NDArray[Any], sample_rate: float, points: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much the log-mel spectrum changes around each of `points` (samples of a loop), in dB.

    The sum of the mean absolute changes through three half-overlapping windows of 23 ms: before, across and after the
    point. A step in level or timbre shows between the outer two, a click in the middle one. Levels more than 80 dB
    below the loop's loudest band count as silence.
    """
    audio = check_audio(audio)
    window = 2 * round(_WINDOW_SECONDS * sample_rate / 2)
    half = window // 2
    starts = (points[:, None] + np.array([-window, -half, 0])).ravel()
    power = power_spectra(audio, starts, window)
    mel = power @ mel_filters(_BANDS, power.shape[-1], float(sample_rate), 30.0, min(16_000.0, sample_rate / 2))
    loudest = max(float(mel.max()), _loudest_band(audio, window, sample_rate), 1e-12)
    levels = 10 * np.log10(np.maximum(mel, loudest * 10 ** (-_RANGE_DB / 10)))
    return np.asarray(np.abs(np.diff(levels.reshape(len(points), 3, _BANDS), axis=1)).mean(axis=-1).sum(axis=-1))


def step_percentile(audio: NDArray[Any]) -> float:
    """Rank in percent of the step at the loop point among all steps inside, worst channel; silence ranks 0."""
    audio = check_audio(audio)
    if audio.shape[-1] < 3:
        return 0.0
    inside = np.abs(np.diff(audio, axis=-1))
    seam = np.abs(audio[:, 0] - audio[:, -1])
    return float(100 * (inside < seam[:, None]).mean(axis=-1).max())


def _loudest_band(audio: NDArray[np.float32], window: int, sample_rate: float) -> float:
    starts = np.arange(0, audio.shape[-1], 4 * window, dtype=np.int64)
    power = power_spectra(audio, starts, window)
    filters = mel_filters(_BANDS, power.shape[-1], float(sample_rate), 30.0, min(16_000.0, sample_rate / 2))
    return float((power @ filters).max())
