"""Which beat comes out of the loudspeaker at a moment, through the jitter of the callbacks that tell it."""

from collections import deque
from typing import Final

from loopgen_app.sound.status import Status

REMEMBERED: Final = 64
"""Readings over which the card's own clock is found: a second or so."""


EARLY: Final = 0.25
"""Share of the readings: a callback comes late, and never before its time, so those that are early are believed."""


class HeardBeat:
    """Note what the sound process says as often as it is read; `beat_at` tells what is heard."""

    def __init__(self) -> None:
        self._starts: deque[float] = deque(maxlen=REMEMBERED)
        self._status: Status | None = None

    def note(self, status: Status) -> None:
        """Take in a reading. A process that began anew has another clock."""
        before, self._status = self._status, status
        if before is not None and status.callbacks == before.callbacks:
            return
        if before is not None and status.frames < before.frames:
            self._starts.clear()
        if status.rate > 0 and status.frames:
            self._starts.append(status.time - (status.frames - status.block) / status.rate)

    def beat_at(self, time: float) -> float | None:
        """Beats since the transport began, as heard at `time`; None in silence."""
        status = self._status
        if status is None or not status.playing or not status.samples or not self._starts:
            return None
        frames = (time - self._start() - status.latency) * status.rate
        return status.beat + (frames - status.frames) * status.speed * status.beats / status.samples

    def _start(self) -> float:
        """When the card's first frame was asked for."""
        return sorted(self._starts)[round(EARLY * (len(self._starts) - 1))]

    @property
    def lead(self) -> float:
        """Seconds from an order to its sound."""
        status = self._status
        return status.latency + status.block / status.rate if status is not None and status.rate else 0.0

    @property
    def beats(self) -> int:
        """Length of the loop that plays."""
        return self._status.beats if self._status is not None else 0

    def time_of(self, beat: float) -> float | None:
        """When `beat` is heard, going on as now; None in silence."""
        status = self._status
        if status is None or not status.playing or not status.samples or not self._starts or status.speed <= 0:
            return None
        frames = status.frames + (beat - status.beat) * status.samples / (status.speed * status.beats)
        return self._start() + status.latency + frames / status.rate
