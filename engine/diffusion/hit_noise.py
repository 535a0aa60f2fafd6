"""Noise that comes again with what is struck, so that a sound is the same sound from hit to hit.

A denoiser makes of equal noise under equal conditions equal latents, near enough. Noise that repeats with the grid
does that, too, but it repeats where nothing is played, and is then taken for something that is. So it is the hits
that have their noise: each part one patch, laid down wherever it strikes, whatever its pitch, as one instrument plays
them all. (With a patch for each chord loops were farther from music: 25.9 against 25.4, means of three times 60.)
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from engine.tempo import LoopGeometry

PATCH_STEPS: Final = 2
"""Sixteenths that a patch is long: the strike, and most of what rings."""
SLOTS: Final = 4
"""Patches that can lie over each other; of more the first count."""


@dataclass(frozen=True)
class Onset:
    """A hit of the part `name` in the frame `frame`."""

    name: str
    frame: int


@dataclass(frozen=True, eq=False)
class Ties:
    """Which frames of a loop share their noise: `places` `[SLOTS, F]` say which frame of a bank of patches lies
    there, -1 for none; the bank has `length` frames of each of `names`, one after the other."""

    places: Tensor
    names: tuple[str, ...]
    length: int

    @classmethod
    def of(cls, strikes: Sequence[Onset], geometry: LoopGeometry) -> "Ties":
        """The ties of what strikes in a loop; patches go round its end."""
        frames = geometry.frames
        length = min(max(1, round(PATCH_STEPS * frames / geometry.steps)), frames)
        names = tuple(dict.fromkeys(strike.name for strike in strikes))
        numbers = {name: number for number, name in enumerate(names)}
        places = np.full((SLOTS, frames), -1, np.int32)
        filled = np.zeros(frames, np.int64)
        patch_frames = np.arange(length)
        for strike in strikes:
            at = (strike.frame + patch_frames) % frames
            free = filled[at] < SLOTS
            places[filled[at][free], at[free]] = (numbers[strike.name] * length + patch_frames)[free]
            filled[at] += 1
        return cls(torch.from_numpy(places), names, length)

    def bank(self, seeds: Mapping[str, int], depth: int) -> Tensor:
        """The patches `[1, depth, names * length]`, each of the seed of its part."""
        patches = [patch(name, seeds[name], depth, self.length) for name in self.names]
        return torch.cat(patches, dim=2)


def patch(name: str, seed: int, depth: int, length: int) -> Tensor:
    """The noise `[1, depth, length]` of a name under a seed; a longer one begins as a shorter one does."""
    generator = torch.Generator().manual_seed((seed * 1_000_003 + zlib.crc32(name.encode())) % 2**63)
    return torch.randn(length, depth, generator=generator).T[None]


def tie(free: Tensor, bank: Tensor, places: Tensor, share: Tensor) -> Tensor:
    """White noise `free` `[B, D, F]` whose frames have `share` `[B]` of their power from the patches of `bank`
    `[B, D, N]` that `places` `[B, SLOTS, F]` say; where there are none it stays free.

    Patches that lie over each other are added at equal power, so that every frame keeps unit variance.
    """
    laid = (places >= 0).to(free)
    count = laid.sum(1, keepdim=True)
    total = torch.zeros_like(free)
    for slot in range(places.shape[1]):
        index = places[:, slot].clamp_min(0).long()[:, None].expand(-1, free.shape[1], -1)
        total = total + bank.gather(2, index) * laid[:, slot, None]
    tied = total * count.clamp_min(1).rsqrt()
    weight = share.to(free).clamp(0, 1)[:, None, None] * (count > 0)
    return (1 - weight).sqrt() * free + weight.sqrt() * tied


def strikes_of(onsets: Mapping[str, Sequence[tuple[float, float]]], geometry: LoopGeometry) -> list[Onset]:
    """What is struck where: `onsets` are (beat, velocity) of each part."""
    # The frame that the hit begins in; swung hits all lie alike in theirs.
    return [
        Onset(part, int(geometry.beat_to_frame(beat) + 1e-6))
        for part, struck in onsets.items()
        for beat, velocity in struck
        if velocity > 0
    ]
