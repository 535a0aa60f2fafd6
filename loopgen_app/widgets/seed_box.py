"""A box for whole numbers that are too large for Qt's own."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QWidget


class SeedBox(QAbstractSpinBox):
    """A whole number from 0 to `maximum`, which may need 63 bits."""

    valueChanged = Signal(object)

    def __init__(self, maximum: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maximum = maximum
        self._value = 0
        self.lineEdit().setText("0")
        self.lineEdit().setTextMargins(5, 0, 5, 0)
        self.editingFinished.connect(self._take_typed)

    def value(self) -> int:
        """The number."""
        return self._value

    def setValue(self, value: int) -> None:
        """Set the number (clamped); emits `valueChanged` when it differs."""
        value = min(self._maximum, max(0, int(value)))
        self.lineEdit().setText(str(value))
        if value != self._value:
            self._value = value
            self.valueChanged.emit(value)

    def stepBy(self, steps: int) -> None:
        """Wheel and arrows."""
        self.setValue(self._value + steps)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Both ways."""
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Digits alone."""
        if not text:
            return (QValidator.State.Intermediate, text, position)
        # Length first: Python refuses to read thousands of digits, and an exception in here ends the program.
        short = len(text) <= len(str(self._maximum))
        fits = short and text.isascii() and text.isdigit() and int(text) <= self._maximum
        return (QValidator.State.Acceptable if fits else QValidator.State.Invalid, text, position)

    def _take_typed(self) -> None:
        text = self.lineEdit().text()
        self.setValue(int(text) if text else self._value)
