"""Ableton Link for the window: its session has the tempo, the beat and the transport while it is on."""

import importlib.util
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer

from loopgen_app.remote.clock_lock import ClockLock
from loopgen_app.remote.led_tempo import take_tempo
from loopgen_app.remote.link_follower import LinkFollower
from loopgen_app.remote.link_reading import LinkReading
from loopgen_app.sound.process import SoundProcess
from loopgen_app.state.transport import TransportState
from loopgen_app.studio import Studio

STEP_MILLISECONDS: Final = 10
END_SECONDS: Final = 0.5
HOW_TO_HAVE_LINK: Final = (
    "Ableton Link needs aalink, which is under the GPL and so does not come with LoopGen: pip install aalink."
)
COMMAND: Final = (sys.executable, "-m", "loopgen_app.remote.link_child")


def link_is_there() -> bool:
    """Whether the musician has installed `aalink`."""
    return importlib.util.find_spec("aalink") is not None


class AbletonLink(QObject):
    """`switch` turns it on and off; `on_change` is told when it goes on or off, or others come and go."""

    def __init__(
        self,
        studio: Studio,
        *,
        is_there: Callable[[], bool] = link_is_there,
        command: Sequence[str] = COMMAND,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._messages = studio.messages
        self._studio, self._is_there, self._command, self._clock = studio, is_there, tuple(command), clock
        self.on_change: Callable[[], object] = lambda: None
        self.follower, self.lock = self._anew()
        self._process: SoundProcess | None = None
        self._peers, self._quarrels, self._taking, self._trouble = -1, False, False, ""
        self._played = studio.transport.state.playing
        self._tempo_soon, self._timer = QTimer(self), QTimer(self)
        self._tempo_soon.setSingleShot(True)
        self._tempo_soon.timeout.connect(self._give_tempo)
        self._timer.setInterval(STEP_MILLISECONDS)
        self._timer.timeout.connect(self.step)
        studio.playback.start_elsewhere = self._start
        studio.transport.changed.connect(self._see_transport)
        studio.instrument.changed.connect(self._see_knob)
        studio.instrument.restored.connect(self._tempo_soon.stop)  # a loop that is restored is no hand at the tempo

    @property
    def on(self) -> bool:
        """Whether this is a peer of a session."""
        return self._process is not None

    @property
    def peers(self) -> int:
        """How many others there are."""
        return self.follower.peers if self.on else 0

    def begin(self) -> None:
        """Join if it was on when the window was closed, and can be still."""
        if self._studio.settings.link and self._is_there():
            self._join()

    def switch(self, on: bool) -> None:
        """Join a session, or leave it."""
        if not on:
            self.close()
            self._messages.say("Ableton Link is off; LoopGen keeps its own time.")
        elif not self._is_there():
            self._messages.complain(HOW_TO_HAVE_LINK)
        elif self._join():
            self._messages.say("Ableton Link is on; nobody else is there yet.")
        self._studio.settings.link = self.on
        self._studio.sessions.save_settings()
        self.on_change()

    def _join(self) -> bool:
        self.close()
        self.follower, self.lock = self._anew()
        self._peers, self._quarrels, self._trouble = 0, False, ""
        tempo = self._studio.instrument.value("tempo_bpm")
        try:
            self._process = SoundProcess([*self._command, f"{tempo:g}"])
        except OSError as error:
            self._messages.complain(f"Ableton Link cannot be started: {error.strerror or error}.")
            return False
        if self._studio.transport.state.playing:
            self._process.send({"do": "join"})
        self._timer.start()
        return True

    def close(self) -> None:
        """Leave the session, with a word to the others."""
        process, self._process = self._process, None
        self._timer.stop()
        if process is None:
            return
        self._studio.live_tempo.held = False
        process.leave(END_SECONDS)

    def step(self) -> None:
        """Hand on what was read, and keep to it."""
        process = self._process
        if process is None:
            return
        for told in process.answers():
            self._take(told)
        self.lock.step(self._clock())
        self._studio.live_tempo.held = self.lock.led
        if process.ended:
            self.close()
            why = f": {self._trouble}" if self._trouble else ""
            self._messages.complain(f"Ableton Link has ended{why}.", "Join again", partial(self.switch, True))
            self.on_change()

    def _take(self, told: Any) -> None:
        if isinstance(told, dict) and isinstance(told.get("trouble"), str):
            self._trouble = told["trouble"].rstrip(".")
        reading = LinkReading.read(told)
        if reading is None:
            return
        ran = self.follower.running
        self.follower.take(reading)
        if reading.playing and not ran and not self._studio.transport.state.playing:
            self.lock.begin()
        elif ran and not reading.playing:
            self.lock.end()
        self._tell_peers(reading.peers)
        self._tell_quarrel()

    def _tell_peers(self, peers: int) -> None:
        before, self._peers = self._peers, peers
        if peers != before:
            others = "nobody else is there" if peers == 0 else "1 other" if peers == 1 else f"{peers} others"
            self._messages.say(f"Ableton Link: {others}.")
            self.on_change()

    def _tell_quarrel(self) -> None:
        before, self._quarrels = self._quarrels, self.follower.quarrel
        if self._quarrels and not before:
            self._messages.complain("Ableton Link: its tempo is pulled to and fro; two others do not agree on it.")

    def _anew(self) -> tuple[LinkFollower, ClockLock]:
        follower, studio = LinkFollower(), self._studio
        told = "Ableton Link is silent; the loop goes on at its tempo."
        lock = ClockLock(follower, studio.playback, self._take_tempo, lambda: studio.messages.say(told))
        return follower, lock

    def _take_tempo(self, tempo_bpm: float) -> None:
        self._taking = True
        if self._studio.instrument.value("tempo_bpm") != tempo_bpm:
            self._messages.say(f"Ableton Link runs at {tempo_bpm:g} BPM.")
        take_tempo(self._studio, tempo_bpm)
        self._taking = False

    def _start(self) -> bool:
        """Whether the session starts the transport; at its next bar, or where its song is already."""
        if self._process is None or self.follower.silent(self._clock()):
            return False
        if self.follower.running:
            self.lock.begin()
        elif not self.lock.waiting:
            self._process.send({"do": "start"})
            if self.follower.peers:
                self._messages.say("Starts with the next bar of Ableton Link.")
        return True

    def _see_transport(self, state: TransportState) -> None:
        played, self._played = self._played, state.playing
        if played and not state.playing and self._process is not None and self.follower.running:
            self._process.send({"do": "stop"})

    def _see_knob(self, knob: str) -> None:
        if knob == "tempo_bpm" and self._process is not None and not self._taking:
            self._tempo_soon.start()

    def _give_tempo(self) -> None:
        if self._process is not None:
            self._process.send({"do": "tempo", "bpm": self._studio.instrument.value("tempo_bpm")})
