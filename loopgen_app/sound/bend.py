"""A loop that is played at another rate than its own, from any place, with a rate that may change at any time."""

import math

import numpy as np

from loopgen_app.sound.deck_loop import DeckLoop, Stereo
from loopgen_app.sound.grains import HOP, SIZE, Grains


class Bend:
    """Frames of `loop` at `rate` (samples of the loop in each frame that is heard; 1 is its own tempo).

    Made in the control thread, which may set `rate` whenever it likes. The rest runs in the audio callback: a grain
    takes a few small arrays there, and about a third of a millisecond in every 16 of sound.
    """

    def __init__(self, loop: DeckLoop, rate: float) -> None:
        self.loop, self.rate = loop, rate
        self._grains = Grains(loop)
        self._sum = np.zeros((SIZE, 2), np.float32)
        self._centres = [0.0, 0.0, 0.0]
        self._done = HOP

    @property
    def position(self) -> float:
        """Sample of the loop that the next frame sounds like; past its end it counts on."""
        start, end = self._centres[0], self._centres[1]
        return start + (end - start) * self._done / HOP

    def start(self, position: float) -> None:
        """Go on from sample `position`: the first frames are the loop's own, so that nothing jumps."""
        before, here, after = position - HOP, position, position + HOP * self.rate
        self._centres = [before, here, after]
        self._sum[:] = 0.0
        self._sum[: 2 * HOP] += self._grains.first(round(before))[2 * HOP :]
        self._sum[: 3 * HOP] += self._grains.first(round(here))[HOP:]
        self._sum += self._grains.next(round(after))
        self._done = HOP

    def frames_until(self, position: float) -> int:
        """Frames until that sample is reached, as far as is known: at most the rest of this hop, at least one."""
        rest = HOP - self._done or HOP
        start, end = self._known()
        step = (end - start) / HOP
        here = start + step * (self._done % HOP)
        return max(1, min(rest, math.ceil((position - here) / step - 1e-9)))

    def read(self, out: Stereo) -> None:
        """Fill `out` `[n, 2]` with the next n frames; four grains overlap at any of them."""
        at = 0
        while at < len(out):
            if self._done == HOP:
                self._hop()
            run = min(len(out) - at, HOP - self._done)
            out[at : at + run] = self._sum[self._done : self._done + run]
            self._done += run
            at += run

    def wrap(self) -> None:
        """A pass is over: count from the loop's first sample again."""
        self._centres = [centre - self.loop.samples for centre in self._centres]

    def _known(self) -> tuple[float, float]:
        if self._done == HOP:
            return self._centres[1], self._centres[2]
        return self._centres[0], self._centres[1]

    def _hop(self) -> None:
        """Move on by one hop, from one centre to the next; the grain two hops on completes its frames."""
        self._sum[:-HOP] = self._sum[HOP:]
        self._sum[-HOP:] = 0.0
        self._centres = [*self._centres[1:], self._centres[-1] + HOP * self.rate]
        self._sum += self._grains.next(round(self._centres[-1]))
        self._done = 0
