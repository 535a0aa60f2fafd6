"""Which directions of latents tell phases: those in which they go when the phases of a sound are turned."""

import math
from collections.abc import Iterable
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.rendering.latents import LatentSpace
from engine.tempo import LoopGeometry

TURNS: Final = (0.25, 0.5, 0.75)
EDGE_HZ: Final = 40.0
"""Over so much the turn fades out: a step in the spectrum would ring through the loop."""
LEAST_MOVED: Final = 1.0
"""Mean square of the distance, in deviations of a channel, that a turn moves a direction by which phases are told."""


def turned(audio: NDArray[np.float32], sample_rate: int, below_hz: float, turn: float) -> NDArray[np.float32]:
    """Loop `audio [C, T]` with all phases below `below_hz` turned by the share `turn` of a circle; levels stay."""
    samples = audio.shape[-1]
    hertz = np.fft.rfftfreq(samples, 1 / sample_rate)
    share = np.clip((below_hz - hertz) / EDGE_HZ + 0.5, 0, 1)
    spectrum = np.fft.rfft(audio)
    spectrum[:, 1:] *= (1 + share * (np.exp(2j * math.pi * turn) - 1))[1:]
    return np.fft.irfft(spectrum, samples).astype(np.float32)


def phase_directions(
    latents: LatentSpace, loops: Iterable[tuple[NDArray[np.float32], LoopGeometry]], below_hz: float
) -> Tensor:
    """Orthonormal directions `[D, n]` of standardised latents that tell the phases of `loops`, audio `[C, T]` and its
    geometry, below `below_hz`: those of the greatest mean squares of what turns change."""
    moved = torch.zeros(latents.channels, latents.channels)
    frames = 0
    for audio, geometry in loops:
        own = latents.encode(audio, geometry.frames)[0].float().cpu()
        for turn in TURNS:
            other = turned(audio, geometry.sample_rate, below_hz, turn)
            change = latents.encode(other, geometry.frames)[0].float().cpu() - own
            moved += change @ change.T
            frames += geometry.frames
    squares, directions = torch.linalg.eigh(moved / max(frames, 1))
    told: Tensor = directions[:, squares > LEAST_MOVED].flip(1)
    return told
