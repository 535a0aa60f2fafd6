"""Envelopes as arrays over time; every decay time is the time to fall by 60 dB."""

import numpy as np
from numpy.typing import NDArray

from engine.corpus.voices.voice import SAMPLE_RATE, Signal

_SIXTY_DB = 6.907755
_CONTROL = 64
_LEVEL = 8192


def decay(n: int, seconds: float) -> NDArray[np.float32]:
    """Exponential from 1, down 60 dB after `seconds`. `[n]`."""
    rate = -_SIXTY_DB / (max(seconds, 1e-4) * SAMPLE_RATE)
    return np.asarray(np.exp(np.arange(n, dtype=np.float32) * np.float32(rate)))


def attack(n: int, seconds: float) -> NDArray[np.float32]:
    """Rise to 1 along a quarter sine in `seconds`. `[n]`."""
    length = min(n, max(1, round(seconds * SAMPLE_RATE)))
    envelope = np.ones(n, np.float32)
    envelope[:length] = np.sin(0.5 * np.pi * (np.arange(length) + 0.5) / length)
    return envelope


def gate(n: int, held: float, rise: float, release: float) -> NDArray[np.float32]:
    """Held note: rises in `rise` s, stays, falls by 60 dB in `release` s once `held` s are over. `[n]`."""
    off = min(n, max(1, round(held * SAMPLE_RATE)))
    envelope = attack(n, min(rise, max(held, 0.001)))
    envelope[off:] *= decay(n - off, release)
    return envelope


def adsr(  # noqa: PLR0917
    n: int, held: float, rise: float, fall: float, sustain: float, release: float
) -> NDArray[np.float32]:
    """Like `gate`, but falling (60 dB time `fall`) towards the level `sustain` while held. `[n]`."""
    return gate(n, held, rise, release) * (np.float32(sustain) + np.float32(1.0 - sustain) * decay(n, fall))


def levelled(audio: Signal, amount: float) -> Signal:
    """Slow fades of `audio` `[n]` evened out by `amount` (0 none, 1 all): what a player's ear does to an ensemble."""
    n = len(audio)
    blocks = n // _LEVEL + 1
    padded = np.zeros(blocks * _LEVEL, np.float32)
    padded[:n] = audio
    filled = np.minimum(_LEVEL, n - _LEVEL * np.arange(blocks)).clip(1)
    power = np.sum(padded.reshape(blocks, _LEVEL) ** 2, axis=1) / filled
    power = np.convolve(np.pad(power, 1, "edge"), (0.25, 0.5, 0.25), "valid")
    gain = (power / (power.mean() + 1e-12) + 0.01) ** (-0.5 * amount)
    at = (np.arange(n, dtype=np.float32) - 0.5 * _LEVEL) / _LEVEL
    return np.asarray(audio * np.interp(at, np.arange(blocks), gain))


def drift(n: int, hz: float, rng: np.random.Generator) -> Signal:
    """Slow random wandering in [-1, 1] with about `hz` turns a second, as smooth as a slow hand. `[n]`."""
    points = max(4, int(n / SAMPLE_RATE * hz * 2) + 4)
    values = rng.uniform(-1.0, 1.0, points)
    at = np.linspace(0.0, points - 1.01, n // _CONTROL + 2)
    index = at.astype(np.intp)
    blend = at - index
    blend = blend * blend * (3.0 - 2.0 * blend)
    slow = (values[index] + np.diff(values)[index] * blend).astype(np.float32)
    ramp = np.arange(_CONTROL, dtype=np.float32) / _CONTROL
    return np.asarray((slow[:-1, None] + np.diff(slow)[:, None] * ramp).ravel()[:n])
