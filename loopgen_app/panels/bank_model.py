"""The bank's rows as Qt sees them."""

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, QTimer

from engine import LoopGenError
from loopgen_app.state.loop_bank import BankedLoop, Show
from loopgen_app.state.takes import Takes, grouped
from loopgen_app.studio import Studio
from loopgen_app.widgets.label import plain_tip
from loopgen_app.widgets.loop_list import Role

Index = QModelIndex | QPersistentModelIndex


class BankModel(QAbstractListModel):
    """Newest first, the takes of a loop in one row; renaming and starring write through to the bank."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._rows: list[Takes] = []
        self._show: Show = "all"
        self._words = ""
        self._crate = ""
        self.alike: list[int] = []
        self.refresh()

    def look_for(self, show: Show, words: str) -> None:
        """Show only these."""
        self._show, self._words = show, words
        self.refresh()

    def show_crate(self, name: str) -> None:
        """Show the loops of one crate alone, or all with ""."""
        self._crate = name
        self.refresh()

    def show_alike(self, ids: list[int]) -> None:
        """Show these alone, in this order; all again where there are none."""
        self.alike = ids
        self.refresh()

    def refresh(self) -> None:
        """Read the bank again."""
        rows = self._read()
        added = len(rows) - len(self._rows)
        if self._fit(rows):
            self._replace(rows)
        elif added > 0 and rows[added:] == self._rows:  # the rest of the list stays as it is, and where it is
            self.beginInsertRows(QModelIndex(), 0, added - 1)
            self._rows = rows
            self.endInsertRows()
        else:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()

    def _read(self) -> list[Takes]:
        try:
            return grouped(self._picked(self._studio.bank.loops(self._show, self._words)))
        except LoopGenError as error:
            self._studio.messages.complain(str(error))
            return []

    def _picked(self, loops: list[BankedLoop]) -> list[BankedLoop]:
        if self._crate:
            held = self._studio.crates.ids(self._crate)
            loops = [loop for loop in loops if loop.id in held]
        if self.alike:
            place = {loop_id: number for number, loop_id in enumerate(self.alike)}
            loops = sorted((loop for loop in loops if loop.id in place), key=lambda loop: place[loop.id])
        return loops

    def _fit(self, rows: list[Takes]) -> bool:
        """Whether `rows` are those that are shown, with other names, stars or takes."""
        there = self._rows
        return len(rows) == len(there) and all(
            row.key == its.key or row.ids == its.ids for row, its in zip(rows, there, strict=True)
        )

    def _replace(self, rows: list[Takes]) -> None:
        self._rows = rows
        self.touch()

    def row_of(self, loop_id: int | None) -> int:
        """The row of a loop, -1 when it is not shown."""
        return next((row for row, takes in enumerate(self._rows) if loop_id in takes.ids), -1)

    def takes_at(self, row: int) -> Takes:
        """The takes in a row."""
        return self._rows[row]

    def loop_at(self, row: int) -> BankedLoop:
        """The loop that a row stands for: the take that is heard, else the newest."""
        current = self._studio.audition.current
        return self._rows[row].front((current.id if current is not None else None,))

    def loops(self) -> list[BankedLoop]:
        """Those that the rows stand for."""
        return [self.loop_at(row) for row in range(len(self._rows))]

    def touch(self) -> None:
        """What plays has changed: paint all rows again."""
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a row tells."""
        takes, loop = self._rows[index.row()], self.loop_at(index.row())
        count = len(takes.loops)
        detail = describe(loop) + (f" · {count} takes" if count > 1 else "")
        told: dict[int, Any] = {
            Qt.ItemDataRole.DisplayRole: loop.name,
            Qt.ItemDataRole.EditRole: loop.name,
            Qt.ItemDataRole.ToolTipRole: plain_tip(f"{loop.name}, {detail}"),
            Qt.ItemDataRole.AccessibleTextRole: f"{loop.name}, {detail}",
            Role.ID: loop.id,
            Role.DETAIL: detail,
            Role.PEAKS: loop.thumbnail,
            Role.FAVOURITE: loop.favourite,
            Role.STATE: self._state_of(takes),
        }
        return told.get(role)

    def _state_of(self, takes: Takes) -> str:
        state, audition = self._studio.transport.state, self._studio.audition
        if state.pending_id in takes.ids:
            return "cued"
        if state.loop_id in takes.ids:
            return "playing"
        return "other" if audition.other_id in takes.ids else ""

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Names can be edited."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Rename or star the loop that the row stands for."""
        loop_id = self.loop_at(index.row()).id
        try:
            if role == Role.FAVOURITE:
                self._studio.bank.set_favourite(loop_id, bool(value))
            elif role == Qt.ItemDataRole.EditRole:
                self._studio.audition.rename(loop_id, str(value))
            else:
                return False
        except KeyError:
            self._studio.messages.complain("This loop is no longer in the bank.")
            return False
        except LoopGenError as error:
            self._studio.messages.complain(str(error))
            return False
        rows = self._read()
        if self._fit(rows):
            self._replace(rows)
        else:  # the field in which it was typed is still open
            QTimer.singleShot(0, self, self.refresh)
        return True


def describe(loop: BankedLoop) -> str:
    """Tempo, key, length and seed of a loop in one line."""
    bars = f"{loop.bars} bar{'s' if loop.bars > 1 else ''}"
    origin = loop.origin
    if loop.kind == "passage":
        before = round(origin.from_bpm, 2) if origin is not None and origin.from_bpm is not None else "?"
        return f"{before} to {loop.tempo_bpm:.4g} BPM · {bars} · transition, no loop"
    made = f"from {origin.source or 'elsewhere'}" if origin is not None else f"seed {loop.seed}"
    if loop.kind == "motion":
        made = "motion on the pad"
    parts = [f"{loop.tempo_bpm:.6g} BPM", loop.key or "", bars, made]
    return " · ".join(part for part in parts if part)
