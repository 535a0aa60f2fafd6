"""Sample-rate conversion: soxr for open recordings, Fourier for loops, which have no first and no last sample."""

from typing import Any

import numpy as np
import scipy.fft
import soxr
from numpy.typing import NDArray

from engine.errors import InvalidRequest

Audio = NDArray[np.float32]
MAX_SAMPLE_RATE = 768_000


def resample(audio: NDArray[Any], from_rate: float, to_rate: float) -> Audio:
    """Convert an open recording `audio [C, T]` from `from_rate` to `to_rate` Hz (soxr, very high quality).

    Returns float32 `[C, about T * to_rate / from_rate]`. Beyond both ends the sound is taken to be silent; use
    `resample_loop` for loops. Raises `InvalidRequest` on a rate outside 1 Hz to 768 kHz.
    """
    _check(audio, from_rate, to_rate)
    if from_rate == to_rate or audio.shape[-1] == 0:
        return np.array(audio, dtype=np.float32)
    frames_first = np.ascontiguousarray(audio.T, dtype=np.float32)
    return np.ascontiguousarray(soxr.resample(frames_first, from_rate, to_rate, quality="VHQ").T, dtype=np.float32)


def resample_loop(audio: NDArray[Any], from_rate: float, to_rate: float) -> Audio:
    """Convert a loop `audio [C, T]` to `to_rate` Hz so that it still repeats without a seam.

    Returns float32 `[C, round(T * to_rate / from_rate)]`. Raises `InvalidRequest` as `resample` does.
    """
    _check(audio, from_rate, to_rate)
    if audio.shape[-1] == 0:
        return np.array(audio, dtype=np.float32)
    return resample_periodic(audio, max(1, round(audio.shape[-1] * to_rate / from_rate)))


def resample_periodic(audio: NDArray[Any], samples: int) -> Audio:
    """Bring one period `audio [C, T]` to exactly `samples` samples by Fourier interpolation; returns `[C, samples]`.

    Exact for every component below both Nyquist frequencies; amplitudes are preserved. Raises `InvalidRequest`
    when there is nothing to interpolate.
    """
    length = audio.shape[-1]
    if length < 1 or samples < 1:
        raise InvalidRequest(f"Cannot resample {length} samples to {samples}; both need to be at least 1.")
    if samples == length:
        return np.array(audio, dtype=np.float32)
    # float64: in single precision the transform of a long loop alone costs 1e-5.
    spectrum = scipy.fft.rfft(audio.astype(np.float64), axis=-1)
    shorter = min(length, samples)
    bins = shorter // 2 + 1
    resized = np.zeros((*audio.shape[:-1], samples // 2 + 1), dtype=np.complex128)
    resized[..., :bins] = spectrum[..., :bins]
    if shorter % 2 == 0:
        # The shorter side's Nyquist bin stands for both +f and -f; in the longer side they are two bins.
        resized[..., bins - 1] *= 0.5 if samples > length else 2.0
    return np.asarray(_series(resized, samples) * (samples / length), dtype=np.float32)


def _series(spectra: NDArray[np.complex128], samples: int) -> NDArray[np.float64]:
    """What `scipy.fft.irfft` gives `[C, samples]`, stereo in one complex transform: left real, right imaginary.

    A loop's length at most tempi has a large prime factor, and a transform of such a length costs several times as
    much as its neighbours; a real one no less than a complex one.
    """
    if spectra.shape[0] != 2:
        return np.asarray(scipy.fft.irfft(spectra, n=samples, axis=-1))
    left, right = spectra
    whole = np.empty(samples, dtype=np.complex128)
    half = samples // 2 + 1
    whole[:half] = left + 1j * right
    whole[0] = left[0].real + 1j * right[0].real
    if samples % 2 == 0:
        whole[half - 1] = left[-1].real + 1j * right[-1].real
    mirrored = slice(1, samples - half + 1)
    whole[half:] = np.conj(left[mirrored] - 1j * right[mirrored])[::-1]
    series = scipy.fft.ifft(whole, overwrite_x=True)
    return np.stack((series.real, series.imag))


def _check(audio: NDArray[Any], *rates: float) -> None:
    if audio.ndim != 2:
        raise InvalidRequest(f"Audio of shape {audio.shape} cannot be resampled; [channels, samples] is needed.")
    for rate in rates:
        if not 1 <= rate <= MAX_SAMPLE_RATE:
            raise InvalidRequest(f"Sample rate {rate!r} is not possible: 1 to {MAX_SAMPLE_RATE} Hz.")
