"""What dials, knobs and sliders share: a value in a range, turned by wheel, drag, keys, or typed."""

import math

from PySide6.QtCore import QEvent, QPointF, QRect, QRegularExpression, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QRegularExpressionValidator, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

FINE = 0.01
DRAG_PIXELS = 200.0
"""Pixels of vertical drag from one end of the range to the other (times ten with Shift)."""
NUMBER = r"[+-]?\d{0,9}([.,]\d{0,6})?"
"""What can be typed, with a point or a comma wherever the computer was bought."""


class _Field(QLineEdit):
    """Keeps every key to itself: Enter, passed on, would open it again, Escape would cancel what is being made."""

    left = Signal()

    def event(self, event: QEvent) -> bool:
        """Escape goes before the window's own."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape)
            if event.isAccepted():
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Type; Escape leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
        event.accept()


class ValueWidget(QWidget):
    """A number between `minimum` and `maximum`. Emits `valueChanged`, and begin/end of a gesture around drags."""

    valueChanged = Signal(float)
    gestureBegan = Signal()
    gestureEnded = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value, self._low, self._high = 0.0, 0.0, 1.0
        self._step, self._decimals = 0.1, 1
        self._default: float | None = None
        self._drag_from: QPointF | None = None
        self._drag_value = 0.0
        self._editor: QLineEdit | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def setRange(self, low: float, high: float) -> None:
        """Set both ends; the value is moved inside."""
        self._low, self._high = low, high
        self.setValue(self._value)

    def setSingleStep(self, step: float, decimals: int) -> None:
        """Step of wheel and arrows, and how many decimals are kept."""
        self._step, self._decimals = step, decimals

    def setDefault(self, value: float) -> None:
        """Value that Delete and Ctrl+click return to."""
        self._default = value

    def minimum(self) -> float:
        """The lowest value."""
        return self._low

    def maximum(self) -> float:
        """The highest value."""
        return self._high

    def value(self) -> float:
        """The present value."""
        return self._value

    def setValue(self, value: float) -> None:
        """Set the value, rounded and clamped; emits `valueChanged` when it differs. NaN is ignored."""
        if math.isnan(value):
            return
        value = round(min(self._high, max(self._low, float(value))), self._decimals)
        value = min(self._high, max(self._low, value))  # rounding can step over an end
        if value != self._value:
            self._value = value
            self.valueChanged.emit(value)
            self.update()

    def fraction(self) -> float:
        """Position of the value in its range, 0 to 1."""
        return (self._value - self._low) / (self._high - self._low)

    def text(self) -> str:
        """The value as it is shown."""
        shown = f"{self._value:.{self._decimals}f}"
        return shown.rstrip("0").rstrip(".") if "." in shown else shown

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn by steps; Shift turns by hundredths."""
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        delta = event.angleDelta()
        notches = (delta.y() or delta.x()) / 120
        self.setValue(self._value + notches * (FINE if fine else self._step))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, page keys, Home, End, Delete (default) and Enter (type)."""
        moves = {
            Qt.Key.Key_Up: self._step, Qt.Key.Key_Right: self._step, Qt.Key.Key_Down: -self._step,
            Qt.Key.Key_Left: -self._step, Qt.Key.Key_PageUp: 10 * self._step, Qt.Key.Key_PageDown: -10 * self._step,
            Qt.Key.Key_Home: self._low - self._value, Qt.Key.Key_End: self._high - self._value,
        }  # fmt: skip
        key = Qt.Key(event.key())
        if key in moves:
            self.setValue(self._value + moves[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.edit()
        elif key == Qt.Key.Key_Delete and self._default is not None:
            self.setValue(self._default)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag; Ctrl+click returns to the default."""
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and self._default is not None:
            self.setValue(self._default)
            return
        self._drag_from, self._drag_value = event.position(), self._value
        self.gestureBegan.emit()
        self.press_at(event.position())

    def press_at(self, point: QPointF) -> None:
        """Hook for widgets whose value follows the pointer's place."""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag up or right to raise; Shift for fine."""
        if self._drag_from is not None:
            fine = 10.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
            self.drag_to(event.position(), fine)

    def drag_to(self, point: QPointF, fine: float) -> None:
        """Follow the pointer; relative to where the drag began."""
        assert self._drag_from is not None
        moved = (self._drag_from.y() - point.y()) + (point.x() - self._drag_from.x()) * 0.5
        value = self._drag_value + moved / (DRAG_PIXELS * fine) * (self._high - self._low)
        self.setValue(round(value / self._step) * self._step if fine == 1.0 else value)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag."""
        if self._drag_from is not None:
            self._drag_from = None
            self.gestureEnded.emit()
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Type a value."""
        del event
        self.edit()

    def edit_rect(self) -> QRect:
        """Where the field for typing appears."""
        return self.rect().adjusted(4, self.height() // 2 - 15, -4, -(self.height() // 2 - 15))

    def edit(self) -> None:
        """Open a field to type the value; Enter takes it, Escape leaves it."""
        if self._editor is not None:
            return
        editor = _Field(self.text() if _has_digits(self.text()) else "", self)
        editor.setValidator(QRegularExpressionValidator(QRegularExpression(NUMBER), editor))
        editor.setAlignment(Qt.AlignmentFlag.AlignCenter)
        editor.setObjectName("valueEditor")
        editor.setAccessibleName(f"{self.accessibleName()} value")
        editor.setGeometry(self.edit_rect())
        editor.selectAll()
        editor.editingFinished.connect(self._take_typed)
        editor.left.connect(self._close_editor)
        self._editor = editor
        editor.show()
        editor.setFocus()

    def _take_typed(self) -> None:
        editor = self._close_editor()
        if editor is not None and _has_digits(editor.text()):
            self.take(float(editor.text().replace(",", ".")))

    def take(self, typed: float) -> None:
        """Set the value to a number that was typed; widgets that show another unit turn it into theirs."""
        self.setValue(typed)

    def _close_editor(self) -> QLineEdit | None:
        editor, self._editor = self._editor, None
        if editor is not None:
            editor.hide()
            editor.deleteLater()
            self.setFocus()
        return editor

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the focus."""
        super().focusOutEvent(event)
        self.update()


def _has_digits(text: str) -> bool:
    return any(sign.isdigit() for sign in text)
