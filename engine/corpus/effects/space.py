"""Space: reverbs with synthetic stereo impulse responses, and a tempo-synced delay."""

from typing import Literal, get_args

import numpy as np
import scipy.fft

from engine.corpus.effects.equaliser import chain, high_pass, low_pass
from engine.corpus.effects.transfer import SAMPLE_RATE, Audio, Design, Grid, Response, grid_of

ReverbKind = Literal["room", "hall", "plate", "spring"]
REVERB_KINDS: tuple[ReverbKind, ...] = get_args(ReverbKind)

MAX_REVERB_SECONDS = 4.0
_EARLY_REFLECTIONS = {"room": 14, "hall": 8, "plate": 0}
_BUILD_UP_SECONDS = {"room": 0.004, "hall": 0.035, "plate": 0.002}
_DECAY_60_DB = float(np.log(1e3))


def reverb_response(
    kind: ReverbKind, rt60_seconds: float, pre_delay_seconds: float, damping: float, rng: np.random.Generator
) -> Audio:
    """Synthetic stereo impulse response `[2, N]` with unit energy a channel.

    `rt60_seconds` is the time to fall by 60 dB in the middle band; highs above 3 kHz fall up to four times faster
    with `damping` in [0, 1]. The sides are independent, so the reverb is wide. Length at most 4 s.
    """
    seconds = min(rt60_seconds, MAX_REVERB_SECONDS)
    samples = scipy.fft.next_fast_len(int(seconds * SAMPLE_RATE), real=True)
    tail = (
        _spring(samples, rt60_seconds, rng) if kind == "spring" else _dense(kind, samples, rt60_seconds, damping, rng)
    )
    fade = samples // 20
    tail[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    tail /= np.sqrt(np.sum(tail**2, axis=1, keepdims=True)) + np.float32(1e-9)
    lead = round(pre_delay_seconds * SAMPLE_RATE)
    return np.concatenate([np.zeros((2, lead), dtype=np.float32), tail], axis=1)


def _dense(kind: str, samples: int, rt60_seconds: float, damping: float, rng: np.random.Generator) -> Audio:
    time = np.arange(samples, dtype=np.float32) / np.float32(SAMPLE_RATE)
    build_up = 1 - np.exp(-time / np.float32(_BUILD_UP_SECONDS[kind]))
    slow = build_up * np.exp(-time * np.float32(_DECAY_60_DB / rt60_seconds))
    fast = build_up * np.exp(-time * np.float32(_DECAY_60_DB * (1 + 3 * damping) / rt60_seconds))
    noise = rng.standard_normal((2, samples), dtype=np.float32)
    grid = grid_of(samples)
    below = low_pass(3000.0, 0.5)(grid)
    spectrum = scipy.fft.rfft(noise * slow) * below + scipy.fft.rfft(noise * fast) * (1 - below)
    tail = scipy.fft.irfft(spectrum * high_pass(120.0)(grid), samples).astype(np.float32)
    _add_early_reflections(tail, _EARLY_REFLECTIONS[kind], rng)
    return np.asarray(tail, dtype=np.float32)


def _add_early_reflections(tail: Audio, count: int, rng: np.random.Generator) -> None:
    peak = float(np.abs(tail).max())
    for channel in tail:
        places = rng.integers(round(0.004 * SAMPLE_RATE), round(0.07 * SAMPLE_RATE), count)
        decay = np.exp(-places / (0.03 * SAMPLE_RATE))
        np.add.at(channel, places % len(channel), (2 * peak * decay * rng.choice([-1, 1], count)).astype(np.float32))


def _spring(samples: int, rt60_seconds: float, rng: np.random.Generator) -> Audio:
    """Echoes between 40 and 70 ms whose highs arrive later (dispersion up to 4 kHz), as in a spring tank."""
    grid = grid_of(samples)
    hertz = np.minimum(grid.hertz, 4000.0) / 4000.0
    tone = chain(low_pass(4000.0, 1.2), high_pass(150.0))(grid)
    channels = []
    for _ in range(2):
        trip = rng.uniform(0.04, 0.07)
        gain = np.float32(10 ** (-3 * trip / rt60_seconds))
        dispersion = (2 * np.pi * 4000 * 0.02 * hertz**3 / 3).astype(np.float32)
        bounce = gain * grid.delay(trip) * np.exp(-1j * dispersion).astype(np.complex64)
        # As many bounces as fit: the closed form of the endless sum would fold back on itself.
        bounces = max(1, int(samples / SAMPLE_RATE / (trip + 0.02)))
        channels.append(scipy.fft.irfft(tone * bounce * (1 - bounce**bounces) / (1 - bounce), samples))
    return np.stack(channels).astype(np.float32)


def reverb(impulse_response: Audio) -> Design:
    """The design of a stereo impulse response `[2, N]`; its tail lasts N samples."""

    def design(grid: Grid) -> Response:
        padded = np.zeros((2, grid.length), dtype=np.float32)
        for start in range(0, impulse_response.shape[1], grid.length):  # longer than the loop: wraps around it
            piece = impulse_response[:, start : start + grid.length]
            padded[:, : piece.shape[1]] += piece
        return np.asarray(scipy.fft.rfft(padded), dtype=np.complex64)

    return design


def echo_count(feedback: float, floor_db: float = -36.0) -> int:
    """Number of echoes until `feedback` has brought them below `floor_db`, 1 to 12."""
    if feedback <= 0.01:
        return 1
    return int(np.clip(np.ceil(floor_db / (20 * np.log10(min(feedback, 0.95)))), 1, 12))


def delay(seconds: float, feedback: float, low_cut_hz: float, high_cut_hz: float, ping_pong: bool) -> Design:
    """Stereo feedback delay: echo `k` comes at `k * seconds`, `feedback ** (k - 1)`, darker and thinner each time.

    With `ping_pong` odd echoes are left and even echoes right. The response lasts `delay_seconds_total`.
    """
    count = echo_count(feedback)

    def design(grid: Grid) -> Response:
        # In the loop a filter of the first order each, so that ten echoes are not ten octaves of slope.
        colour = _gentle_band(grid, low_cut_hz, high_cut_hz)
        first = grid.delay(seconds) * colour
        again = np.float32(feedback) * first
        if not ping_pong:
            both = first * (1 - again**count) / (1 - again)
            return np.stack([both, both])
        pairs = max(1, count // 2)
        pair = again * again
        left = first * (1 - pair**pairs) / (1 - pair)
        return np.asarray(np.sqrt(2) * np.stack([left, left * again]), dtype=np.complex64)

    return design


def delay_seconds_total(seconds: float, feedback: float) -> float:
    """How long the response of `delay` lasts."""
    return seconds * (echo_count(feedback) + 1) + 0.1


def _gentle_band(grid: Grid, low_cut_hz: float, high_cut_hz: float) -> Response:
    low, high = grid.relative(low_cut_hz), grid.relative(high_cut_hz)
    return np.asarray((1j * low) / ((1 + 1j * low) * (1 + 1j * high)), dtype=np.complex64)
