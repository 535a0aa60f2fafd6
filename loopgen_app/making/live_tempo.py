"""The tempo knob turns what plays: bent at once at its own pitches, and made anew when the hand rests."""

from PySide6.QtCore import QObject, QTimer

from engine import InvalidRequest, LoopRequest
from loopgen_app.audition import Audition, LoopAtHand
from loopgen_app.making.generation import Generation
from loopgen_app.playback import Playback
from loopgen_app.state.instrument import Instrument

REST_MILLISECONDS = 300
"""How long the knob must be still before the loop is made anew."""


class LiveTempo(QObject):
    """Follows `tempo_bpm` while a loop plays and `live_tempo` is on. While `held`, another clock has the tempo."""

    def __init__(
        self, instrument: Instrument, generation: Generation, audition: Audition, playback: Playback
    ) -> None:
        super().__init__()
        self.held = False
        self._asked: LoopRequest | None = None
        self._run = -1
        self._instrument, self._generation = instrument, generation
        self._audition, self._playback = audition, playback
        self._soon, self._rest = QTimer(self), QTimer(self)
        for timer, pause, act in ((self._soon, 0, self.follow), (self._rest, REST_MILLISECONDS, self.make_anew)):
            timer.setSingleShot(True)
            timer.setInterval(pause)
            timer.timeout.connect(act)
        instrument.changed.connect(self._changed)
        instrument.restored.connect(self._stay)
        audition.changed.connect(self._heard)

    def close(self) -> None:
        """Follow nothing any more."""
        self._stay()
        self._instrument.changed.disconnect(self._changed)

    def _changed(self, knob: str) -> None:
        if knob == "tempo_bpm" and self._instrument.value("live_tempo") and not self.held:
            self._soon.start()  # after all that this change is part of: a loop that is restored plays as it is

    def _stay(self) -> None:
        self._soon.stop()
        self._rest.stop()
        if self._run == self._generation.runs and self._generation.state.busy:
            self._generation.cancel()  # another loop is heard by now, and was chosen
        self._run = -1

    def _heard(self, heard: LoopAtHand | None) -> None:
        request = heard.recipe.request if heard is not None else None
        if request is not None and request == self._asked:
            self._asked, self._run = None, -1  # it has come
        elif self._run >= 0 or request is None or request.tempo_bpm == self._instrument.value("tempo_bpm"):
            self._stay()

    def follow(self) -> None:
        """Let what plays have the tempo of the knob now."""
        current = self._audition.current
        if current is None or current.recipe.kind == "passage" or not self._playback.turns:
            return
        self._playback.bend(self._instrument.value("tempo_bpm"))
        self._rest.start()

    def make_anew(self) -> None:
        """Make the loop that plays once more at the knob's tempo, if it can be and nothing else is being made."""
        current, tempo = self._audition.current, self._instrument.value("tempo_bpm")
        follows = self._instrument.value("follow")  # then it is made anew by that
        if current is None or follows or self._generation.state.busy or not remakable(current):
            return
        try:
            request = current.recipe.request.with_(tempo_bpm=tempo)
        except InvalidRequest:  # longer than a loop may be: it goes on as it is bent
            return
        if request != current.recipe.request:
            self._instrument.note_asked(request)
            self._generation.generate([request], {**current.recipe.knobs, "tempo_bpm": tempo}, live=True)
            self._asked, self._run = request, self._generation.runs


def remakable(loop: LoopAtHand) -> bool:
    """Whether its request alone gives it: it was not made from another sound, nor joined from several."""
    return loop.recipe.kind == "loop" and loop.recipe.origin is None
