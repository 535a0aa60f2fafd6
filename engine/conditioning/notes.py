"""The notes condition: a piano roll of each pitched part, beside the pattern that says when it strikes."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor

from engine.tempo import LoopGeometry
from engine.vocabulary import NOTE_RANGES

ROLLS: Final = tuple(high - low + 1 for low, high in NOTE_RANGES.values())
"""Rows of each part's roll."""

NOTE_ROWS: Final = sum(ROLLS)

Notes = Sequence[tuple[float, float, float]]
"""(beat, length in beats, MIDI pitch) of each note; the notes of a chord share a beat."""


def notes_condition(notes: Mapping[str, Notes], geometry: LoopGeometry) -> tuple[Tensor, Tensor]:
    """Piano rolls `[1, NOTE_ROWS, F]` in [0, 1] and mask `[1, 3]` of the pitched parts that are given.

    A frame of a roll says for which share of it the pitch is held; notes go round the end of the loop. A part
    missing from `notes` is open (mask 0), one without notes asks for none.
    """
    given = torch.tensor([[float(part in notes) for part in NOTE_RANGES]])
    rolls = [_roll(notes.get(part, ()), *NOTE_RANGES[part], geometry) for part in NOTE_RANGES]
    return torch.cat(rolls)[None], given


def _roll(notes: Notes, low: int, high: int, geometry: LoopGeometry) -> Tensor:
    frames = geometry.frames
    roll = np.zeros((high - low + 1, frames), np.float32)
    for beat, beats, pitch in notes:
        if not low <= round(pitch) <= high:
            continue
        start, length = geometry.beat_to_frame(beat), geometry.beat_to_frame(beats)
        end = start + min(length, frames)
        at = np.arange(math.floor(start), math.ceil(end) + 1)
        # Frame f hears what lies half a frame around it.
        held = np.clip(np.minimum(at + 0.5, end) - np.maximum(at - 0.5, start), 0, 1)
        np.maximum.at(roll[round(pitch) - low], at % frames, held.astype(np.float32))
    return torch.from_numpy(roll)
