"""Where things stand between the speakers: pan, small delays and width."""

import numpy as np

from engine.corpus.effects.transfer import SAMPLE_RATE, Audio


def place(mono: Audio, pan: float, delay_seconds: float = 0.0) -> Audio:
    """A mono loop `[T]` at `pan` in [-1 (left), 1 (right)], equal power: `[2, T]`; the centre has gain 1.

    `delay_seconds` > 0 lets the right side come later (Haas), < 0 the left.
    """
    angle = (1 + pan) * np.pi / 4
    left, right = np.float32(np.sqrt(2) * np.cos(angle)), np.float32(np.sqrt(2) * np.sin(angle))
    shift = round(abs(delay_seconds) * SAMPLE_RATE)
    late = np.roll(mono, shift) if shift else mono
    if delay_seconds < 0:
        return np.stack([left * late, right * mono])
    return np.stack([left * mono, right * late])


def widen(audio: Audio, width: float) -> Audio:
    """Scale the side signal of `[2, T]` by `width`: 0 is mono, 1 as it is."""
    middle = (audio[0] + audio[1]) / 2
    side = (audio[0] - audio[1]) * np.float32(width / 2)
    return np.stack([middle + side, middle - side])
