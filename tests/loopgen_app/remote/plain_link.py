"""A peer of a Link session without a network: the arithmetic of a shared beat, and, run as a program, LoopGen's own
process of Link around it: `python plain_link.py BPM`. What others do comes as orders beside ours: `{"others": ...}`.
"""

import sys
import time
import types
from collections.abc import Callable
from typing import Any

QUANTUM = 4.0


class PlainLink:
    """As `aalink.Link`, by the rules of its documentation; `others` is how many are there."""

    def __init__(self, tempo_bpm: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._tempo = clock, tempo_bpm
        self._at, self._beat = clock(), 0.0
        self._playing = False
        self.num_peers = 0
        self.quantum, self.enabled, self.start_stop_sync_enabled = 1.0, False, False

    @property
    def beat(self) -> float:
        return self._beat + (self._clock() - self._at) * self._tempo / 60

    @property
    def tempo(self) -> float:
        return self._tempo

    @tempo.setter
    def tempo(self, bpm: float) -> None:
        self._beat, self._at = self.beat, self._clock()  # the beat goes on from where it is
        self._tempo = bpm

    @property
    def playing(self) -> bool:
        return self._playing

    @playing.setter
    def playing(self, on: bool) -> None:
        self._playing = on

    def jump(self, beats: float) -> None:
        """Meet a session whose beat is another one."""
        self._beat += beats

    def request_beat_at_start_playing_time(self, beat: float) -> None:
        """At once where nobody else is, at the next bar where somebody is: their phase stays."""
        phase = self.beat % self.quantum
        waits = (self.quantum - phase) % self.quantum if self.num_peers else 0.0
        self._at, self._beat = self._clock(), beat - waits


def obey_others(link: PlainLink, order: Any) -> None:
    """What the others do."""
    match order:
        case {"others": int(count)}:
            link.num_peers = count
        case {"others_tempo": float(tempo)}:
            link.tempo = tempo
        case {"others_play": bool(on)}:
            link.playing = on


def main(tempo: str) -> int:
    from loopgen_app.remote import link_child

    class Shared(link_child.Peer):
        """One that hears of the others by the same wire."""

        def obey(self, order: Any) -> None:
            obey_others(self._link, order)  # type: ignore[arg-type]
            super().obey(order)

    link_child.Peer = Shared  # type: ignore[misc]
    sys.modules["aalink"] = types.ModuleType("aalink")
    sys.modules["aalink"].Link = PlainLink  # type: ignore[attr-defined]
    return link_child.main(tempo)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
