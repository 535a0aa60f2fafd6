"""The pattern condition: per part, a ramp that falls from each onset, scaled by its velocity."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from engine.tempo import LoopGeometry
from engine.vocabulary import PARTS

RAMP_FRAMES = 8.0
"""Length of a ramp in latent frames (0.19 s): two points on it tell velocity and sub-frame position apart."""

Onsets = Sequence[tuple[float, float]]


def pattern_condition(onsets: Mapping[str, Onsets], geometry: LoopGeometry) -> tuple[Tensor, Tensor]:
    """Pattern `[1, P, F]` and mask `[1, P]` from (beat, velocity) onsets of the parts that are given.

    A part missing from `onsets` is open (mask 0), one with no onsets asks for silence. Ramps wrap around the end.
    """
    pattern = torch.zeros(1, len(PARTS), geometry.frames)
    given = torch.zeros(1, len(PARTS))
    for row, part in enumerate(PARTS):
        if part in onsets:
            given[0, row] = 1
            pattern[0, row] = onset_ramps(onsets[part], geometry)
    return pattern, given


def onset_ramps(onsets: Onsets, geometry: LoopGeometry) -> Tensor:
    """Ramps `[F]` in [0, 1]; a later onset takes over from an earlier one."""
    frames = geometry.frames
    ramps = np.zeros(frames, np.float32)
    for beat, velocity in sorted(onsets):
        position = beat / geometry.beats * frames
        # The ramp begins one frame behind that of the onset, also where the onset is the very beginning of its frame.
        first = math.floor(position + 1e-6) + 1
        behind = np.arange(first, first + math.ceil(RAMP_FRAMES))
        heights = 1 - (behind - position) / RAMP_FRAMES
        falls = heights > 0
        ramps[behind[falls] % frames] = velocity * heights[falls]
    return torch.from_numpy(ramps)
