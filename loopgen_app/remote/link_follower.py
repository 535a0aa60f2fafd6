"""A session of Ableton Link as it is read: where its beat is, how fast, and whether its peers quarrel over that."""

from collections import deque
from itertools import pairwise
from statistics import median
from typing import Final

from loopgen_app.remote.clock_follower import SILENT_SECONDS, TRUSTED_BPM
from loopgen_app.remote.link_reading import LinkReading

REMEMBERED: Final = 25
"""Readings whose middle is believed: half a second. One that was read late says nothing."""
JUMP_BEATS: Final = 0.05
"""Readings in a row that are further off than this are of another beat."""
JUMP_READINGS: Final = 3
QUARREL_SECONDS: Final = 4.0
QUARREL_TURNS: Final = 6
"""A tempo that goes up and down so often within that time is pulled at by two."""


class LinkFollower:
    """`take` every reading; `beat_at` and `tempo_bpm` tell what the session says.

    Between two changes of its tempo the beat of a session is a straight line, and the slope of that line is known.
    """

    def __init__(self) -> None:
        self.reading: LinkReading | None = None
        self._origins: deque[float] = deque(maxlen=REMEMBERED)
        self._strange: list[float] = []
        self._tempi: deque[tuple[float, float]] = deque(maxlen=64)

    def take(self, reading: LinkReading) -> None:
        """Take in a reading."""
        before, self.reading = self.reading, reading
        origin = reading.beat - reading.time * reading.tempo_bpm / 60
        if before is None or before.tempo_bpm != reading.tempo_bpm:
            self._tempi.append((reading.time, reading.tempo_bpm))
            self._begin_with([origin])
        elif reading.playing and not before.playing:  # the song begins, and is counted from there
            self._begin_with([origin])
        elif abs(origin - median(self._origins)) <= JUMP_BEATS:
            self._strange.clear()
            self._origins.append(origin)
        else:
            self._strange.append(origin)
            if len(self._strange) >= JUMP_READINGS:
                self._begin_with(self._strange)

    def _begin_with(self, origins: list[float]) -> None:
        self._origins.clear()
        self._origins.extend(origins)
        self._strange = []

    @property
    def running(self) -> bool:
        """Whether the transport of the session runs."""
        return self.reading is not None and self.reading.playing

    @property
    def peers(self) -> int:
        """How many others there are."""
        return self.reading.peers if self.reading is not None else 0

    @property
    def tempo_bpm(self) -> float | None:
        """Beats per minute; None while it is not known."""
        if self.reading is None or not TRUSTED_BPM[0] <= self.reading.tempo_bpm <= TRUSTED_BPM[1]:
            return None
        return self.reading.tempo_bpm

    def beat_at(self, time: float) -> float | None:
        """The beat of the session at `time`; None while it is not known."""
        tempo = self.tempo_bpm
        return median(self._origins) + time * tempo / 60 if tempo is not None else None

    def silent(self, now: float) -> bool:
        """Whether nothing was read for a second."""
        return self.reading is None or now - self.reading.time > SILENT_SECONDS

    @property
    def quarrel(self) -> bool:
        """Whether the tempo went up and down again and again of late: two peers want it elsewhere."""
        if self.reading is None:
            return False
        late = [tempo for time, tempo in self._tempi if time > self.reading.time - QUARREL_SECONDS]
        ways = [after > before for before, after in pairwise(late)]
        return sum(one is not other for one, other in pairwise(ways)) >= QUARREL_TURNS
