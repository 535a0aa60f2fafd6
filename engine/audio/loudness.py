"""Loudness and true peak of a loop as it is heard, repeating; levelling that never clips (EBU R128)."""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyebur128
import scipy.ndimage
from numpy.typing import NDArray

from engine.audio.envelopes import amplified, at_samples
from engine.audio.spectrum import Floats, check_audio

logger = logging.getLogger(__name__)

TARGET_LUFS = -14.0
CEILING_DBTP = -1.0
MAX_GAIN_DB = 30.0
"""More than this would lift the noise floor of an all but silent loop into the foreground."""
MAX_LIMITING_DB = 6.0
"""More limiting than this flattens kicks; beyond it the loop stays quieter than the target."""

_MIN_SECONDS = 3.0
_BLOCK_SECONDS = 0.4  # gating block of BS.1770, moved by a quarter of itself
_PEAK_BLOCK = 64  # several times the 13 samples that the interpolator of the peak meter looks at
_MAX_OVERSHOOT = 2.25  # the interpolator's largest sum of absolute taps: no true peak exceeds the samples by more
_LIMITER_BLOCK = 32
_ATTACK_BLOCKS = 4  # 3 ms at 44.1 kHz
_RELEASE_DB_PER_SECOND = 60.0
_INTERSAMPLE_MARGIN_DB = 0.3


@dataclass(frozen=True)
class LevelledLoop:
    """A loop at its playing level, and what was done to it.

    `audio [C, T]` float32; `loudness_lufs` is -inf for silence; `gain_db` was applied besides `limiting_db`, the
    largest momentary reduction of the limiter (0 = untouched); `replaced_samples` were not finite and are silent now.
    """

    audio: Floats
    loudness_lufs: float
    true_peak_dbtp: float
    gain_db: float
    limiting_db: float
    replaced_samples: int


def integrated_loudness(audio: NDArray[Any], sample_rate: int) -> float:
    """Gated loudness in LUFS of loop `audio [C, T]` repeating for ever; -inf when it is silent (below -70 LUFS).

    Raises `AudioFileError` on audio that is empty or not finite.
    """
    audio = check_audio(audio)
    repeats = max(1, int(np.ceil(_MIN_SECONDS * sample_rate / audio.shape[-1])))
    # Three quarters of a block in front: blocks that span the seam count as often as all others.
    lead_in = round(0.75 * _BLOCK_SECONDS * sample_rate)
    heard = np.pad(np.tile(audio, repeats), ((0, 0), (lead_in, 0)), mode="wrap")
    return float(pyebur128.get_loudness_global(_meter(heard, sample_rate, pyebur128.MeasurementMode.MODE_I)))


def true_peak(audio: NDArray[Any], sample_rate: int) -> float:
    """True peak in dBTP of loop `audio [C, T]`, between its samples and across its seam; -inf when it is silent.

    Raises `AudioFileError` on audio that is empty or not finite.
    """
    loud = _loud_stretches(check_audio(audio))
    meter = _meter(loud, sample_rate, pyebur128.MeasurementMode.MODE_TRUE_PEAK)
    return _decibels(max(pyebur128.get_true_peak(meter, channel) for channel in range(len(loud))))


def level_match(
    audio: NDArray[Any], sample_rate: int, target_lufs: float = TARGET_LUFS, ceiling_dbtp: float = CEILING_DBTP
) -> LevelledLoop:
    """Bring loop `audio [C, T]` to `target_lufs` without its true peak ever passing `ceiling_dbtp`.

    Peaks that would pass are held by a circular look-ahead limiter (3 ms attack, 60 dB/s release, both channels
    alike) of at most 6 dB; what that cannot hold lowers the gain, so such a loop stays quieter than the target.
    Silence stays silence, and no loop is raised by more than 30 dB. Samples that are not finite become silence, are
    logged as an error and counted in the result. Raises `AudioFileError` on empty audio.
    """
    finite = np.isfinite(audio)
    replaced = int(finite.size - finite.sum())
    if replaced:
        logger.error("%d samples of a loop were not finite and have been silenced.", replaced)
        audio = np.where(finite, audio, 0)
    audio = check_audio(audio)
    measured = integrated_loudness(audio, sample_rate)
    gain_db = min(target_lufs - measured, MAX_GAIN_DB) if np.isfinite(measured) else 0.0
    sample_ceiling_db = ceiling_dbtp - _INTERSAMPLE_MARGIN_DB
    gain_db = min(gain_db, sample_ceiling_db + MAX_LIMITING_DB - _decibels(float(np.abs(audio).max())))
    levelled, limiting_db = _limit(_amplify(audio, gain_db), sample_rate, sample_ceiling_db)
    peak = true_peak(levelled, sample_rate)
    if peak > ceiling_dbtp:
        # A hair below: rounding to float32 must not bring it back over the ceiling.
        excess_db = peak - ceiling_dbtp + 1e-3
        levelled, gain_db = _amplify(levelled, -excess_db), gain_db - excess_db
        peak -= excess_db
    # Gain alone moves the loudness by itself: only limiting needs a second measurement.
    loudness = integrated_loudness(levelled, sample_rate) if limiting_db else measured + gain_db
    return LevelledLoop(levelled, loudness, peak, float(gain_db), limiting_db, replaced)


def _loud_stretches(audio: Floats) -> Floats:
    """The parts of a loop that can hold its true peak, with their surroundings: measuring those alone is far quicker.

    Where two parts meet, both are so quiet that no overshoot of theirs reaches the peak.
    """
    padded = np.pad(audio, ((0, 0), (_PEAK_BLOCK, _PEAK_BLOCK + -audio.shape[-1] % _PEAK_BLOCK)), mode="wrap")
    peaks = np.abs(padded).reshape(len(audio), -1, _PEAK_BLOCK).max(axis=(0, 2))
    loud = scipy.ndimage.maximum_filter1d(peaks, 3) >= peaks.max() / _MAX_OVERSHOOT
    stretches: Floats = padded[:, np.repeat(loud, _PEAK_BLOCK)]
    return stretches


def _limit(audio: Floats, sample_rate: int, ceiling_db: float) -> tuple[Floats, float]:
    """Hold the sample peaks of a loop at `ceiling_db`; returns it and the largest reduction in dB."""
    length = audio.shape[-1]
    peaks = np.abs(audio).max(axis=0)
    if peaks.max() <= 10 ** (ceiling_db / 20):
        return audio, 0.0
    edges = np.arange(0, length, _LIMITER_BLOCK)
    over_db = 20 * np.log10(np.maximum(np.maximum.reduceat(peaks, edges), 1e-12)) - ceiling_db
    needed = np.maximum(over_db, 0.0)
    # Early enough for the smoothing below, and one block more for the interpolation between blocks.
    held = scipy.ndimage.maximum_filter1d(needed, 2 * _ATTACK_BLOCKS + 3, mode="wrap")
    # A release that is linear in dB is a running maximum along a slope; two turns make it circular.
    slope = _RELEASE_DB_PER_SECOND * _LIMITER_BLOCK / sample_rate * np.arange(2 * len(held))
    released = (np.maximum.accumulate(np.tile(held, 2) + slope) - slope)[len(held) :]
    kernel = np.hanning(2 * _ATTACK_BLOCKS + 3)[1:-1]
    smooth = scipy.ndimage.convolve1d(released, kernel / kernel.sum(), mode="wrap")
    reduction_db = at_samples(smooth, _LIMITER_BLOCK, length)
    return amplified(audio, -reduction_db), float(reduction_db.max())


def _meter(audio: Floats, sample_rate: int, mode: int) -> Any:
    meter = pyebur128.R128State(len(audio), sample_rate, mode)
    meter.add_frames(np.ascontiguousarray(audio.T).reshape(-1), audio.shape[-1])
    return meter


def _amplify(audio: Floats, gain_db: float) -> Floats:
    return audio if gain_db == 0 else np.asarray(audio * np.float32(10 ** (gain_db / 20)), dtype=np.float32)


def _decibels(amplitude: float) -> float:
    return 20 * float(np.log10(amplitude)) if amplitude > 0 else float("-inf")
