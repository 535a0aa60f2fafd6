"""Filters: fixed biquads, and resonant low-, band- and high-passes whose cutoff sweeps.

The sweeping filters work on overlapping windows, each shaped by the exact response of the bilinear filter at its
own cutoff. That is as fast as a handful of Fourier transforms and cannot become unstable, whatever is asked.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from engine.audio.recursion import recursive
from engine.corpus.voices.voice import SAMPLE_RATE, Signal

_HOP: Final = 256
_SHORT: Final = 1024
_LONG: Final = 2048
_LONG_FROM: Final = 0.5
"""Transform lengths, and the resonance from which the longer one is worth its price."""
_STEPS_PER_OCTAVE: Final = 32
_NO_DENORMALS: Final = 1e-9
"""Silence would ring down into denormal numbers, which are ten times slower to filter."""
_LOWEST_HZ: Final = 16.0
_HIGHEST_HZ: Final = 19000.0


@lru_cache(maxsize=1)
def _window() -> NDArray[np.float32]:
    return (0.5 - 0.5 * np.cos(np.pi * np.arange(2 * _HOP) / _HOP)).astype(np.float32)


def _slowest_decay_hz(size: int) -> float:
    """Ringing must have died by four time constants when the transform ends, or it would wrap around."""
    return 4.0 * SAMPLE_RATE / (2 * np.pi * (size - 2 * _HOP))


def _ladder(s: NDArray[np.complex128], closed: float, resonance: float) -> NDArray[np.complex128]:
    # Poles at cutoff * (-1 + k^(1/4) e^(+-i pi/4)); like the analog circuits it resonates less when nearly closed.
    k = min(4.0 * resonance, (np.sqrt(2.0) * max(1.0 - closed, 0.0)) ** 4)
    # Half of the bass that resonance costs is given back.
    return np.asarray((1.0 + 0.6 * k) / (np.square(np.square(1.0 + s)) + k))


def _two_pole(kind: str, s: NDArray[np.complex128], closed: float, resonance: float) -> NDArray[np.complex128]:
    q = min(0.6 * 20.0**resonance, max(0.5, 0.5 / closed))
    over = {"low": np.ones_like(s), "band": s / q, "high": s * s}[kind]
    return np.asarray(over / (s * s + s / q + 1.0))


@lru_cache(maxsize=3000)
def _response(kind: str, step: int, resonance: float, size: int) -> NDArray[np.complex64]:
    """Bilinear frequency response `[size / 2 + 1]` at the cutoff numbered `step`."""
    cutoff = 2.0 ** (step / _STEPS_PER_OCTAVE)
    closed = _slowest_decay_hz(size) / cutoff
    warped = np.tan(np.pi * np.minimum(np.arange(size // 2 + 1) / size, 0.4999))
    s = 1j * warped / np.tan(np.pi * cutoff / SAMPLE_RATE)
    response = _ladder(s, closed, resonance) if kind == "ladder" else _two_pole(kind, s, closed, resonance)
    return response.astype(np.complex64)


def sweep(audio: Signal, cutoff_hz: float | Signal, resonance: float = 0.0, kind: str = "ladder") -> Signal:
    """Filter `audio` `[n]` with a cutoff that moves, `cutoff_hz` a number or `[n]`; `resonance` in [0, 1).

    `kind`: "ladder" (four-pole low-pass) or a two-pole "low", "band" or "high". Causal; `[n]` float32.
    """
    n, size = len(audio), _LONG if resonance > _LONG_FROM else _SHORT
    frames = n // _HOP + 2
    padded = np.zeros((frames + 1) * _HOP, np.float32)
    padded[_HOP : _HOP + n] = audio
    blocks = np.lib.stride_tricks.sliding_window_view(padded, 2 * _HOP)[::_HOP] * _window()
    centres = np.minimum(np.arange(frames) * _HOP, n - 1)
    cutoff = np.clip(np.broadcast_to(cutoff_hz, n)[centres], _LOWEST_HZ, _HIGHEST_HZ)
    steps, which = np.unique(np.rint(np.log2(cutoff) * _STEPS_PER_OCTAVE).astype(int), return_inverse=True)
    responses = np.stack([_response(kind, int(step), round(float(resonance), 4), size) for step in steps])
    shaped = irfft(rfft(blocks, size, axis=1) * responses[which], size, axis=1)
    out = np.zeros((frames + size // _HOP, _HOP), np.float32)
    for part in range(size // _HOP):
        out[part : part + frames] += shaped[:, part * _HOP : (part + 1) * _HOP]
    return np.asarray(out.ravel()[_HOP : _HOP + n])


def _biquad(audio: Signal, kind: str, hz: float, q: float, gain_db: float = 0.0) -> Signal:
    """One second-order section (the formulas of the Audio EQ Cookbook, Bristow-Johnson)."""
    w = 2.0 * np.pi * min(max(hz, 10.0), 0.48 * SAMPLE_RATE) / SAMPLE_RATE
    c, alpha, a = float(np.cos(w)), float(np.sin(w) / (2.0 * q)), 10.0 ** (gain_db / 40.0)
    zeros, poles = {
        "low": ((0.5 * (1 - c), 1 - c, 0.5 * (1 - c)), (1 + alpha, -2 * c, 1 - alpha)),
        "high": ((0.5 * (1 + c), -1 - c, 0.5 * (1 + c)), (1 + alpha, -2 * c, 1 - alpha)),
        "band": ((alpha, 0.0, -alpha), (1 + alpha, -2 * c, 1 - alpha)),
        "peak": ((1 + alpha * a, -2 * c, 1 - alpha * a), (1 + alpha / a, -2 * c, 1 - alpha / a)),
    }[kind]
    return recursive(zeros, poles, audio + _NO_DENORMALS)


def lowpass(audio: Signal, hz: float, q: float = 0.707) -> Signal:
    """Second-order low-pass of `audio` `[n]` at `hz`."""
    return _biquad(audio, "low", hz, q)


def highpass(audio: Signal, hz: float, q: float = 0.707) -> Signal:
    """Second-order high-pass of `audio` `[n]` at `hz`."""
    return _biquad(audio, "high", hz, q)


def bandpass(audio: Signal, hz: float, q: float = 1.0) -> Signal:
    """Second-order band-pass of `audio` `[n]` at `hz`, 0 dB at its centre."""
    return _biquad(audio, "band", hz, q)


def bell(audio: Signal, hz: float, gain_db: float, q: float = 1.0) -> Signal:
    """Peaking equaliser of `audio` `[n]`: `gain_db` at `hz`."""
    return _biquad(audio, "peak", hz, q, gain_db)


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
