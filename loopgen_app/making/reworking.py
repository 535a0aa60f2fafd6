"""What becomes of a loop that is there already: it is varied, stretched, put in a corner, led over to another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from engine import KNOBS, LoopGenError
from loopgen_app.audition import Audition
from loopgen_app.background import Background, Work
from loopgen_app.making.generation import Generation, Made
from loopgen_app.making.rework_tasks import Cornered, Workbench
from loopgen_app.messages import Messages
from loopgen_app.state.instrument import Instrument
from loopgen_app.state.loop_bank import LoopBank
from loopgen_app.state.source import ReadProblem, ReadRequest, Source, of_bank, read

if TYPE_CHECKING:
    from engine import RoundTrip, SourceLoop

Side = Literal["a", "b"]
CORNERS = ("top left", "top right", "bottom left", "bottom right")
"""Of the noise pad, in the order of their numbers."""


class Reworking(QObject):
    """The source at hand, and two ends to go between. `changed` after any news, `opened` when one is asked for.

    A file that cannot be used is `refused` for what `trouble` says; `dismiss` goes back to the source before.
    """

    changed = Signal()
    opened = Signal()

    def __init__(
        self,
        instrument: Instrument,
        generation: Generation,
        audition: Audition,
        bank: LoopBank,
        messages: Messages,
        *,
        background: Background,
    ) -> None:
        super().__init__()
        self.source: Source | None = None
        self.trouble: ReadProblem | None = None
        self.reading: ReadRequest | None = None
        self.ends: dict[Side, SourceLoop] = {}
        self.refused: ReadRequest | None = None
        self.drawn: tuple[tuple[float, float], ...] = ()
        self._instrument, self._generation, self._audition = instrument, generation, audition
        self._bank, self._messages = bank, messages
        self._bench = Workbench()
        self._reader = background.line("source", newest=True)
        self._work: Work | None = None
        generation.done.connect(self._done)

    # ---- the source ---------------------------------------------------------------------------------------------

    def open(self, path: Path, tempo_bpm: float | None = None, fit: str | None = None) -> None:
        """Read a file as the source, in the background; the newest wish wins."""
        self.reading = wish = ReadRequest(path, tempo_bpm, fit)
        self.trouble = None
        self._work = self._reader.start(lambda: read(wish), partial(self._take, wish), partial(self._give_up, wish))
        self.opened.emit()
        self.changed.emit()

    def open_banked(self, loop_id: int) -> None:
        """Take a loop of the bank as the source."""
        loop = self._audition.fetch(loop_id)
        if loop is not None:
            self.opened.emit()
            if self._work is not None:
                self._work.cancel()
            self.reading = None
            self._show(of_bank(loop.name, loop.audio, loop.sample_rate, loop.recipe), None)

    def dismiss(self) -> None:
        """Forget what could not be used."""
        self.trouble, self.refused = None, None
        self.changed.emit()

    @property
    def wish(self) -> ReadRequest | None:
        """The file that a new tempo or fit would be for; None when there is none, as for a loop of the bank."""
        if self.refused is not None:
            return self.refused
        return self.reading or (self.source.wish if self.source is not None else None)

    @property
    def tempo_bpm(self) -> float | None:
        """The tempo of the file at hand, as far as it is known."""
        if self.reading is not None:
            return self.reading.tempo_bpm
        if self.refused is not None:
            return self.refused.tempo_bpm or (self.trouble.tempo_bpm if self.trouble is not None else None)
        return self.source.loop.request.tempo_bpm if self.source is not None else None

    @property
    def round_trip(self) -> RoundTrip | None:
        """How far the source comes back from its noise, once that was measured."""
        return self._bench.round_trip(self.source.loop) if self.source is not None else None

    def set_tempo(self, tempo_bpm: float) -> None:
        """Read the file again at another tempo."""
        wish = self.wish
        if wish is not None:
            self.open(wish.path, tempo_bpm)

    def can_scale(self, factor: float) -> bool:
        """Whether the tempo can be taken as `factor` times what it is."""
        tempo_bpm = self.tempo_bpm
        return self.wish is not None and tempo_bpm is not None and KNOBS["tempo_bpm"].holds(tempo_bpm * factor)

    def scale_tempo(self, factor: float) -> None:
        """Take the tempo as half or twice what it is."""
        if self.can_scale(factor) and self.tempo_bpm is not None:
            self.set_tempo(self.tempo_bpm * factor)

    def fit(self, how: Literal["trim", "stretch"]) -> None:
        """Make whole bars of a file that is not: cut it, or take it at the tempo at which it is whole."""
        wish = self.wish
        if wish is not None:
            self.open(wish.path, wish.tempo_bpm, how)

    def _take(self, wish: ReadRequest, outcome: Source | ReadProblem) -> None:
        self.reading = None
        self._show(outcome, wish)

    def _give_up(self, wish: ReadRequest, error: Exception) -> None:
        """Nothing is known of the file: the source before is at hand again."""
        self.reading, self.refused = None, None
        self._messages.complain(f"{wish.path.name} could not be read ({type(error).__name__}). The log has details.")
        self.changed.emit()

    def _show(self, outcome: Source | ReadProblem, wish: ReadRequest | None) -> None:
        if isinstance(outcome, ReadProblem):
            self.trouble, self.refused = outcome, wish
        else:
            self.source, self.trouble, self.refused = outcome, None, None
            state = self._generation.state
            if state.model == "ready" and not state.busy:
                self._generation.run(self._bench.measure(outcome.loop), "Measuring")
        self.changed.emit()

    # ---- what is made of it -------------------------------------------------------------------------------------

    def vary(self, strength: float, keep: str) -> None:
        """Make a variation of the source, with new noise from a new seed."""
        if self.source is not None:
            task = self._bench.vary(self.source.loop, strength, keep, self._instrument.random_seed())
            self._generation.run(task, "Varying")

    @property
    def stretch_ratio(self) -> float | None:
        """The instrument's tempo over the source's."""
        if self.source is None:
            return None
        return float(self._instrument.value("tempo_bpm")) / self.source.loop.request.tempo_bpm

    def stretch(self) -> None:
        """Bring the source to the instrument's tempo."""
        if self.source is not None:
            task = self._bench.stretch(self.source.loop, self._instrument.value("tempo_bpm"))
            self._generation.run(task, "Stretching")

    def to_corner(self, corner: int) -> None:
        """Put the noise of the source in a corner of the pad: that of its seed, or as it is found now."""
        if self.source is None:
            return
        seed = self.source.noise_seed
        if self._instrument.value("pad_locks")[corner]:
            self._say_locked(corner)
        elif seed is None:
            self._generation.run(self._bench.corner(self.source.loop, corner), "Finding its noise")
        else:
            self._put(corner, seed)

    def _put(self, corner: int, seed: int) -> None:
        if not self._instrument.set_corner(corner, seed, pad_on=True):
            self._say_locked(corner)

    def _say_locked(self, corner: int) -> None:
        self._messages.complain(f"The corner {CORNERS[corner]} is locked. Unlock it, or choose another one.")

    def set_end(self, end: Side) -> None:
        """Take the source as the beginning (a) or the end (b) of a transition or a morph."""
        if self.source is not None:
            self.ends[end] = self.source.loop
            self.changed.emit()

    def transition(self, bars: int) -> None:
        """Make bars that begin as a and end as b."""
        if len(self.ends) == 2:
            self._generation.run(self._bench.transition(self.ends["a"], self.ends["b"], bars), "Leading over")

    @property
    def morph_trouble(self) -> str:
        """In one sentence why nothing can be morphed; empty where it can."""
        info = self._generation.state.info
        if info is not None and not info.progressive:
            return f"The pack {info.name} has no model of two evaluations, which morphs are made by."
        if info is None or len(self.ends) < 2:
            return "Set A and B first: a morph lies between two loops."
        a, b = (self.ends[end].request for end in ("a", "b"))
        if (a.bars, round(a.tempo_bpm, 3)) != (b.bars, round(b.tempo_bpm, 3)):
            return "A and B are of different tempi or lengths: stretch one to the other, or make a transition."
        return ""

    def morph(self, share: float) -> None:
        """Make the loop that lies at `share`, 0 to 1, of the way from what a is like to what b is like."""
        if not self.morph_trouble:
            self._generation.run(self._bench.morph(self.ends["a"], self.ends["b"], share), "Morphing")

    def draw(self, path: Sequence[tuple[float, float]]) -> None:
        """Remember a path that was drawn on the noise pad: points that are reached at even times."""
        self.drawn = tuple(path)
        self.changed.emit()

    def follow(self, bars: int) -> None:
        """Make bars that follow the path that was drawn last."""
        if not self.drawn:
            return
        try:
            request = self._instrument.request(pad_on=True)
        except LoopGenError as error:
            self._messages.complain(str(error))
            return
        self._generation.run(self._bench.path(request, self.drawn, bars), "Following the path")

    def cancel(self) -> None:
        """Stop the work; what plays goes on."""
        self._generation.cancel()

    def _done(self, outcome: object) -> None:
        if isinstance(outcome, Cornered):
            self._put(outcome.corner, outcome.seed)
        if isinstance(outcome, Made):
            before = self._audition.current
            loop = self._audition.take(outcome)
            if outcome.banked is not None:
                undo = partial(self._undo, loop.id, before.id if before is not None else None)
                self._messages.say(f"Made {loop.name}.", "Undo", undo)
        self.changed.emit()

    def _undo(self, loop_id: int, before: int | None) -> None:
        """Delete what was made, and hear what was heard before."""
        try:
            self._bank.delete(loop_id)
        except LoopGenError as error:
            self._messages.complain(str(error))
            return
        self._audition.banked.emit()
        current = self._audition.current
        if before is not None and current is not None and current.id == loop_id:
            self._audition.play_id(before, start=False)
