"""A loop as the deck plays it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Stereo = NDArray[np.float32]
STEPS_PER_BEAT = 4


@dataclass(frozen=True, eq=False)
class DeckLoop:
    """A loop ready to play: `audio` `[T, 2]` float32, C-contiguous, exactly `beats` beats long."""

    id: int
    audio: Stereo
    beats: int

    @property
    def samples(self) -> int:
        """Length T."""
        return len(self.audio)

    def sample_of_beat(self, beat: int) -> int:
        """First sample of a beat counted from the start of a pass; beats past the end lie in later passes."""
        return self.sample_of_step(beat * STEPS_PER_BEAT)

    def sample_of_step(self, step: int) -> int:
        """First sample of a sixteenth, counted likewise."""
        passes, rest = divmod(step, self.beats * STEPS_PER_BEAT)
        return passes * self.samples + round(rest * self.samples / (self.beats * STEPS_PER_BEAT))
