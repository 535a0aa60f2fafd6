"""Keeps what is heard on the beat of a MIDI clock."""

from collections.abc import Callable

from loopgen_app.remote.clock_follower import ClockFollower, Kind
from loopgen_app.remote.clock_lock import ClockLock, Led


class MidiLock(ClockLock):
    """`feed` it every message of the clock; the rest is any lock's. `say` tells what the musician should know."""

    def __init__(
        self, playback: Led, on_tempo: Callable[[float], object], say: Callable[[str], object] = lambda _words: None
    ) -> None:
        self.follower = ClockFollower()
        told = "The MIDI clock is silent; the loop goes on at its tempo."
        super().__init__(self.follower, playback, on_tempo, lambda: say(told))

    def feed(self, kind: Kind, time: float, position: int = 0) -> None:
        """A message of the clock; `position` of a song pointer counts sixteenths."""
        self.follower.feed(kind, time, position)
        if kind in ("start", "continue"):
            self.begin()
        elif kind == "stop":
            self.end()
