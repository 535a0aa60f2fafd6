"""Tag chips that wrap like words: off, wanted, or not wanted."""

from collections.abc import Iterable, Sequence
from typing import Literal

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QLayout, QLayoutItem, QPushButton, QScrollArea, QSizePolicy, QWidget

from loopgen_app.widgets.label import set_tip

State = Literal["off", "yes", "no"]


class FlowLayout(QLayout):
    """Lays out its items left to right and wraps."""

    def __init__(self, parent: QWidget, gap: int = 5) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.gap = gap
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """Append an item."""
        self._items.append(item)

    def count(self) -> int:
        """Number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """The item at `index`, or None."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Remove and return an item."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:
        """Narrower means taller."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height that `width` pixels need."""
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        """Place all items."""
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self) -> QSize:
        """The widest item's size."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """At least one item wide."""
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _place(self, rect: QRect, *, move: bool) -> int:
        x, y, line = rect.x(), rect.y(), 0
        for item in self._items:
            widget = item.widget()
            if widget is not None and widget.isHidden():
                continue
            size = item.sizeHint()
            if x + size.width() > rect.right() + 1 and line:
                x, y, line = rect.x(), y + line + self.gap, 0
            if move:
                item.setGeometry(QRect(QPoint(x, y), size))
            x += size.width() + self.gap
            line = max(line, size.height())
        return y + line - rect.y()


class Chip(QPushButton):
    """One tag: click wants it, right click (or Shift) wants it absent, again takes it back."""

    stateChanged = Signal(str)

    def __init__(self, tag: str, parent: QWidget | None = None) -> None:
        super().__init__(tag.replace("_", " "), parent)
        self.tag = tag
        self._state: State = "off"
        self.setProperty("role", "chip")
        self.setObjectName(f"chip_{tag}")
        self.setAccessibleName(f"Tag {self.text()}")
        set_tip(self, f"{self.text().capitalize()}: click to want it, right click to avoid it")
        self.clicked.connect(lambda: self._turn("yes"))

    def state(self) -> State:
        """Off, yes or no."""
        return self._state

    def setState(self, state: State) -> None:
        """Show a state without telling."""
        if state != self._state:
            self._state = state
            self.setProperty("chip", state)
            self.setAccessibleDescription({"off": "", "yes": "wanted", "no": "avoided"}[state])
            self.style().unpolish(self)
            self.style().polish(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A right click avoids."""
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if event.button() == Qt.MouseButton.RightButton or shift:
            self._turn("no")
        else:
            super().mousePressEvent(event)

    def _turn(self, state: State) -> None:
        self.setState("off" if self._state == state else state)
        self.stateChanged.emit(self._state)


class ChipBoard(QWidget):
    """Many chips, of which one group is shown at a time; `tagsChanged(wanted, avoided)` after every click."""

    tagsChanged = Signal(tuple, tuple)

    def __init__(self, groups: Iterable[Sequence[str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flow = FlowLayout(self)
        self._groups = [tuple(group) for group in groups]
        self._chips: dict[str, Chip] = {}
        for group in self._groups:
            for tag in group:
                chip = Chip(tag, self)
                chip.stateChanged.connect(self._tell)
                self._chips[tag] = chip
                self._flow.addWidget(chip)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.showGroup(0)

    def chip(self, tag: str) -> Chip:
        """The chip of a tag."""
        return self._chips[tag]

    def showGroup(self, index: int | None) -> None:
        """Show one group, or all of them."""
        for number, group in enumerate(self._groups):
            for tag in group:
                self._chips[tag].setVisible(index is None or number == index)
        self._flow.invalidate()
        self.updateGeometry()

    def height_of_all(self, width: int) -> int:
        """Height that all groups together would need at a width."""
        gap, x, lines = self._flow.gap, 0, 1
        for chip in self._chips.values():
            wide = chip.sizeHint().width()
            if x and x + wide > width:
                x, lines = 0, lines + 1
            x += wide + gap
        return lines * self.row_height()

    def row_height(self) -> int:
        """Height of a row and the gap below it."""
        return next(iter(self._chips.values())).sizeHint().height() + self._flow.gap

    def setTags(self, wanted: Sequence[str], avoided: Sequence[str]) -> None:
        """Show these tags without telling."""
        for tag, chip in self._chips.items():
            chip.setState("yes" if tag in wanted else "no" if tag in avoided else "off")

    def tags(self, state: State) -> tuple[str, ...]:
        """All tags in a state."""
        return tuple(tag for tag, chip in self._chips.items() if chip.state() == state)

    def _tell(self) -> None:
        self.tagsChanged.emit(self.tags("yes"), self.tags("no"))


class ChipArea(QScrollArea):
    """Scrolls a board of chips; no row is cut in half at its bottom."""

    def __init__(self, board: ChipBoard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._board = board
        self.setWidget(board)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(board.row_height())
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show whole rows."""
        super().resizeEvent(event)
        row = self._board.row_height()
        fits = self._board.heightForWidth(self.width()) <= self.height()
        self.setViewportMargins(0, 0, 0, 0 if fits else self.height() % row)
