"""The clock that LoopGen sends: which MIDI messages are due, by what is heard."""

import math
from typing import Final

from loopgen_app.remote.clock_follower import TICKS_PER_BEAT, TICKS_PER_SONG_STEP
from loopgen_app.remote.heard_beat import HeardBeat
from loopgen_app.sound.status import Status

JUMP_BEATS: Final = 0.1
"""A beat that moved by more than this since the last look did not run there."""
CLOCK, START, CONTINUE, STOP, SONG = (0xF8,), (0xFA,), (0xFB,), (0xFC,), 0xF2
Message = tuple[int, ...]


class ClockTicker:
    """`look` at what is heard, send what `due` says, and sleep until `next_time`."""

    def __init__(self) -> None:
        self._heard = HeardBeat()
        self._tick: int | None = None
        self._seen: tuple[float, float] | None = None

    def look(self, status: Status, now: float) -> list[Message]:
        """Take in a reading; returns what has to be sent at once, because the transport began, ended or jumped."""
        self._heard.note(status)
        beat = self._heard.beat_at(now)
        if beat is None or beat < 0:
            ended, self._tick, self._seen = self._tick is not None, None, None
            return [STOP] if ended else []
        jumped = self._seen is not None and abs(beat - self._expected(status, now)) > JUMP_BEATS
        self._seen = now, beat
        if self._tick is not None and not jumped:
            return []
        return [*([STOP] if self._tick is not None else []), *self._begin(beat)]

    def _expected(self, status: Status, now: float) -> float:
        assert self._seen is not None
        then, beat = self._seen
        return beat + (now - then) * status.speed * status.rate * status.beats / status.samples

    def _begin(self, beat: float) -> list[Message]:
        """Song pointers count sixteenths; the first tick after one is that sixteenth."""
        if beat < JUMP_BEATS:
            self._tick = math.ceil(beat * TICKS_PER_BEAT)
            return [START] if self._tick == 0 else [START, *[CLOCK] * self._tick]
        step = math.ceil(beat * 4)
        self._tick = step * TICKS_PER_SONG_STEP
        place = step & 0x3FFF
        return [(SONG, place & 0x7F, place >> 7), CONTINUE]

    def next_time(self) -> float | None:
        """When the next tick is due; None in silence."""
        return self._heard.time_of(self._tick / TICKS_PER_BEAT) if self._tick is not None else None

    def due(self, now: float) -> list[Message]:
        """The ticks whose time has come."""
        found: list[Message] = []
        while (time := self.next_time()) is not None and time <= now and self._tick is not None:
            self._tick += 1
            found.append(CLOCK)
        return found
