"""What can be done to a row of the step grid: the menu of a row, its keys, and the drag along its name."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QFileDialog, QMenu

from engine import PARTS, LoopRequest, Pattern
from loopgen_app.making.rows import Proposal
from loopgen_app.panels.binding import connect
from loopgen_app.panels.reference_row import FILTER
from loopgen_app.state.pattern_edits import heard_row, louder, with_row, with_rows
from loopgen_app.studio import Studio
from loopgen_app.widgets.step_grid import StepGrid

STRENGTHS = (("a little", 0.25), ("half", 0.5), ("a lot", 0.8))
MOST_TARGETS = 12
HALF_WAY = 0.5
LOUDER = 1.25


class RowMenu:
    """Ties the rows of `grid` to `studio.rows`; `composed` is what the engine wrote into free rows, `heard` are the
    beats at which onsets were found in the loop that plays."""

    def __init__(self, grid: StepGrid, studio: Studio) -> None:
        self._grid, self._studio = grid, studio
        self.composed = Pattern()
        self.heard: tuple[float, ...] = ()
        self._seed = 0
        self.menu: QMenu | None = None
        grid.menuAsked.connect(self._open)
        grid.rowAsked.connect(self._key)
        grid.rowDragBegan.connect(self._begin_drag)
        grid.rowDragged.connect(self._drag)
        connect(studio, "row_locks", lambda locks: grid.setLocked([part in locks for part in PARTS]))

    def ask(self, operation: str, part: str | None, strength: float = 0.5, target: LoopRequest | None = None) -> None:
        """Do `operation` to `part`; a free row is varied as it is composed."""
        self._studio.rows.ask(operation, part, self._drawn(operation, part), strength=strength, target=target)

    def toggle_lock(self, part: str) -> None:
        """Lock or unlock a row."""
        locks = {*self._studio.instrument.value("row_locks")} ^ {part}
        self._studio.instrument.set("row_locks", tuple(each for each in PARTS if each in locks))

    def toggle_only(self, part: str) -> None:
        """Ask all other parts to be silent, or none any more."""
        muted = self._only(part)
        self._studio.instrument.set("muted", () if self._studio.instrument.value("muted") == muted else muted)

    @staticmethod
    def _only(part: str) -> tuple[str, ...]:
        return tuple(each for each in PARTS if each != part)

    def _play_louder(self, part: str, factor: float) -> None:
        self._studio.instrument.set("pattern", louder(self._drawn("vary", part), part, factor))

    def targets(self) -> list[tuple[str, LoopRequest]]:
        """Loops of the bank to go towards, newest first, by name."""
        found = [(loop.name, loop.recipe.request) for loop in self._studio.bank.loops()[:MOST_TARGETS]]
        return [(name, request) for name, request in found if request is not None]

    def fill_menu(self, row: int) -> QMenu:
        """The menu of a row."""
        part, name = PARTS[row], self._grid.look.names[row]
        menu = QMenu(self._grid)
        if self._studio.rows.proposal is not None:
            menu.addAction("Take what is proposed\tReturn", self._studio.rows.take)
            menu.addAction("Drop it\tEsc", self._studio.rows.drop)
            menu.addSeparator()
        menu.addAction(f"New {name}\tN", partial(self.ask, "new", part))
        vary = menu.addMenu("Vary")
        for words, strength in STRENGTHS:
            vary.addAction(words + ("\tY" if strength == HALF_WAY else ""), partial(self.ask, "vary", part, strength))
        towards = menu.addMenu("Half way towards")
        for label, request in self.targets():
            towards.addAction(label, partial(self.ask, "towards", part, HALF_WAY, request))
        towards.addSeparator()
        for label in self._studio.sessions.presets():
            towards.addAction(label, partial(self._towards_preset, part, label))
        towards.setEnabled(bool(towards.actions()))
        menu.addAction(f"Answer with {name}", partial(self.ask, "answer", part))
        menu.addAction("Answer with all free rows\tA", partial(self.ask, "answer", None))
        menu.addAction(f"Fill with {name}\tB", partial(self.ask, "fill", part, 1.0))
        heard = menu.addAction("Draw what is heard", partial(self.draw_heard, part))
        heard.setEnabled(bool(self.heard))
        menu.addSeparator()
        value = self._studio.instrument.value
        only = menu.addAction(f"Only {name}: ask the others to be silent", partial(self.toggle_only, part))
        only.setCheckable(True)
        only.setChecked(self._only(part) == value("muted"))
        for words, factor in (("Louder", LOUDER), ("Softer", 1 / LOUDER)):
            menu.addAction(words, partial(self._play_louder, part, factor)).setEnabled(
                part in value("pattern").rows or part in self.composed.rows
            )
        menu.addAction("Sound like a file…", partial(self.choose_voice, part))
        menu.addSeparator()
        lock = menu.addAction("Lock row\tL", partial(self.toggle_lock, part))
        lock.setCheckable(True)
        lock.setChecked(part in self._studio.instrument.value("row_locks"))
        return menu

    def choose_voice(self, part: str) -> None:
        """Ask for a file, and let `part` sound as it does there."""
        title = f"Let the {part.replace('_', ' ')} sound like"
        name, _ = QFileDialog.getOpenFileName(self._grid, title, "", FILTER)
        if name:
            self._studio.voices.take_file(part, Path(name))

    def draw_heard(self, part: str) -> None:
        """Draw the onsets that were found in the loop that plays as the row of `part`, which can then be varied."""
        instrument = self._studio.instrument
        row = heard_row(self.heard, instrument.value("bars"), instrument.value("swing"))
        instrument.begin_gesture("Draw what is heard")
        instrument.set("pattern", with_row(instrument.value("pattern"), part, row))
        instrument.end_gesture()

    def _towards_preset(self, part: str, name: str) -> None:
        if (request := self._studio.sessions.preset_request(name)) is not None:
            self.ask("towards", part, HALF_WAY, request)

    def _open(self, row: int, place: QPoint) -> None:
        self.menu = self.fill_menu(row)
        self.menu.popup(place)

    def _key(self, row: int, what: str) -> None:
        part, rows = PARTS[row], self._studio.rows
        if what == "take":
            rows.take()
        elif what == "drop":
            rows.drop()
        elif what == "lock":
            self.toggle_lock(part)
        elif what == "towards":
            if targets := self.targets():
                self.ask("towards", part, HALF_WAY, targets[0][1])
            else:
                self._studio.messages.say("There is no loop in the bank to go towards yet.")
        else:
            self.ask(what, None if what == "answer" else part, 1.0 if what == "fill" else HALF_WAY)

    def _begin_drag(self, _row: int) -> None:
        self._seed = self._studio.instrument.random_seed()  # one drag is one way: only how far changes

    def _drag(self, row: int, amount: float, towards: bool) -> None:
        part = PARTS[row]
        operation, target = "vary", None
        if towards:
            targets = self.targets()
            if not targets:
                return
            operation, target = "towards", targets[0][1]
        drawn = self._drawn(operation, part)
        self._studio.rows.ask(operation, part, drawn, strength=amount, seed=self._seed, target=target)

    def _drawn(self, operation: str, part: str | None) -> Pattern:
        drawn: Pattern = self._studio.instrument.value("pattern")
        if operation in ("vary", "towards", "fill") and part is not None and part in self.composed.rows:
            return with_rows(drawn, {part: self.composed.rows[part]})
        return drawn


def rows_proposed(proposal: Proposal | None, start: int, steps: int) -> list[tuple[float, ...] | None]:
    """What the grid shows of a proposal over `steps` steps from `start` on: None for rows that stay."""
    if proposal is None:
        return [None] * len(PARTS)
    rows = proposal.written.pattern.rows
    return [
        tuple(rows[part][(start + step) % len(rows[part])] for step in range(steps))
        if part in proposal.written.changed
        else None
        for part in PARTS
    ]
