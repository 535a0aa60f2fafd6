"""Dynamics over a loop, all circular: ducking from kick onsets, bus compressor, transient shaper, limiter."""

from collections.abc import Sequence

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from engine.audio.recursion import recursive
from engine.corpus.effects.transfer import SAMPLE_RATE, Audio

_DUCK_ATTACK_SECONDS = 0.004


def ducking_curve(
    samples: int, onsets: Sequence[tuple[int, float]], depth: float, recovery_seconds: float, curve: float = 2.0
) -> Audio:
    """Gain `[samples]` that falls to `1 - depth * strength` at each (sample, strength) onset and then recovers.

    It is down within 4 ms before the onset, and back after `recovery_seconds` along `u ** (1 / curve)`-like shapes:
    `curve` 1 is straight, larger recovers faster at first. Onsets and tails wrap around the loop.
    """
    reduction = np.zeros(samples, dtype=np.float32)
    attack = max(1, round(_DUCK_ATTACK_SECONDS * SAMPLE_RATE))
    recovery = max(1, round(recovery_seconds * SAMPLE_RATE))
    fall = np.linspace(0, 1, attack, endpoint=False)
    rise = (1 - np.arange(recovery) / recovery) ** curve
    shape = np.concatenate([fall, rise]).astype(np.float32)[:samples]
    for onset, strength in onsets:
        places = (onset - attack + np.arange(len(shape))) % samples
        reduction[places] = np.maximum(reduction[places], np.float32(depth * strength) * shape)
    return np.asarray(1 - reduction, dtype=np.float32)


def smooth(signal: NDArray[np.float32], seconds: float) -> NDArray[np.float32]:
    """One-pole low-pass of time constant `seconds` over loops `[..., T]`, in its periodic steady state."""
    samples = signal.shape[-1]
    pole = float(np.exp(-1 / (seconds * SAMPLE_RATE)))
    out = recursive([1 - pole], [1, -pole], signal.astype(np.float64))
    # What the endless run before the loop would have left behind, fading from the first sample on.
    left_over = out[..., -1:] / (1 - pole**samples)
    reach = min(samples, int(20 * seconds * SAMPLE_RATE) + 1)
    out[..., :reach] += left_over * pole ** np.arange(1, reach + 1)
    return np.asarray(out, dtype=np.float32)


def compress(audio: Audio, threshold_db: float, ratio: float, attack_seconds: float, release_seconds: float) -> Audio:
    """Bus compressor: one gain for all channels of `[C, T]`, from a fast and a slow RMS follower (the louder wins).

    The fast follower (`attack_seconds`) reacts to what begins, the slow one (`release_seconds`) lets go late. No
    make-up gain. Time-invariant and circular.
    """
    power = np.mean(audio**2, axis=0)
    level = np.maximum(smooth(power, attack_seconds), smooth(power, release_seconds))
    level_db = 10 * np.log10(np.maximum(level, 1e-10))
    over = level_db - threshold_db
    knee_db = 6.0
    soft = np.where(over > knee_db / 2, over, np.maximum(over + knee_db / 2, 0) ** 2 / (2 * knee_db))
    gain = 10 ** (-soft * (1 - 1 / ratio) / 20)
    return np.asarray(audio * gain.astype(np.float32), dtype=np.float32)


def shape_transients(audio: Audio, amount: float) -> Audio:
    """Raise (amount > 0) or soften attacks of `[..., T]`, up to `amount` * 6 dB where a fast follower leads."""
    level = np.abs(audio) if audio.ndim == 1 else np.mean(np.abs(audio), axis=0)
    fast, slow = smooth(level, 0.002), smooth(level, 0.04)
    lead = np.clip(fast / (slow + 1e-6) - 1, 0, 2) / 2
    return np.asarray(audio * 2 ** (amount * lead.astype(np.float32)), dtype=np.float32)


def limit(audio: Audio, ceiling: float = 0.98, look_ahead_seconds: float = 0.003) -> Audio:
    """Brick-wall limiter for `[C, T]`: never above `ceiling`, and untouched where it is not needed.

    The gain is the smallest needed within the window around each sample, averaged over that same window, so it
    arrives before the peak.
    """
    peak = np.max(np.abs(audio), axis=0)
    if float(peak.max(initial=0.0)) <= ceiling:
        return audio
    window = 2 * round(look_ahead_seconds * SAMPLE_RATE) + 1
    needed = np.minimum(1.0, ceiling / np.maximum(peak, 1e-9))
    held = scipy.ndimage.minimum_filter1d(needed, window, mode="wrap")
    gain = scipy.ndimage.uniform_filter1d(held.astype(np.float64), window, mode="wrap")
    # Rounding of the running mean may leave a hair above the ceiling.
    limited: Audio = np.clip(audio * gain.astype(np.float32), -ceiling, ceiling)
    return limited
