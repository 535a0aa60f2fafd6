"""What the corners of the noise pad sound like: each is rendered quickly while nothing else is asked for."""

from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from engine import LIVE_STEPS, InvalidRequest, LoopRequest, Progress
from loopgen_app.background import Work
from loopgen_app.making.generation import Generation
from loopgen_app.state.instrument import Instrument
from loopgen_app.state.loop_audio import thumbnail
from loopgen_app.state.parameters import PARAMETERS

QUIET_MILLISECONDS: Final = 700
"""How long the hand has to rest first."""
PLACE: Final = frozenset({"pad_x", "pad_y", "pad_locks", "seed", "seed_locked"})
"""Knobs of the sound that no corner depends on."""


class CornerPictures(QObject):
    """`changed` when there is another picture, or those that were there are of other knobs. The pad has to be on."""

    changed = Signal()

    def __init__(self, instrument: Instrument, generation: Generation) -> None:
        super().__init__()
        self._instrument, self._generation = instrument, generation
        self._sound: LoopRequest | None = None
        self._known: dict[int, bytes] = {}
        self._work: Work | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(QUIET_MILLISECONDS)
        self._timer.timeout.connect(self._look)
        instrument.changed.connect(self._turned)
        generation.stateChanged.connect(lambda _state: self._wait())

    def pictures(self) -> tuple[bytes, ...]:
        """The peaks of the loop of each corner's noise; empty where it is not known yet."""
        return tuple(self._known.get(seed, b"") for seed in self._instrument.value("pad_corners"))

    def close(self) -> None:
        """Look at nothing any more."""
        self._timer.stop()
        self._instrument.changed.disconnect(self._turned)

    def _turned(self, knob: str) -> None:
        if PARAMETERS[knob].scope == "sound" and knob not in PLACE:
            self._wait()

    def _wait(self) -> None:
        if self._instrument.value("pad_on"):
            self._timer.start()

    def _look(self) -> None:
        state = self._generation.state
        if state.model != "ready" or state.busy or not self._instrument.value("pad_on"):
            return
        try:
            asked = self._instrument.request()
        except InvalidRequest:  # knobs that cannot be asked together; Generate will say which
            return
        sound = asked.with_(noise=None, seed=0, num_steps=min(asked.num_steps, LIVE_STEPS))
        if sound != self._sound:
            self._sound = sound
            self._known.clear()
            self.changed.emit()
        missing = [seed for seed in self._instrument.value("pad_corners") if seed not in self._known]
        if missing:
            self._draw(sound, missing[0])

    def _draw(self, sound: LoopRequest, seed: int) -> None:
        def task(renderer: Any, progress: Progress) -> bytes:
            return thumbnail(renderer.render(sound.with_(seed=seed), progress=progress).audio)

        def take(peaks: bytes) -> None:
            if sound == self._sound:
                self._known[seed] = peaks
                self.changed.emit()
                self._look()

        # A look that was ended is taken up again once the hand rests; one that failed will fail with Generate too.
        self._work = self._generation.look(task, take, lambda _error: None)
