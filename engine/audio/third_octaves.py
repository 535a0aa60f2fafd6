"""Third-octave spectra: band levels of a loop, and what a codec does to them."""

from functools import lru_cache
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from engine.audio.spectrum import check_audio

Doubles = NDArray[np.float64]

THIRD_OCTAVES_HZ: Doubles = 1000.0 * 2.0 ** (np.arange(-14, 13) / 3)
"""Exact base-two centres of IEC 61260, 39.4 Hz ("40 Hz") to 16 kHz: 27 bands."""

_FLOOR_DB = -120.0
_LEAD, _BLOCK = 16384, 65536


def third_octave_levels(audio: NDArray[Any], sample_rate: float) -> Doubles:
    """Level of loop `audio [C, T]` in each third octave, `[27]` in dB (0: mean square of 1), channels averaged."""
    audio = check_audio(audio)
    length = audio.shape[-1]
    spectrum = scipy.fft.rfft(audio.astype(np.float64), axis=-1)
    # Parseval: every bin but DC and Nyquist stands for two frequencies.
    power = 2 * np.mean(np.square(np.abs(spectrum)), axis=0) / length**2
    frequencies = np.arange(len(power)) * sample_rate / length
    edges = np.append(THIRD_OCTAVES_HZ * 2 ** (-1 / 6), THIRD_OCTAVES_HZ[-1] * 2 ** (1 / 6))
    cumulative = np.concatenate([[0.0], np.cumsum(power)])
    sums = np.diff(cumulative[np.searchsorted(frequencies, edges)])
    return np.asarray(10 * np.log10(np.maximum(sums, 10 ** (_FLOOR_DB / 10))))


def band_errors(
    reference: NDArray[Any], decoded: NDArray[Any], sample_rate: float, range_db: float = 70.0
) -> Doubles:
    """Decoded minus reference level per third octave, `[27]` in dB; NaN where the reference is too quiet to matter.

    Too quiet is more than `range_db` below the reference's loudest band.
    """
    before = third_octave_levels(reference, sample_rate)
    after = third_octave_levels(decoded, sample_rate)
    return np.where(before > before.max() - range_db, after - before, np.nan)


def with_bands(audio: NDArray[Any], sample_rate: float, gains_db: NDArray[Any]) -> NDArray[np.float32]:
    """Loop `audio [C, T]` with its third octaves raised by `gains_db` `[27]`: as it repeats, so without a seam, and
    without a change of phase. Between the centres gains are interpolated along the octaves; beyond them they stay.
    """
    length = audio.shape[-1]
    # With what comes before and after, to one of few lengths: transforms keep tables for each, megabytes for primes.
    # Behind, what comes after fades into what came before, so that nothing jumps.
    padded = -(-(length + 3 * _LEAD) // _BLOCK) * _BLOCK
    places = np.arange(-_LEAD, padded - _LEAD)
    heard = audio.take(places, axis=-1, mode="wrap")
    tail, before = heard[:, -_LEAD:], audio.take(places[-_LEAD:] - padded, axis=-1, mode="wrap")
    tail += np.linspace(0, 1, _LEAD, dtype=np.float32) * (before - tail)
    spectrum = scipy.fft.rfft(heard, axis=-1, workers=len(heard))
    spectrum[:, 1:] *= _factors(padded, sample_rate, tuple(np.asarray(gains_db, np.float64).tolist()))
    bent = scipy.fft.irfft(spectrum, padded, axis=-1, workers=len(heard))
    return np.asarray(bent[:, _LEAD : _LEAD + length], np.float32)


@lru_cache(maxsize=8)
def _factors(length: int, sample_rate: float, gains_db: tuple[float, ...]) -> NDArray[np.float32]:
    """What every frequency of a transform of `length` samples is multiplied by, but 0 Hz; loops of a session share
    their length and their gains."""
    frequencies = np.arange(1, length // 2 + 1) * (sample_rate / length)
    gains = np.interp(np.log2(frequencies), np.log2(THIRD_OCTAVES_HZ), gains_db)
    return np.asarray(10 ** (gains / 20), np.float32)
