"""The bank's rows as Qt sees them."""

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from engine import LoopGenError
from loopgen_app.state.loop_bank import BankedLoop, Show
from loopgen_app.studio import Studio
from loopgen_app.widgets.loop_list import Role

Index = QModelIndex | QPersistentModelIndex


class BankModel(QAbstractListModel):
    """Newest first; renaming and starring write through to the bank."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._loops: list[BankedLoop] = []
        self._show: Show = "all"
        self._words = ""
        self.refresh()

    def look_for(self, show: Show, words: str) -> None:
        """Show only these."""
        self._show, self._words = show, words
        self.refresh()

    def refresh(self) -> None:
        """Read the bank again."""
        try:
            loops = self._studio.bank.loops(self._show, self._words)
        except LoopGenError as error:
            self._studio.messages.complain(str(error))
            loops = []
        added = len(loops) - len(self._loops)
        if added > 0 and loops[added:] == self._loops:  # the rest of the list stays as it is, and where it is
            self.beginInsertRows(QModelIndex(), 0, added - 1)
            self._loops = loops
            self.endInsertRows()
            return
        self.beginResetModel()
        self._loops = loops
        self.endResetModel()

    def row_of(self, loop_id: int | None) -> int:
        """The row of a loop, -1 when it is not shown."""
        return next((row for row, loop in enumerate(self._loops) if loop.id == loop_id), -1)

    def loop_at(self, row: int) -> BankedLoop:
        """The loop in a row."""
        return self._loops[row]

    def loops(self) -> list[BankedLoop]:
        """All that are shown."""
        return list(self._loops)

    def touch(self) -> None:
        """What plays has changed: paint all rows again."""
        if self._loops:
            self.dataChanged.emit(self.index(0), self.index(len(self._loops) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Number of rows."""
        return 0 if parent.isValid() else len(self._loops)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a row tells."""
        loop = self._loops[index.row()]
        told: dict[int, Any] = {
            Qt.ItemDataRole.DisplayRole: loop.name,
            Qt.ItemDataRole.EditRole: loop.name,
            Qt.ItemDataRole.ToolTipRole: f"{loop.name}, {describe(loop)}",
            Qt.ItemDataRole.AccessibleTextRole: f"{loop.name}, {describe(loop)}",
            Role.ID: loop.id,
            Role.DETAIL: describe(loop),
            Role.PEAKS: loop.thumbnail,
            Role.FAVOURITE: loop.favourite,
            Role.STATE: self._state_of(loop.id),
        }
        return told.get(role)

    def _state_of(self, loop_id: int) -> str:
        state, audition = self._studio.transport.state, self._studio.audition
        if loop_id == state.pending_id:
            return "cued"
        if loop_id == state.loop_id:
            return "playing"
        return "other" if loop_id == audition.other_id else ""

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Names can be edited."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Rename or star."""
        loop = self._loops[index.row()]
        try:
            if role == Role.FAVOURITE:
                self._studio.bank.set_favourite(loop.id, bool(value))
            elif role == Qt.ItemDataRole.EditRole:
                self._studio.bank.rename(loop.id, str(value))
            else:
                return False
            self._loops[index.row()] = self._studio.bank.loop(loop.id)
        except LoopGenError as error:
            self._studio.messages.complain(str(error))
            return False
        self.dataChanged.emit(index, index)
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
