"""Keys that every button and every box of numbers understands alike, whatever the desktop thinks of them."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QDoubleSpinBox,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from loopgen_app.widgets.seed_box import SeedBox

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
Box = QSpinBox | QDoubleSpinBox | SeedBox


class KeyHabits(QObject):
    """Watches the buttons and boxes of numbers below `root`.

    Space belongs to the transport, so Enter presses buttons. It must press none that is only focused because it was
    clicked: a click gives no button the focus, and all the same ends typing elsewhere, as the loss of it does. Escape
    leaves a box with the number that it had; it is a shortcut of the window only where nothing was typed.
    """

    def __init__(self, root: QWidget) -> None:
        super().__init__(root)
        for button in root.findChildren(QAbstractButton):
            if button.focusPolicy() & Qt.FocusPolicy.TabFocus:
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.installEventFilter(self)
        for box in root.findChildren(QAbstractSpinBox):
            box.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Whether the event was dealt with here."""
        if isinstance(watched, QAbstractButton):
            if event.type() == QEvent.Type.MouseButtonPress:
                _end_typing()
            return isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and _press(watched, event)
        return isinstance(watched, Box) and isinstance(event, QKeyEvent) and _leave(watched, event)


def _press(button: QAbstractButton, event: QKeyEvent) -> bool:
    plain = event.key() in ENTER and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if plain and not event.isAutoRepeat():
        button.click()
    return plain


def _end_typing() -> None:
    typed_into = QApplication.focusWidget()
    if isinstance(typed_into, QLineEdit | QAbstractSpinBox):
        typed_into.clearFocus()


def _leave(box: Box, event: QKeyEvent) -> bool:
    if event.key() != Qt.Key.Key_Escape or not box.lineEdit().isModified():
        return False
    if event.type() == QEvent.Type.ShortcutOverride:
        event.accept()
    elif event.type() == QEvent.Type.KeyPress:
        box.setValue(box.value())  # type: ignore[arg-type]
        box.lineEdit().setModified(False)
    return True
