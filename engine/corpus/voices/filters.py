"""Filters: fixed biquads, and resonant low-, band- and high-passes whose cutoff sweeps.

The sweeping filters work on overlapping windows, each shaped by the exact response of the bilinear filter at its
own cutoff. That is as fast as a handful of Fourier transforms and cannot become unstable, whatever is asked.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.signal import sosfilt

from engine.corpus.voices.voice import SAMPLE_RATE, Signal

HOP: Final = 256
_WINDOW: Final = 2 * HOP
_SIZE: Final = 8 * HOP
_STEPS_PER_OCTAVE: Final = 48
_LOWEST_HZ: Final = 16.0
_HIGHEST_HZ: Final = 19000.0
_SLOWEST_DECAY_HZ: Final = 5.0 * SAMPLE_RATE / (2 * np.pi * (_SIZE - _WINDOW))
"""Ringing must have died by five time constants when the transform ends, or it would wrap around."""


@lru_cache(maxsize=1)
def _window() -> NDArray[np.float32]:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)).astype(np.float32)


def _ladder(s: NDArray[np.complex128], cutoff: NDArray[np.float64], resonance: float) -> NDArray[np.complex128]:
    # Poles at cutoff * (-1 + k^(1/4) e^(+-i pi/4)); like the analog circuits it resonates less when nearly closed.
    limit = (np.sqrt(2.0) * np.clip(1.0 - _SLOWEST_DECAY_HZ / cutoff, 0.0, 1.0)) ** 4
    k = np.minimum(4.0 * resonance, limit)[:, None]
    # Half of the bass that resonance costs is given back.
    return np.asarray((1.0 + 0.6 * k) / ((1.0 + s) ** 4 + k))


def _two_pole(
    kind: str, s: NDArray[np.complex128], cutoff: NDArray[np.float64], resonance: float
) -> NDArray[np.complex128]:
    q = np.clip(0.6 * 20.0**resonance, 0.3, np.maximum(0.5, cutoff / (2 * _SLOWEST_DECAY_HZ)))[:, None]
    over = {"low": np.ones_like(s), "band": s / q, "high": s * s}[kind]
    return np.asarray(over / (s * s + s / q + 1.0))


def sweep(audio: Signal, cutoff_hz: float | Signal, resonance: float = 0.0, kind: str = "ladder") -> Signal:
    """Filter `audio` `[n]` with a cutoff that moves, `cutoff_hz` a number or `[n]`; `resonance` in [0, 1).

    `kind`: "ladder" (four-pole low-pass) or a two-pole "low", "band" or "high". Causal; `[n]` float32.
    """
    n = len(audio)
    frames = n // HOP + 2
    padded = np.zeros((frames + 1) * HOP, np.float32)
    padded[HOP : HOP + n] = audio
    blocks = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::HOP] * _window()
    centres = np.minimum(np.arange(frames) * HOP, n - 1)
    cutoff = np.clip(np.broadcast_to(cutoff_hz, n)[centres], _LOWEST_HZ, _HIGHEST_HZ)
    steps, which = np.unique(np.rint(np.log2(cutoff) * _STEPS_PER_OCTAVE), return_inverse=True)
    responses = _responses(kind, steps, resonance)
    shaped = irfft(rfft(blocks, _SIZE, axis=1) * responses[which], _SIZE, axis=1)
    out = np.zeros((frames + _SIZE // HOP, HOP), np.float32)
    for part in range(_SIZE // HOP):
        out[part : part + frames] += shaped[:, part * HOP : (part + 1) * HOP]
    return np.asarray(out.ravel()[HOP : HOP + n])


def _responses(kind: str, steps: NDArray[np.float64], resonance: float) -> NDArray[np.complex64]:
    cutoff = 2.0 ** (steps / _STEPS_PER_OCTAVE)
    warped = np.tan(np.pi * np.minimum(np.arange(_SIZE // 2 + 1) / _SIZE, 0.4999))
    s = 1j * warped[None, :] / np.tan(np.pi * cutoff / SAMPLE_RATE)[:, None]
    response = _ladder(s, cutoff, resonance) if kind == "ladder" else _two_pole(kind, s, cutoff, resonance)
    return response.astype(np.complex64)


def _biquad(kind: str, hz: float, q: float, gain_db: float = 0.0) -> NDArray[np.float64]:
    """One second-order section `[1, 6]` (the formulas of the Audio EQ Cookbook, Bristow-Johnson)."""
    w = 2.0 * np.pi * min(max(hz, 10.0), 0.48 * SAMPLE_RATE) / SAMPLE_RATE
    c, alpha, a = np.cos(w), np.sin(w) / (2.0 * q), 10.0 ** (gain_db / 40.0)
    zeros, poles = {
        "low": ((0.5 * (1 - c), 1 - c, 0.5 * (1 - c)), (1 + alpha, -2 * c, 1 - alpha)),
        "high": ((0.5 * (1 + c), -1 - c, 0.5 * (1 + c)), (1 + alpha, -2 * c, 1 - alpha)),
        "band": ((alpha, 0.0, -alpha), (1 + alpha, -2 * c, 1 - alpha)),
        "peak": ((1 + alpha * a, -2 * c, 1 - alpha * a), (1 + alpha / a, -2 * c, 1 - alpha / a)),
    }[kind]
    return np.asarray(np.array([[*zeros, *poles]]) / poles[0])


def lowpass(audio: Signal, hz: float, q: float = 0.707) -> Signal:
    """Second-order low-pass at `hz`."""
    return np.asarray(sosfilt(_biquad("low", hz, q), audio))


def highpass(audio: Signal, hz: float, q: float = 0.707) -> Signal:
    """Second-order high-pass at `hz`."""
    return np.asarray(sosfilt(_biquad("high", hz, q), audio))


def bandpass(audio: Signal, hz: float, q: float = 1.0) -> Signal:
    """Second-order band-pass at `hz`, 0 dB at its centre."""
    return np.asarray(sosfilt(_biquad("band", hz, q), audio))


def bell(audio: Signal, hz: float, gain_db: float, q: float = 1.0) -> Signal:
    """Peaking equaliser: `gain_db` at `hz`."""
    return np.asarray(sosfilt(_biquad("peak", hz, q, gain_db), audio))


def string(excitation: Signal, hz: float, seconds: float, damping: float) -> Signal:
    """A plucked string: feedback at `hz` that dies in `seconds` (60 dB), highs sooner the larger `damping` [0, 1].

    Karplus and Strong's loop solved in the frequency domain, so the tuning is exact between samples. `[n]`.
    """
    n = len(excitation)
    size = 1 << (2 * n - 1).bit_length()
    w = 2.0 * np.pi * np.arange(size // 2 + 1) / size
    loss = 10.0 ** (-3.0 / (hz * max(seconds, 1e-3)))
    # The two-point average delays by half a sample per unit of damping: taken off the loop length.
    average = (1.0 - damping / 2) + damping / 2 * np.exp(-1j * w)
    loop = loss * average * np.exp(-1j * w * (SAMPLE_RATE / hz - damping / 2))
    return np.asarray(irfft(rfft(np.asarray(excitation, np.float64), size) / (1.0 - loop), size)[:n])
