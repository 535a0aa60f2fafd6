"""The pattern condition: per part, a ramp that falls from each onset, scaled by its velocity."""

import math
from collections.abc import Mapping, Sequence

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
    ramps = torch.zeros(geometry.frames)
    for beat, velocity in sorted(onsets):
        position = geometry.beat_to_frame(beat)
        # The ramp begins one frame behind that of the onset, also where the onset is the very beginning of its frame.
        first = math.floor(position + 1e-6) + 1
        for frame in range(first, first + math.ceil(RAMP_FRAMES)):
            height = 1 - (frame - position) / RAMP_FRAMES
            if height > 0:
                ramps[frame % geometry.frames] = velocity * height
    return ramps
