"""Linear effects as transfer functions over a whole loop: exactly circular, so tails sound on from the start.

A response is a complex array over the frequencies of a grid. Filters are second-order sections of the bilinear
transform, evaluated on the unit circle: with `x = tan(pi f / rate) / tan(pi f0 / rate)`, `s = jx` is put into the
analogue prototype (Bristow-Johnson's cookbook, cascade form).
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Audio = NDArray[np.float32]
Response = NDArray[np.complex64]

SAMPLE_RATE = 44100
FILTER_TAIL_SECONDS = 0.3
"""Long enough for every filter here to ring down to 1e-5 from 25 Hz up."""

_NYQUIST_WARP = 1e4  # tan at Nyquist is infinite; filters there are at their limit long before


class Grid:
    """The frequencies of a real FFT over `length` samples, `[length // 2 + 1]`, with the bilinear warp done once."""

    def __init__(self, length: int, sample_rate: int = SAMPLE_RATE) -> None:
        self.length = length
        self.sample_rate = sample_rate
        self.hertz = np.arange(length // 2 + 1, dtype=np.float32) * np.float32(sample_rate / length)
        with np.errstate(invalid="ignore", over="ignore"):
            warp = np.tan(np.pi * np.minimum(self.hertz / sample_rate, 0.49999))
        self._warp = np.minimum(warp, _NYQUIST_WARP).astype(np.float32)

    def __len__(self) -> int:
        return len(self.hertz)

    def relative(self, hertz: float) -> NDArray[np.float32]:
        """Warped frequency relative to `hertz` (clipped to 5 Hz .. 0.45 rate): the `x` of `s = jx`."""
        corner = min(max(hertz, 5.0), 0.45 * self.sample_rate)
        relative: NDArray[np.float32] = self._warp * np.float32(1 / np.tan(np.pi * corner / self.sample_rate))
        return relative

    def delay(self, seconds: float) -> Response:
        """A pure delay, `exp(-2 pi j f seconds)`."""
        cycles = self.hertz.astype(np.float64) * seconds
        turn = (2 * np.pi * (cycles - np.floor(cycles))).astype(np.float32)
        out = np.empty(len(self), dtype=np.complex64)
        out.real, out.imag = np.cos(turn), -np.sin(turn)
        return out


Design = Callable[[Grid], Response]
"""A filter before it meets a loop: gives its response `[..., F]` on a grid."""


@lru_cache(maxsize=8)
def grid_of(length: int) -> Grid:
    """The grid of `length` samples at 44.1 kHz, kept for the next effect on the same loop."""
    return Grid(length)


def complex_of(real: NDArray[np.float32] | float, imaginary: NDArray[np.float32] | float, size: int) -> Response:
    """`real + j imaginary` in single precision, without a double-precision detour."""
    out = np.empty(size, dtype=np.complex64)
    out.real, out.imag = real, imaginary
    return out


def transform_length(samples: int, tail_seconds: float) -> tuple[int, int]:
    """(FFT length, samples of circular lead-in) that filter a loop of `samples` exactly and fast.

    A length of small primes is transformed as it is, without lead-in. Any other is led into by its own end, so long
    as the response rings, and cut again: the wrap-around of the longer transform then never reaches the loop.
    """
    if scipy.fft.next_fast_len(samples, real=True) == samples:
        return samples, 0
    lead = int(np.ceil(tail_seconds * SAMPLE_RATE))
    return scipy.fft.next_fast_len(samples + lead, real=True), lead


def lead_in(audio: Audio, lead: int) -> Audio:
    """`audio` `[..., T]` with its own last `lead` samples in front (wrapping as often as needed)."""
    if lead == 0:
        return audio
    samples = audio.shape[-1]
    if lead <= samples:
        return np.concatenate([audio[..., samples - lead :], audio], axis=-1)
    repeated: Audio = np.take(audio, np.arange(-lead, samples) % samples, axis=-1)
    return repeated


def apply(audio: Audio, design: Design, tail_seconds: float = FILTER_TAIL_SECONDS) -> Audio:
    """Filter loops `[..., T]` circularly by `design`, whose response must die away within `tail_seconds`.

    Returns `[..., T]`, or the broadcast of audio and response shapes (a mono `[T]` through a `[2, F]` response).
    """
    samples = audio.shape[-1]
    length, lead = transform_length(samples, tail_seconds)
    spectrum = scipy.fft.rfft(lead_in(audio, lead), length, axis=-1)
    filtered = scipy.fft.irfft(spectrum * design(grid_of(length)), length, axis=-1)
    return np.ascontiguousarray(filtered[..., lead : lead + samples], dtype=np.float32)
