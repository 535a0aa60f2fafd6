"""The conditions of a batch of loops, with a mask for everything that may be left open."""

from dataclasses import dataclass, fields, replace
from typing import Self

import torch
from torch import Tensor

from engine.clap.base import CLAP_DIM
from engine.conditioning.notes import NOTE_ROWS
from engine.conditioning.waves import ROWS, WAVE_ROWS
from engine.vocabulary import CURVES, KEYS, NOTE_RANGES, PARTS, TAGS, VOICE_DIM

KEY_CLASSES = len(KEYS) + 1
"""24 keys and a class for loops without one (drums only)."""

GROUPS = {
    "beat": ("beat_given",),
    "pattern": ("pattern_given",),
    "notes": ("notes_given",),
    "curves": ("curves_given",),
    "tags": ("tags", "key"),
    "clap": ("clap_given",),
    "voices": ("voices_given",),
}
"""Condition groups, and the fields that switch them off when zero. Beat, notes and voices are on both sides of
guidance."""


@dataclass(frozen=True)
class Conditions:
    """Conditions of B loops of F frames. A value whose mask is 0 is unknown: the model uses its learned null.

    - `beat` `[B, 2, F]`: saw-teeth per beat and per bar; `beat_given` `[B, 1]`
    - `pattern` `[B, P, F]`: per part, decaying ramps from its onsets; `pattern_given` `[B, P]`
    - `notes` `[B, NOTE_ROWS, F]`: piano rolls of bass, lead and pad; `notes_given` `[B, 3]`
    - `waves` `[B, WAVE_ROWS, F]`: where waves stand that start with the notes of the bass and with kicks, read
      where these are given; all zero where nobody knows
    - `curves` `[B, 4, F]` in [0, 1]; `curves_given` `[B, 4]`
    - `tags` `[B, len(TAGS)]`: 1 present, -1 absent, 0 unknown
    - `key` `[B, 25]`: one-hot, all zero unknown
    - `clap` `[B, 512]`, unit norm; `clap_given` `[B, 1]`
    - `voices` `[B, P, V]`: how each part sounds; `voices_given` `[B, P]`
    - `rate` `[B, 1]`: frames a second, in octaves from the usual
    - `repeats` `[B, 1]`: the share of the noise's power that comes again with what is struck
    - `bars` `[B, 1]`: how many equal bars the frames are; 0 where they are none
    """

    beat: Tensor
    beat_given: Tensor
    pattern: Tensor
    pattern_given: Tensor
    notes: Tensor
    notes_given: Tensor
    waves: Tensor
    curves: Tensor
    curves_given: Tensor
    tags: Tensor
    key: Tensor
    clap: Tensor
    clap_given: Tensor
    voices: Tensor
    voices_given: Tensor
    rate: Tensor
    repeats: Tensor
    bars: Tensor

    @property
    def frames(self) -> int:
        """Number of latent frames F."""
        return self.beat.shape[-1]

    @property
    def waves_given(self) -> Tensor:
        """Whether what waves start with is given, `[B, WAVE_ROWS, 1]`: pitches, of a drum its pattern."""
        notes, parts = [*NOTE_RANGES], list(PARTS)
        given = [
            self.notes_given[:, [notes.index(part)] * rows]
            if part in notes
            else self.pattern_given[:, [parts.index(part)] * rows]
            for part, rows in ROWS.items()
        ]
        return torch.cat(given, dim=1)[:, :, None]

    def __len__(self) -> int:
        return len(self.beat)

    @classmethod
    def open(cls, frames: int, batch: int = 1) -> Self:
        """Conditions that ask for nothing."""
        zeros = torch.zeros
        return cls(
            zeros(batch, 2, frames),
            zeros(batch, 1),
            zeros(batch, len(PARTS), frames),
            zeros(batch, len(PARTS)),
            zeros(batch, NOTE_ROWS, frames),
            zeros(batch, len(NOTE_RANGES)),
            zeros(batch, WAVE_ROWS, frames),
            zeros(batch, len(CURVES), frames),
            zeros(batch, len(CURVES)),
            zeros(batch, len(TAGS)),
            zeros(batch, KEY_CLASSES),
            zeros(batch, CLAP_DIM),
            zeros(batch, 1),
            zeros(batch, len(PARTS), VOICE_DIM),
            zeros(batch, len(PARTS)),
            zeros(batch, 1),
            zeros(batch, 1),
            zeros(batch, 1),
        )

    def one(self, index: int) -> Self:
        """Those of loop `index` alone."""
        return type(self)(**{f.name: getattr(self, f.name)[index : index + 1] for f in fields(self)})

    def without(self, *groups: str) -> Self:
        """The same with whole `groups` (keys of `GROUPS`) left open."""
        masks = {name: torch.zeros_like(getattr(self, name)) for group in groups for name in GROUPS[group]}
        return replace(self, **masks)

    def keep(self, group: str, kept: Tensor) -> Self:
        """The same with `group` left open for the loops where `kept` `[B]` is 0."""
        masks = {name: getattr(self, name) * kept[:, None] for name in GROUPS[group]}
        return replace(self, **masks)

    def to(self, device: torch.device | str, dtype: torch.dtype = torch.float32) -> Self:
        """The same on `device`, in `dtype`."""
        return type(self)(**{f.name: getattr(self, f.name).to(device, dtype) for f in fields(self)})

    @classmethod
    def stack(cls, items: "list[Conditions]") -> Self:
        """One batch from several with the same number of frames."""
        return cls(**{f.name: torch.cat([getattr(item, f.name) for item in items]) for f in fields(cls)})
