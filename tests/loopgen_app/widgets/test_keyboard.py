"""Keys of buttons and boxes: Enter presses once, clicks take no focus, Escape leaves the number that was there."""

import pytest
from hand import LEFT, NO_KEY
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QSpinBox, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from loopgen_app.widgets.keyboard import ENTER, KeyHabits

ESCAPE = Qt.Key.Key_Escape


class Room(QWidget):
    """A button, a box of numbers and a line of words."""

    def __init__(self) -> None:
        super().__init__()
        self.button, self.box, self.line = QPushButton("Go", self), QSpinBox(self), QLineEdit(self)
        self.box.setRange(0, 99)
        self.box.setValue(42)
        self.presses = 0
        self.button.clicked.connect(self._count)
        column = QVBoxLayout(self)
        for widget in (self.button, self.box, self.line):
            column.addWidget(widget)
        self.habits = KeyHabits(self)

    def _count(self) -> None:
        self.presses += 1


@pytest.fixture
def room(qtbot: QtBot) -> Room:
    made = Room()
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    return made


@pytest.mark.parametrize("key", ENTER)
def test_enter_presses_a_button_and_no_other_keys_with_it(room: Room, key: Qt.Key) -> None:
    QTest.keyClick(room.button, key)
    assert room.presses == 1
    QTest.keyClick(room.button, key, Qt.KeyboardModifier.ControlModifier)
    assert room.presses == 1


def test_a_key_that_is_held_presses_once(room: Room) -> None:
    for held in (False, True, True):
        QApplication.sendEvent(room.button, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, NO_KEY, "\r", held))
    assert room.presses == 1


def test_a_click_gives_a_button_no_focus_and_ends_typing(room: Room, qtbot: QtBot) -> None:
    room.line.setFocus()
    qtbot.waitUntil(room.line.hasFocus)
    QTest.mouseClick(room.button, LEFT)
    assert room.presses == 1 and not room.line.hasFocus() and not room.button.hasFocus()


def test_escape_leaves_the_number_that_was_there(room: Room, qtbot: QtBot) -> None:
    room.box.setKeyboardTracking(False)
    room.box.setFocus()
    qtbot.waitUntil(room.box.hasFocus)
    room.box.selectAll()
    QTest.keyClicks(room.box, "7")
    assert room.box.lineEdit().text() == "7"
    taken = QKeyEvent(QEvent.Type.ShortcutOverride, ESCAPE, NO_KEY)
    taken.ignore()
    QApplication.sendEvent(room.box, taken)
    assert taken.isAccepted()
    QTest.keyClick(room.box, ESCAPE)
    assert (room.box.value(), room.box.lineEdit().text()) == (42, "42")
    left = QKeyEvent(QEvent.Type.ShortcutOverride, ESCAPE, NO_KEY)
    left.ignore()
    QApplication.sendEvent(room.box, left)
    assert not left.isAccepted()  # nothing is typed: it is a shortcut of the window
