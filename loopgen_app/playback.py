"""The only door to the sound process: a Qt timer feels its pulse and keeps the transport's state up to date."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from loopgen_app.sound.loop_files import Playable
from loopgen_app.sound.status import Status
from loopgen_app.sound.supervisor import SoundHealth, Supervisor
from loopgen_app.state.transport import Transport

POLL_MILLISECONDS = 16
METER_EVERY = 2
SIXTEENTHS = {"now": 0, "beat": 4, "bar": 16}
"""A loop that follows the hand takes over at once: it is the same music, and waiting for a beat is heard as lag."""


FASTEST = 6.0
"""The widest that two tempi can be apart: 40 and 240 BPM."""
OWN_TEMPO = 1e-6
"""Speeds that are nearer to 1 than this are 1: less than a beat in a week."""


def gain_of(level_db: float, floor_db: float = -60.0) -> float:
    """Linear gain of a level; the floor is silence, 0 dB is exactly 1."""
    return 0.0 if level_db <= floor_db else float(10 ** (level_db / 20))


class Playback(QObject):
    """Plays loops. `ticked(beat)` comes at 60 Hz with the beat that is heard now, negative when nothing plays.

    `start_elsewhere` is asked when the transport is to start: whether somebody else will, when it is time.
    """

    ticked = Signal(float)
    peaked = Signal(float, float)
    troubled = Signal(str)
    recovered = Signal(str)

    def __init__(self, supervisor: Supervisor, transport: Transport, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._supervisor = supervisor
        self._transport = transport
        self.start_elsewhere: Callable[[], bool] = lambda: False
        self._ticks = 0
        self._tempo: dict[int, float] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MILLISECONDS)
        self._timer.timeout.connect(self.tick)

    def start(self) -> None:
        """Start the sound process and the timer."""
        self._supervisor.start()
        self._timer.start()

    def close(self) -> None:
        """End both."""
        self._timer.stop()
        self._supervisor.close()

    def take_health(self, health: SoundHealth) -> None:
        """News of the sound process (the supervisor's `on_change`)."""
        before = self._transport.state.health
        self._transport.update(
            health=health.health, message=health.message, device=health.device, sample_rate=health.rate
        )
        if health.health != "ok":
            self.troubled.emit(health.message)
        elif health.message or before in ("retrying", "no_device", "no_portaudio"):
            self.recovered.emit(health.message or f"Sound is back through {health.device}.")

    def cue(self, loop: Playable, swap_at: str) -> None:
        """Let `loop` take over "now", or at the next "beat" or "bar"; when stopped it is what Play will play."""
        self._tempo[loop.id] = loop.tempo_bpm
        again = loop.id == self.loop_id
        self._supervisor.cue(loop, SIXTEENTHS[swap_at])
        if not again:
            self._transport.update(bent_bpm=None)
        if self._transport.state.playing:
            self._transport.update(pending_id=loop.id)
        else:
            self._transport.update(loop_id=loop.id, pending_id=None)
        bent = self._transport.state.bent_bpm
        if bent is not None:
            self.bend(bent)

    @property
    def loop_id(self) -> int | None:
        """The loop that plays, or is about to."""
        state = self._transport.state
        return state.pending_id if state.pending_id is not None else state.loop_id

    @property
    def turns(self) -> bool:
        """Whether a loop plays that can be bent, or one is bent already."""
        return self._transport.state.playing or self._transport.state.bent_bpm is not None

    def bend(self, tempo_bpm: float) -> None:
        """Play the loop that plays, or is about to, at another tempo and its own pitches: heard within a block."""
        own = self._bend(tempo_bpm)
        self._transport.update(bent_bpm=None if own else tempo_bpm)

    def _bend(self, tempo_bpm: float) -> bool:
        """Bend what plays and what waits; whether that is the own tempo of the latter."""
        state, own = self._transport.state, True
        for loop_id in {known for known in (state.loop_id, state.pending_id) if known is not None}:
            speed = min(FASTEST, max(1 / FASTEST, tempo_bpm / self._tempo[loop_id]))
            at_own = abs(speed - 1.0) < OWN_TEMPO
            self._supervisor.set_speed(loop_id, 1.0 if at_own else speed)
            own = at_own if loop_id == self.loop_id else own
        return own

    def lead(self, tempo_bpm: float, shown_bpm: float) -> None:
        """Play at the tempo of another clock; `shown_bpm` is what is said of it."""
        self._bend(tempo_bpm)
        self._transport.update(bent_bpm=round(shown_bpm, 1))

    def status(self) -> Status:
        """What the sound process played last."""
        return self._supervisor.status()

    @property
    def status_file(self) -> Path:
        """Where the sound process says what it plays, for processes that keep to it."""
        return self._supervisor.status_file

    def play_from(self, beat: float) -> bool:
        """Start at a beat of the song, wherever it is now; whether there is anything to play."""
        if self._transport.state.loop_id is None:
            return False
        self._supervisor.play_from(beat)
        self._transport.update(playing=True)
        return True

    def play(self, *, count_in: bool = False) -> None:
        """Start the transport."""
        state = self._transport.state
        if state.loop_id is not None and not state.playing and not self.start_elsewhere():
            self._supervisor.play(count_in=count_in)
            self._transport.update(playing=True)

    def stop(self) -> None:
        """Stop the transport; always works."""
        self._supervisor.stop()
        state = self._transport.state
        self._transport.update(playing=False, loop_id=state.pending_id or state.loop_id, pending_id=None)
        self.ticked.emit(-1.0)

    def seek(self, beat: float) -> None:
        """Jump to a beat of the loop."""
        self._supervisor.seek(beat)

    def set_level(self, level_db: float) -> None:
        """Master level in dB."""
        self._supervisor.set_gain(gain_of(level_db))

    def set_metronome(self, on: bool) -> None:
        """Click on beats."""
        self._supervisor.set_metronome(on)

    def use_device(self, name: str, buffer_frames: int) -> None:
        """Play through another device."""
        self._supervisor.use_device(name, buffer_frames)

    def retry(self) -> None:
        """Try to open the device again now."""
        self._supervisor.restart("")

    def devices(self) -> list[str]:
        """Names of the output devices as last seen; asks for news."""
        self._supervisor.ask_devices()
        return list(self._supervisor.devices)

    def tick(self) -> None:
        """Feel the pulse, tell the beat, now and then the peaks."""
        self._supervisor.poll()
        self._ticks += 1
        status = self._supervisor.status()
        self._note_swap(status)
        if self._transport.state.playing:
            self.ticked.emit(self._heard_beat(status))
        if self._ticks % METER_EVERY == 0:
            self.peaked.emit(status.peak_left, status.peak_right)
            self._supervisor.new_peak()
            self._transport.update(dropouts=status.dropouts, late=status.late)

    def _note_swap(self, status: Status) -> None:
        state = self._transport.state
        if state.playing and status.playing and status.loop_id == state.pending_id:
            self._transport.update(loop_id=status.loop_id, pending_id=None)

    def _heard_beat(self, status: Status) -> float:
        if not status.playing or status.samples == 0 or status.time == 0:
            return -1.0
        tempo = self._tempo.get(status.loop_id, 0.0) * status.speed
        # The block that was just rendered is heard one output latency later.
        ahead = np.clip(time.monotonic() - status.time - status.latency, -0.5, 0.1)
        return max(0.0, status.beat + float(ahead) * tempo / 60.0)
