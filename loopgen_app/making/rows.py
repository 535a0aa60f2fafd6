"""Rows that are written by the pack's autoencoder of patterns: proposed first, and taken or dropped by the user."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from engine import PARTS, STYLES, LoopGenError, LoopRequest, Pattern, PatternRequest, Written
from loopgen_app.background import Background
from loopgen_app.making.generation import Generation
from loopgen_app.messages import Messages
from loopgen_app.state.instrument import Instrument

NAMES = {"new": "New", "vary": "Vary", "towards": "Towards", "answer": "Answer", "fill": "Fill"}


@dataclass(frozen=True)
class Proposal:
    """What would become of the pattern: `label` says by which operation."""

    label: str
    asked: PatternRequest
    written: Written


class Rows(QObject):
    """`ask` returns at once; `proposed(Proposal)` follows in the window's thread, of the newest alone, and
    `proposed(None)` when it was taken, dropped, or no longer fits what is drawn."""

    proposed = Signal(object)

    def __init__(
        self, instrument: Instrument, generation: Generation, messages: Messages, background: Background
    ) -> None:
        super().__init__()
        self._instrument, self._generation, self._messages = instrument, generation, messages
        self._writer = background.line("rows", newest=True)
        self._asked: PatternRequest | None = None
        self.proposal: Proposal | None = None
        instrument.changed.connect(self._changed)

    def ask(
        self,
        operation: str,
        part: str | None,
        drawn: Pattern,
        *,
        strength: float = 0.5,
        seed: int | None = None,
        target: LoopRequest | None = None,
    ) -> None:
        """Do `operation` to `part` of `drawn`; `target` is the loop that it goes towards. What is impossible, and a
        pack that writes no patterns, is told to the user."""
        value = self._instrument.value
        writes = self._generation.state.info.writes if self._generation.state.info else None
        if writes is None:
            self._messages.complain("This model pack writes no patterns; another one may.")
            return
        locked = tuple(dict.fromkeys((*value("row_locks"), *value("muted"))))
        try:
            asked = PatternRequest(
                operation,  # type: ignore[arg-type]  # checked there
                replace(drawn, swing=value("swing")),
                value("bars"),
                part=part,
                target=self._played(target) if target else None,
                strength=strength,
                seed=self._instrument.random_seed() if seed is None else seed,
                locked=locked,
                tempo_bpm=value("tempo_bpm"),
                style=next((tag for tag in value("tags") if tag in STYLES), None),
            )
        except LoopGenError as error:
            self._messages.complain(str(error))
            return
        self._asked = asked
        label = f"{NAMES[operation]} {(part or 'rows').replace('_', ' ')}"
        self._writer.start(lambda: writes(asked), self._take(label, asked), self._fail)

    def take(self) -> bool:
        """Make what is proposed the user's own, as one step of undo; False where nothing is."""
        proposal = self.proposal
        if proposal is None:
            return False
        self._set(None)
        self._instrument.begin_gesture(proposal.label)
        self._instrument.set("pattern", self.pattern(proposal))
        self._instrument.end_gesture()
        return True

    def drop(self) -> bool:
        """Forget what is proposed; False where nothing is."""
        self._asked = None
        if self.proposal is None:
            return False
        self._set(None)
        return True

    def pattern(self, proposal: Proposal) -> Pattern:
        """The pattern of the instrument with the rows that `proposal` changes."""
        drawn: Pattern = self._instrument.value("pattern")
        rows = {**drawn.rows, **{part: proposal.written.pattern.rows[part] for part in proposal.written.changed}}
        return Pattern({part: rows[part] for part in PARTS if part in rows}, drawn.swing)

    def _played(self, target: LoopRequest) -> Pattern:
        """What a loop plays: its rows, and what was written into the parts that they leave open."""
        composes = self._generation.composes
        rows = {**composes(target).rows, **target.pattern.rows} if composes else target.pattern.rows
        return Pattern(rows, target.pattern.swing)

    def _take(self, label: str, asked: PatternRequest) -> Callable[[Written], None]:
        def take(written: Written) -> None:
            if asked != self._asked:
                return
            if not written.changed:
                self._messages.say(f"{label}: nothing changes; ask for more strength or another seed.")
            self._set(Proposal(label, asked, written) if written.changed else None)

        return take

    def _fail(self, error: Exception) -> None:
        self._messages.complain(str(error))

    def _changed(self, knob: str) -> None:
        if knob in ("pattern", "bars", "muted"):
            self.drop()

    def _set(self, proposal: Proposal | None) -> None:
        if proposal != self.proposal:
            self.proposal = proposal
            self.proposed.emit(proposal)
