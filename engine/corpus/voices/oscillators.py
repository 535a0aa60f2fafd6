"""Band-limited oscillators: saws, pulses, cyclic waves, phase modulation, noise, modes, clouds of partials."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len

from engine.corpus.voices.voice import SAMPLE_RATE, Signal

_HALF: Final = 8
_PHASES: Final = 512
_TABLE: Final = 1 << 14
"""Wave table length: read without interpolation, its error is below -60 dB up to the eighth harmonic."""
_TWO_PI: Final = np.float32(2.0 * np.pi)


@lru_cache(maxsize=1)
def _step_residuals() -> NDArray[np.float32]:
    """Band-limited minus ideal unit step `[_PHASES + 1, 2 * _HALF]` (Brandt 2001, with a linear-phase kernel)."""
    fine = np.arange(-_HALF * _PHASES, _HALF * _PHASES + 1) / _PHASES
    impulse = np.sinc(0.86 * fine) * np.kaiser(len(fine), 7.5)
    step = np.cumsum(impulse)
    step = (step - step[0]) / (step[-1] - step[0])
    residual = step - (fine >= 0.0)
    taps = np.arange(2 * _HALF)[None, :] * _PHASES + np.arange(_PHASES + 1)[:, None]
    return np.asarray(residual[taps], np.float32)


def saw(phases: NDArray[np.float64]) -> Signal:
    """Sum of rising saws in [-1, 1], `[n]`, for `phases` `[voices, n]` (or `[n]`) in cycles, non-decreasing."""
    phases = np.atleast_2d(phases)
    n = phases.shape[1]
    total = np.zeros(n + 2 * _HALF)
    wrapped, delays = [], []
    for phase in phases:
        turns = np.floor(phase)
        ramp = phase - turns
        total[_HALF : _HALF + n] += ramp
        jumps = np.flatnonzero(turns[1:] != turns[:-1]) + 1
        wrapped.append(jumps)
        delays.append(ramp[jumps] / (phase[jumps] - phase[jumps - 1]))
    total[_HALF : _HALF + n] = 2.0 * total[_HALF : _HALF + n] - len(phases)
    at, delay = np.concatenate(wrapped), np.concatenate(delays)
    if len(at):
        kernels = _step_residuals()[np.clip(np.rint(delay * _PHASES), 0, _PHASES).astype(np.intp)]
        spots = at[:, None] + np.arange(2 * _HALF)
        total -= 2.0 * np.bincount(spots.ravel(), weights=kernels.ravel(), minlength=len(total))[: len(total)]
    return total[_HALF : _HALF + n]


def pulse(phases: NDArray[np.float64], width: float | Signal = 0.5) -> Signal:
    """Sum of pulses without DC for `phases` `[voices, n]`; `width` is the duty cycle in (0, 1), possibly `[n]`."""
    phases = np.atleast_2d(phases)
    return 0.5 * (saw(phases) - saw(phases + width))


def sine(phases: NDArray[np.float64]) -> NDArray[np.float32]:
    """Sine of `phases` `[..., n]` in cycles; reduced to one turn first, so that float32 is exact enough for hours."""
    return np.asarray(np.sin(_TWO_PI * (phases - np.floor(phases)).astype(np.float32)))


def cycle(phases: NDArray[np.float64], amplitudes: Signal, starts: Signal | None = None) -> Signal:
    """Sum over voices of a wave with harmonics `amplitudes[k - 1]` and start phases `starts` (cycles). `[n]`."""
    phases = np.atleast_2d(phases)
    speed = float(np.max(phases[:, -1] - phases[:, 0])) / max(1, phases.shape[1] - 1)
    highest = max(1, min(len(amplitudes), int(0.45 / max(speed, 1e-9))))
    turns = np.zeros(highest) if starts is None else starts[:highest]
    spectrum = np.zeros(_TABLE // 2 + 1, np.complex64)
    spectrum[1 : highest + 1] = -0.5j * _TABLE * amplitudes[:highest] * np.exp(2j * np.pi * turns)
    table = irfft(spectrum, _TABLE)
    total = np.zeros(phases.shape[1], np.float32)
    for phase in phases:
        # The phase rarely turns back far enough to be negative; the mask wraps those too.
        total += table[(phase * _TABLE).astype(np.int64) & (_TABLE - 1)]
    return total


def modulated(carrier: NDArray[np.float64], modulation: Signal) -> NDArray[np.float32]:
    """Phase-modulated sine, `modulation` in radians; `[..., n]`."""
    turn = (carrier - np.floor(carrier)).astype(np.float32)
    return np.asarray(np.sin(_TWO_PI * turn + np.asarray(modulation, np.float32)))


def noise(n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """White Gaussian noise `[n]` with a standard deviation of one third."""
    return rng.standard_normal(n, dtype=np.float32) * np.float32(1 / 3)


def tick(n: int, seconds: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """A burst of noise `[n]` that dies by 60 dB in `seconds`: sticks, beaters, clicks."""
    burst = np.zeros(n, np.float32)
    live = min(n, round(1.1 * seconds * SAMPLE_RATE) + 1)
    burst[:live] = noise(live, rng) * np.exp(
        np.arange(live, dtype=np.float32) * np.float32(-6.9 / seconds / SAMPLE_RATE)
    )
    return burst


def modes(n: int, frequencies: Signal, seconds: Signal, gains: Signal, rng: np.random.Generator) -> Signal:
    """Sum of sines that each die by 60 dB in `seconds`: the modes of a struck body. Frequencies in Hz; `[n]`."""
    time = np.arange(n, dtype=np.float64) / SAMPLE_RATE
    audio = np.zeros(n, np.float32)
    for frequency, length, gain in zip(frequencies, seconds, gains, strict=True):
        if frequency < 0.45 * SAMPLE_RATE:
            live = min(n, int(1.3 * length * SAMPLE_RATE) + 1)
            start = 0.02 * rng.random()
            tone = sine(time[:live] * frequency + start) * np.exp((-6.9 / length * time[:live]).astype(np.float32))
            audio[:live] += np.float32(gain) * tone
    return audio


def cloud(n: int, frequencies: Signal, gains: Signal, cents: float, rng: np.random.Generator) -> Signal:
    """Partials smeared by `cents` into narrow bands with random phases: an ensemble of endless players. `[n]`, RMS 1.

    The additive idea of PADsynth (Nasca O. Paul): one inverse transform, however many partials.
    """
    size = next_fast_len(n, real=True)
    spectrum = np.zeros(size // 2 + 1, np.float64)
    hz = SAMPLE_RATE / size
    for frequency, gain in zip(frequencies, gains, strict=True):
        if not 20.0 < frequency < 0.45 * SAMPLE_RATE:
            continue
        spread = max(frequency * (2.0 ** (cents / 1200.0) - 1.0), 0.7 * hz)
        low, high = int((frequency - 3 * spread) / hz), int((frequency + 3 * spread) / hz) + 2
        bins = np.arange(max(low, 1), min(high, len(spectrum)))
        spectrum[bins] += gain * np.exp(-0.5 * ((bins * hz - frequency) / spread) ** 2) / np.sqrt(spread)
    filled = np.flatnonzero(spectrum)
    turned = np.zeros(len(spectrum), np.complex64)
    turned[filled] = spectrum[filled] * np.exp(2j * np.pi * rng.random(len(filled)))
    audio = irfft(turned, size)[:n]
    return np.asarray(audio / max(float(np.sqrt(np.mean(audio**2))), 1e-12))
