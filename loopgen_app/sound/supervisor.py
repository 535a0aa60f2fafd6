"""Keeps the sound process alive: starts it, feeds it, listens to its heart, and starts it again when it stops."""

import logging
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from loopgen_app.sound import loop_files
from loopgen_app.sound.answers import Answer, read_answer
from loopgen_app.sound.loop_files import Deliveries, Playable
from loopgen_app.sound.process import SoundProcess
from loopgen_app.sound.pulse import Pulse
from loopgen_app.sound.status import Status, StatusBlock

log = logging.getLogger(__name__)

RETRY_SECONDS = (0.1, 0.3, 0.6, 1.0, 2.0)
"""Pauses before the sound process is started again, growing while that does not help."""

LOOK_SECONDS = 0.5
"""Without a device, the process that is there looks for one this often: milliseconds; a start costs more."""

LOOP_RATE = 44100
KEPT_IN_CHILD = 4


@dataclass(frozen=True)
class SoundHealth:
    """What changed: `health` is ok, retrying, no_device, no_portaudio or no_room; `message` one line for the
    musician."""

    health: str
    message: str
    device: str = ""
    rate: int = 0


class Supervisor:
    """The only owner of the sound process. Not thread safe: call everything, and `poll` often, from one thread."""

    def __init__(
        self,
        on_change: Callable[[SoundHealth], object] = lambda _health: None,
        *,
        device: str = "",
        buffer_frames: int = 1024,
        command: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.device, self.buffer_frames = device, buffer_frames
        self.restarts = 0
        self.devices: list[str] = []
        self._command = tuple(command or (sys.executable, "-m", "loopgen_app.sound.child"))
        self._environment = environment
        self.on_change = on_change
        self._folder = loop_files.make_folder()
        self._status = StatusBlock(self._folder / "status", create=True)
        self._process: SoundProcess | None = None
        self._pulse = Pulse()
        self._opened = False
        self._retry_at: float | None = None
        self._told: SoundHealth | None = None
        self._failures = 0
        self._rate = LOOP_RATE
        self._loops: dict[int, Playable] = {}
        self._deliveries = Deliveries(self._folder)
        self._wanted: int | None = None
        self._speeds: dict[int, float] = {}
        self._recent: deque[int | None] = deque(maxlen=KEPT_IN_CHILD)
        self._played_id = -1
        self._playing = False
        self._resume_beat = 0.0
        self._gain, self._metronome = 1.0, False
        self._late = self._dropouts = 0

    # ---- what the window asks ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the process; `on_change` tells how it went, during `poll`."""
        self._spawn()

    def cue(self, loop: Playable, every: int = 4) -> None:
        """Let `loop` take over when the count of sixteenths is a multiple of `every` (0: at once)."""
        self._loops[loop.id] = loop
        self._wanted = loop.id
        self._speeds.pop(loop.id, None)
        if self._send_loop(loop):
            self._send(do="cue", id=loop.id, every=every)
        self._forget()

    def play(self, *, count_in: bool = False) -> None:
        """Start from the first beat."""
        self._playing, self._resume_beat = True, 0.0
        loop = self._loops.get(self._wanted) if self._wanted is not None else None
        bpm = loop.tempo_bpm * self._speeds.get(loop.id, 1.0) if loop is not None and count_in else None
        self._send(do="play", beat=0.0, count_in_bpm=bpm)

    def play_from(self, beat: float) -> None:
        """Start at a beat counted since the transport began; jump there where it runs already."""
        if self._playing:
            self.stop()
        self._playing, self._resume_beat = True, beat
        self._send(do="play", beat=float(beat), count_in_bpm=None)

    def stop(self) -> None:
        """Stop at once."""
        self._playing = False
        self._send(do="stop")

    def seek(self, beat: float) -> None:
        """Jump to a beat of the loop."""
        self._send(do="seek", beat=float(beat))

    def set_speed(self, loop_id: int, speed: float) -> None:
        """Play a loop that was cued at `speed` times its own tempo from now on, at its own pitches."""
        self._speeds[loop_id] = speed
        self._send(do="speed", id=loop_id, speed=speed)

    def set_gain(self, gain: float) -> None:
        """Master gain, 1 = untouched."""
        self._gain = float(gain)
        self._send(do="gain", gain=self._gain)

    def set_metronome(self, on: bool) -> None:
        """Click on beats."""
        self._metronome = on
        self._send(do="metronome", on=on)

    def use_device(self, name: str, buffer_frames: int) -> None:
        """Play through another device or buffer size, going on at the same beat."""
        self.device, self.buffer_frames = name, buffer_frames
        self.restart("")

    def ask_devices(self) -> None:
        """Fill `devices` soon."""
        self._send(do="devices")

    def status(self) -> Status:
        """What was played last; late blocks and dropouts are counted over all restarts."""
        status = self._status.read()
        return replace(status, late=status.late + self._late, dropouts=status.dropouts + self._dropouts)

    @property
    def status_file(self) -> Path:
        """The block of shared memory behind `status`."""
        return self._folder / "status"

    def new_peak(self) -> None:
        """Let the peaks of `status` begin anew."""
        self._status.ask_new_peak()

    @property
    def alive(self) -> bool:
        """Whether a stream is open and its heart beats."""
        return self._opened

    @property
    def pid(self) -> int | None:
        """The sound process, for tests and the log."""
        return self._process.pid if self._process is not None else None

    def close(self) -> None:
        """End the process and remove its folder."""
        self._retry_at = None
        self._end_process()
        self._status.close()
        loop_files.remove_folder(self._folder)

    # ---- health ------------------------------------------------------------------------------------------------

    def poll(self, now: float | None = None) -> None:
        """Take answers, feel the pulse, restart what is dead. Never blocks."""
        now = time.monotonic() if now is None else now
        self._pulse.look(now)
        process = self._process
        for answer in process.answers() if process is not None else ():
            if process is self._process:
                self._take(answer, now)
        if self._retry_at is not None:
            if now >= self._retry_at:
                self._retry_at = None
                self._try_again(now)
        elif self._process is not None:
            self._feel_pulse(self._process, now)

    def _try_again(self, now: float) -> None:
        if self._process is None or self._process.ended:
            self._end_process()
            self._spawn()
        else:
            self._pulse.ask(now)
            self._open()

    def _feel_pulse(self, process: SoundProcess, now: float) -> None:
        status = self._status.read()
        if self._pulse.moved(status.callbacks, now):
            self._played_id = status.loop_id
            self._resume_beat = status.beat if status.playing else self._resume_beat
        if self._opened and self._pulse.doubts(now):
            self._send(do="answer")
        ended = "The sound broke off; starting it again." if process.ended else ""
        if trouble := ended or self._pulse.trouble(now, opened=self._opened):
            self.restart(trouble)

    def restart(self, message: str) -> None:
        """End the process and start another one, at once the first time, then with growing pauses."""
        log.warning("sound restarts: %s", message or "asked to")
        self._end_process()
        self._told = self._told if message else None  # who asked for it wants to hear how it went
        self.restarts += 1
        pause = RETRY_SECONDS[min(self._failures, len(RETRY_SECONDS) - 1)] if message else 0.0
        self._failures += bool(message)
        self._retry_at = time.monotonic() + pause
        if message:
            self._tell(SoundHealth("retrying", message))

    def _take(self, told: Any, now: float) -> None:
        answer = read_answer(told)
        if answer is None:
            log.debug("sound process: %.200s", told)
            return
        match answer.event:
            case "ready":
                self._pulse.ask(now)  # what the process itself took to start is not the device's
                self._open()
            case "here":
                self._pulse.answered(now)
            case "opened":
                self._take_opened(answer, now)
            case "loaded":
                self._deliveries.arrived(answer.path)
            case "devices":
                self.devices = list(answer.names)
            case "finished" if self._opened:
                self.restart("The sound device went away; opening it again.")
            case "no_portaudio":
                self._end_process()
                self._failures += 1
                self._retry_at = now + RETRY_SECONDS[-1]
                self._tell(
                    SoundHealth("no_portaudio", "No sound: the PortAudio library is missing (install libportaudio2).")
                )
            case "failed" if answer.order == "open":
                log.debug("sound device: %s", answer.message)
                self._retry_at = now + LOOK_SECONDS
                self._tell(SoundHealth("no_device", "No sound device was found; still looking for one."))
            case "failed":
                log.error("sound process: %s", answer)

    def _tell(self, health: SoundHealth) -> None:
        if health != self._told:  # it is tried again and again; once is enough to read
            self._told = health
            self.on_change(health)

    def _take_opened(self, answer: Answer, now: float) -> None:
        self._opened = True
        self._pulse.open(now)
        self._failures = 0
        self._rate = answer.rate
        self._send(do="gain", gain=self._gain)
        self._send(do="metronome", on=self._metronome)
        loop = self._loops.get(self._wanted) if self._wanted is not None else None
        missed = f"{answer.missed} is not there; playing through {answer.device}." if answer.missed else ""
        self._tell(SoundHealth("ok", missed, answer.device, self._rate))
        if loop is not None and self._send_loop(loop):
            self._send(do="cue", id=loop.id, every=4)
            if loop.id in self._speeds:
                self._send(do="speed", id=loop.id, speed=self._speeds[loop.id])
            if self._playing:
                self._send(do="play", beat=self._resume_beat, count_in_bpm=None)

    # ---- the process -------------------------------------------------------------------------------------------

    def _spawn(self) -> None:
        self._opened = False
        self._pulse.start(time.monotonic())
        self._status.clear()
        self._process = SoundProcess([*self._command, str(self._folder / "status")], self._environment)

    def _end_process(self) -> None:
        process, self._process, self._opened = self._process, None, False
        if process is not None:
            process.end()
            status = self._status.read()
            self._late += status.late
            self._dropouts += status.dropouts
            self._status.clear()
        self._deliveries.take_back()

    def _open(self) -> None:
        self._send(do="open", device=self.device, buffer=self.buffer_frames, rate=float(LOOP_RATE))

    def _send(self, **order: Any) -> None:
        # Before the device has opened nobody listens; what matters is sent again when it has.
        if self._process is not None and (self._opened or order["do"] in ("open", "devices")):
            self._process.send(order)

    def _send_loop(self, loop: Playable) -> bool:
        if not self._opened:
            return True
        try:
            order = self._deliveries.order(loop, self._rate)
        except OSError as error:
            log.warning("loop not sent: %s", error)
            self._tell_room("no_room", f"This loop cannot be played: no room for it in {self._folder.parent}.")
            return False
        self._send(**order)
        if self._told is not None and self._told.health == "no_room":
            self._tell_room("ok", "")
        return True

    def _tell_room(self, health: str, message: str) -> None:
        """Tell of room for loops; the device is what it was."""
        self._tell(replace(self._told or SoundHealth("ok", ""), health=health, message=message))

    def _forget(self) -> None:
        # The child keeps a few more than it plays: memory must not be given back inside its callback.
        self._loops = {known: loop for known, loop in self._loops.items() if known == self._wanted}
        self._recent.append(self._wanted)
        self._speeds = {known: self._speeds[known] for known in self._speeds if known in self._recent}
        self._send(do="forget", keep=[*self._recent, self._played_id, self._status.read().loop_id])
