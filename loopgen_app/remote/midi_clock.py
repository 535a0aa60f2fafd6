"""MIDI clock for the window: follows the first port that ticks, sends to the port that is chosen."""

import math
import time
from collections import deque
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer

from loopgen_app.remote.clock_follower import Kind
from loopgen_app.remote.clock_out import ClockOut
from loopgen_app.remote.led_tempo import take_tempo
from loopgen_app.remote.midi_lock import MidiLock
from loopgen_app.studio import Studio

STEP_MILLISECONDS: Final = 10
KINDS: Final[dict[str, Kind]] = {
    "clock": "clock", "start": "start", "continue": "continue", "stop": "stop", "songpos": "songpos",
}  # fmt: skip
MOST_WAITING: Final = 4096
QUIET_SECONDS: Final = 2.0
"""A port that has not ticked for so long leaves the lead to another one."""


class MidiClock(QObject):
    """`hear` messages on any thread; the rest is for the window's."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._waiting: deque[tuple[str, Kind, float, int]] = deque(maxlen=MOST_WAITING)
        self._leader, self._led_at = "", -math.inf
        self.lock = self._new_lock()
        self.out = ClockOut()
        self._timer = QTimer(self)
        self._timer.setInterval(STEP_MILLISECONDS)
        self._timer.timeout.connect(self.step)
        if studio.settings.clock_in:
            self._timer.start()

    @property
    def following(self) -> bool:
        """Whether a clock is followed where there is one."""
        return bool(self._studio.settings.clock_in)

    def follow(self, on: bool) -> None:
        """Follow the clock of others, or go one's own way."""
        self._studio.settings.clock_in = on
        self._studio.sessions.save_settings()
        self._waiting.clear()
        self.lock = self._new_lock()
        self._studio.live_tempo.held = False
        (self._timer.start if on or self.out.port else self._timer.stop)()
        self._studio.messages.say("Waiting for a MIDI clock." if on else "LoopGen keeps its own time.")

    def send_to(self, port: str) -> None:
        """Send clock to `port`, or to none with ""."""
        if not port:
            self.out.close()
            self._studio.messages.say("No MIDI clock is sent any more.")
            return
        try:
            self.out.start(self._status_file(), port)
        except OSError as error:
            self._studio.messages.complain(f"MIDI clock cannot be sent: {error.strerror or error}.")
            return
        self._timer.start()
        self._studio.messages.say(f"MIDI clock goes to {port}.")

    def hear(self, port: str, message: Any) -> bool:
        """Take in a message if it is one of a clock; called by the thread of the MIDI library."""
        kind = KINDS.get(message.type)
        if kind is None:
            return False
        if self.following:
            self._waiting.append((port, kind, time.monotonic(), int(getattr(message, "pos", 0))))
        return True

    def step(self) -> None:
        """Hand on what came by now, and keep to it."""
        for _ in range(len(self._waiting)):  # a port may send faster than is read here
            port, kind, came, position = self._waiting.popleft()
            if port != self._leader and came - self._led_at > QUIET_SECONDS:
                self._leader = port
                self.lock = self._new_lock()
            if port == self._leader:  # two clocks that disagree: the first one leads
                self._led_at = came
                self.lock.feed(kind, came, position)
        if self.following:
            self.lock.step(time.monotonic())
            self._studio.live_tempo.held = self.lock.led
        lost = self.out.lost()
        if lost:
            self._studio.messages.complain(lost)

    def close(self) -> None:
        """Follow and send no more."""
        self._timer.stop()
        self.out.close()

    def _new_lock(self) -> MidiLock:
        return MidiLock(self._studio.playback, self._take_tempo, self._studio.messages.say)

    def _take_tempo(self, tempo_bpm: float) -> None:
        self._studio.messages.say(f"The MIDI clock runs at {tempo_bpm:g} BPM.")
        take_tempo(self._studio, tempo_bpm)

    def _status_file(self) -> Path:
        return self._studio.playback.status_file
