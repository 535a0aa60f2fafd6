"""Moving effects: chorus, flanger, tape wobble, auto-pan, filter sweeps and phasers, in whole cycles per loop."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.corpus.effects.transfer import BLOCK, SAMPLE_RATE, Audio, Design, analyse, grid_of, synthesise


def cycle(samples: int, cycles: int, phase: float = 0.0) -> NDArray[np.float32]:
    """A sine of `cycles` whole cycles over the loop, `[samples]`, starting at `phase` (in cycles)."""
    turns = np.arange(samples, dtype=np.float64) * (cycles / samples) + phase
    return np.sin(2 * np.pi * turns).astype(np.float32)


def read_delayed(audio: Audio, delay_samples: NDArray[np.float32]) -> Audio:
    """`audio[t - delay_samples[t]]` with linear interpolation, wrapping: `[..., T]`."""
    samples = audio.shape[-1]
    position = np.arange(samples, dtype=np.float64) - delay_samples
    whole = np.floor(position)
    part = (position - whole).astype(np.float32)
    index = whole.astype(np.int64) % samples
    after = index + 1
    after[after == samples] = 0
    delayed: Audio = audio[..., index] * (1 - part) + audio[..., after] * part
    return delayed


def chorus(audio: Audio, delay_seconds: float, depth_seconds: float, cycles: int, amount: float) -> Audio:
    """Stereo chorus of `[2, T]`: each side plus a copy whose delay swings; the sides a quarter cycle apart.

    Short delays (1-3 ms) make a flanger. `amount` 0 is dry, 1 equal parts.
    """
    samples = audio.shape[-1]
    out = np.empty_like(audio)
    for side in range(2):
        swing = (delay_seconds + depth_seconds * cycle(samples, cycles, side / 4)) * np.float32(SAMPLE_RATE)
        out[side] = audio[side] + np.float32(amount) * read_delayed(audio[side], np.maximum(swing, 0))
    return out / np.float32(np.sqrt(1 + amount * amount))


def wobble(audio: Audio, depth_seconds: float, cycles: int, flutter_cycles: int) -> Audio:
    """Tape wow (`cycles` a loop) and a tenth as much flutter: `[..., T]` read at a swinging position."""
    samples = audio.shape[-1]
    swing = 1 + cycle(samples, cycles) + 0.1 * cycle(samples, flutter_cycles)
    return read_delayed(audio, (np.float32(depth_seconds * SAMPLE_RATE) * swing).astype(np.float32))


def auto_pan(audio: Audio, depth: float, cycles: int, phase: float = 0.0) -> Audio:
    """Move `[2, T]` from side to side with equal power, `depth` in [0, 1]."""
    angle = (1 + np.float32(depth) * cycle(audio.shape[-1], cycles, phase)) * np.float32(np.pi / 4)
    panned: Audio = audio * np.float32(np.sqrt(2)) * np.stack([np.cos(angle), np.sin(angle)])
    return panned


def sweep(audio: Audio, designs: Sequence[Design], curve: NDArray[np.float32]) -> Audio:
    """Loops `[..., T]` through a filter that moves: cross-fades between the filtered versions along `curve`.

    `curve` `[T]` in [0, 1] runs from the first to the last of `designs`; it must be periodic itself.
    """
    samples = audio.shape[-1]
    spectra = analyse(audio)
    place = curve * np.float32(len(designs) - 1)
    out = np.zeros_like(audio)
    for number, design in enumerate(designs):
        weight = np.maximum(0, 1 - np.abs(place - np.float32(number)))
        out += weight * synthesise(spectra * design(grid_of(BLOCK)), samples)
    return out
