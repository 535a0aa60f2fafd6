"""A row of buttons of which exactly one is down."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QSizePolicy, QWidget


class Segmented(QFrame):
    """Chooses one of a few values. `chosen(value)` is emitted when the user chooses."""

    chosen = Signal(object)

    def __init__(self, options: Sequence[tuple[str, Any]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "segments")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2, 2, 2, 2)
        self._row.setSpacing(1)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._values = [value for _, value in options]
        self._value: Any = None
        for label, value in options:
            self._add(label, value)
        self.setValue(self._values[0])

    def _add(self, label: str, value: Any) -> None:
        button = QPushButton(label, self)
        button.setProperty("role", "segment")
        button.setCheckable(True)
        button.setAccessibleName(label)
        button.setMinimumWidth(button.fontMetrics().horizontalAdvance(label) + 14)
        button.clicked.connect(lambda: self._choose(value))
        self._group.addButton(button)
        self._row.addWidget(button)

    def showFirst(self, count: int) -> None:
        """Show only the first `count` options; a value that is hidden gives way to the first one."""
        for index, button in enumerate(self.buttons()):
            button.setVisible(index < count)
        if self._value in self._values[count:]:
            self.setValue(self._values[0])

    def minimumSizeHint(self) -> QSize:
        """All labels readable."""
        return self.sizeHint()

    def buttons(self) -> list[QPushButton]:
        """The buttons, left to right."""
        return [button for button in self._group.buttons() if isinstance(button, QPushButton)]

    def value(self) -> Any:
        """The value that is down."""
        return self._value

    def setValue(self, value: Any) -> None:
        """Press the button of `value`; unknown values release all. Emits nothing."""
        self._value = value
        known = value in self._values
        self._group.setExclusive(known)
        for button, its in zip(self.buttons(), self._values, strict=True):
            button.setChecked(known and its == value)

    def _choose(self, value: Any) -> None:
        self.setValue(value)
        self.chosen.emit(value)
