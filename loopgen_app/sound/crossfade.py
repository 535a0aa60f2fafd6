"""The crossfade of a swap: what would have been heard next is kept, and fades out under what is heard instead."""

import numpy as np

from loopgen_app.sound.bend import Bend
from loopgen_app.sound.deck_loop import DeckLoop, Stereo


class Crossfade:
    """`2 * half` frames of equal power, or of equal gain where both sounds are `alike`, which add up to more.

    Runs in the audio callback; its memory is there from the beginning.
    """

    def __init__(self, half: int, *, alike: bool = False) -> None:
        self.half = half
        angle = (np.arange(2 * half, dtype=np.float64) + 0.5) / (2 * half) * np.pi / 2
        rise = np.sin(angle) ** 2 if alike else np.sin(angle)
        self.rise = np.repeat(rise.astype(np.float32)[:, None], 2, axis=1)
        self.fall = np.ascontiguousarray(self.rise[::-1])
        self._tail = np.zeros((2 * half, 2), np.float32)
        self._old = np.zeros((2 * half, 2), np.float32)
        self._at = 2 * half

    @property
    def left(self) -> int:
        """Frames until it is over."""
        return 2 * self.half - self._at

    def from_silence(self) -> None:
        """Begin to fade in."""
        self._tail[:] = 0.0
        self._at = 0

    def from_loop(self, loop: DeckLoop, position: int) -> None:
        """Begin to fade out from sample `position` of `loop`."""
        at = 0
        while at < len(self._tail):
            begin = (position + at) % loop.samples
            run = min(len(self._tail) - at, loop.samples - begin)
            self._tail[at : at + run] = loop.audio[begin : begin + run]
            at += run
        self._at = 0

    def from_bend(self, bend: Bend) -> None:
        """Begin to fade out from where `bend` is."""
        bend.read(self._tail)
        self._at = 0

    def mix(self, out: Stereo) -> None:
        """Fade over `out` `[n, 2]`, no longer than what is `left`."""
        start, end = self._at, self._at + len(out)
        old = self._old[: len(out)]
        np.multiply(self._tail[start:end], self.fall[start:end], out=old)
        out *= self.rise[start:end]
        out += old
        self._at = end
