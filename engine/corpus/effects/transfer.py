"""Linear effects as transfer functions, exactly circular: what rings past the end of a loop sounds on at its start.

A response is a complex array over the frequencies of a grid. Filters are second-order sections of the bilinear
transform, evaluated on the unit circle: with `x = tan(pi f / rate) / tan(pi f0 / rate)`, `s = jx` is put into the
analogue prototype (Bristow-Johnson's cookbook). Two ways lead through a response:

    filters that ring briefly     analyse -> multiply -> synthesise, in blocks led into by the loop's own end
    reverbs and echoes            `apply_long`, one transform of the whole loop
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Audio = NDArray[np.float32]
Response = NDArray[np.complex64]

SAMPLE_RATE = 44100
BLOCK = 65536
LEAD = 13312
"""Samples (0.3 s) of the loop in front of each block: every filter here rings down to 1e-5 in it from 25 Hz up."""

_NYQUIST_WARP = 1e4  # tan at Nyquist is infinite; filters there are at their limit long before


class Grid:
    """The frequencies of a real FFT over `length` samples, `[length // 2 + 1]`, with the bilinear warp done once."""

    def __init__(self, length: int, sample_rate: int = SAMPLE_RATE) -> None:
        self.length = length
        self.sample_rate = sample_rate
        self.hertz = np.arange(length // 2 + 1, dtype=np.float32) * np.float32(sample_rate / length)
        warp = np.tan(np.pi * np.minimum(self.hertz / sample_rate, 0.49999))
        self._warp = np.minimum(warp, _NYQUIST_WARP).astype(np.float32)

    def __len__(self) -> int:
        return len(self.hertz)

    def relative(self, hertz: float) -> NDArray[np.float32]:
        """Warped frequencies `[F]` relative to `hertz` (clipped to 5 Hz .. 0.45 rate): the `x` of `s = jx`."""
        corner = min(max(hertz, 5.0), 0.45 * self.sample_rate)
        relative: NDArray[np.float32] = self._warp * np.float32(1 / np.tan(np.pi * corner / self.sample_rate))
        return relative

    def delay(self, seconds: float) -> Response:
        """The response `[F]` of a pure delay, `exp(-2 pi j f seconds)`."""
        cycles = self.hertz.astype(np.float64) * seconds
        turn = (2 * np.pi * (cycles - np.floor(cycles))).astype(np.float32)
        out = np.empty(len(self), dtype=np.complex64)
        out.real, out.imag = np.cos(turn), -np.sin(turn)
        return out


Design = Callable[[Grid], Response]
"""A filter before it meets a loop: gives its response `[..., F]` on a grid."""


@lru_cache(maxsize=8)
def grid_of(length: int) -> Grid:
    """The grid of `length` samples at 44.1 kHz, kept for the next effect of the same length."""
    return Grid(length)


def complex_of(real: NDArray[np.float32], imaginary: NDArray[np.float32], size: int) -> Response:
    """`real + j imaginary`, both `[size]`, in single precision, without a double-precision detour."""
    out = np.empty(size, dtype=np.complex64)
    out.real, out.imag = real, imaginary
    return out


def lead_in(audio: Audio, lead: int, length: int | None = None) -> Audio:
    """`audio` `[..., T]` with its own last `lead` samples in front, then round and round up to `length`."""
    samples = audio.shape[-1]
    length = lead + samples if length is None else length
    out = np.empty((*audio.shape[:-1], length), dtype=np.float32)
    place, start = 0, -lead % samples
    while place < length:
        piece = min(samples - start, length - place)
        out[..., place : place + piece] = audio[..., start : start + piece]
        place, start = place + piece, 0
    return out


def analyse(audio: Audio) -> Response:
    """Spectra `[..., K, F]` of the K overlapping blocks of loops `[..., T]`, on `grid_of(BLOCK)`."""
    hop = BLOCK - LEAD
    blocks = -(-audio.shape[-1] // hop)
    extended = lead_in(audio, LEAD, LEAD + blocks * hop)
    windows = np.lib.stride_tricks.sliding_window_view(extended, BLOCK, axis=-1)[..., ::hop, :]
    return np.asarray(scipy.fft.rfft(windows, axis=-1), dtype=np.complex64)


def synthesise(spectra: Response, samples: int) -> Audio:
    """The loops `[..., samples]` of filtered block spectra `[..., K, F]` (overlap-save)."""
    blocks = scipy.fft.irfft(spectra, BLOCK, axis=-1)[..., LEAD:]
    whole = blocks.reshape(*blocks.shape[:-2], -1)[..., :samples]
    return np.ascontiguousarray(whole, dtype=np.float32)


def apply(audio: Audio, design: Design) -> Audio:
    """Filter loops `[..., T]` circularly by `design`, whose response `[F]` must ring down within 0.3 s."""
    return synthesise(analyse(audio) * design(grid_of(BLOCK)), audio.shape[-1])


def transform_length(samples: int, tail_seconds: float) -> tuple[int, int]:
    """(FFT length, samples of lead-in) with which a response of `tail_seconds` goes around a loop of `samples`.

    A length of small primes is transformed as it is, without lead-in. Any other (ten times slower, were it done
    so) is led into by its own end for as long as the response rings; the wrap-around of the longer transform then
    never reaches the loop.
    """
    if scipy.fft.next_fast_len(samples, real=True) == samples:
        return samples, 0
    lead = int(np.ceil(tail_seconds * SAMPLE_RATE))
    return scipy.fft.next_fast_len(samples + lead, real=True), lead


def apply_long(audio: Audio, design: Design, tail_seconds: float) -> Audio:
    """Loops `[..., T]` through a response that lasts `tail_seconds`; a mono `[T]` may meet a `[2, F]` response."""
    samples = audio.shape[-1]
    length, lead = transform_length(samples, tail_seconds)
    spectrum = scipy.fft.rfft(lead_in(audio, lead), length, axis=-1)
    filtered = scipy.fft.irfft(spectrum * design(grid_of(length)), length, axis=-1)
    return np.ascontiguousarray(filtered[..., lead : lead + samples], dtype=np.float32)
