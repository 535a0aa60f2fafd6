"""Seeds of up to 63 bits, typed, stepped and pasted."""

import pytest
from hand import wheel
from PySide6.QtCore import Qt
from PySide6.QtGui import QValidator
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from loopgen_app.widgets.seed_box import SeedBox

MOST = 2**63 - 1


@pytest.fixture
def box(qtbot: QtBot) -> SeedBox:
    made = SeedBox(MOST)
    qtbot.addWidget(made)
    made.show()
    return made


def retype(box: SeedBox, text: str) -> None:
    box.lineEdit().selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("typed", "value"), [("42", 42), ("007", 7), (str(MOST), MOST), (str(2**62 + 5), 2**62 + 5), ("-1a3.", 13)]
)
def test_what_is_typed_is_taken_to_the_last_digit(box: SeedBox, typed: str, value: int) -> None:
    told: list[int] = []
    box.valueChanged.connect(told.append)
    retype(box, typed)
    assert (box.value(), box.text(), told) == (value, str(value), [value])


def test_a_digit_too_many_is_not_taken(box: SeedBox) -> None:
    retype(box, str(MOST) + "0")
    assert box.value() == MOST


def test_an_emptied_box_keeps_its_number_and_shows_it(box: SeedBox) -> None:
    box.setValue(12)
    box.lineEdit().selectAll()
    QTest.keyClick(box, Qt.Key.Key_Backspace)
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert (box.value(), box.text()) == (12, "12")


def test_wheel_and_arrows_step_and_stop_at_both_ends(box: SeedBox) -> None:
    wheel(box, 3)
    assert box.value() == 3
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert box.value() == 2
    wheel(box, -9)
    assert box.value() == 0
    box.setValue(MOST)
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert box.value() == MOST


def test_pasted_digits_without_end_are_refused_without_harm(box: SeedBox) -> None:
    box.setValue(5)
    QApplication.clipboard().setText("9" * 10_000)  # more digits than Python turns into a number
    box.lineEdit().selectAll()
    box.lineEdit().paste()
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert (box.value(), box.text()) == (5, "5")
    assert box.validate("9" * 10_000, 0)[0] == QValidator.State.Invalid
    assert box.validate("\u0663", 0)[0] == QValidator.State.Invalid  # a digit, but not one of ours
