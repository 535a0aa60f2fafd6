"""One line that says what happened: what is told fades, what went wrong stays, its button does one thing."""

import pytest
from hand import LEFT
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from loopgen_app.widgets.message_bar import INFO_MILLISECONDS, MessageBar


@pytest.fixture
def bar(qtbot: QtBot) -> MessageBar:
    made = MessageBar()
    qtbot.addWidget(made)
    return made


def button(bar: MessageBar) -> QPushButton:
    found = bar.findChild(QPushButton, "messageAction")
    assert isinstance(found, QPushButton)
    return found


def test_information_fades_by_itself(bar: MessageBar, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bar.isHidden() and INFO_MILLISECONDS == 6000
    monkeypatch.setattr("loopgen_app.widgets.message_bar.INFO_MILLISECONDS", 1)
    with qtbot.waitSignal(bar._timer.timeout, timeout=2000):
        bar.show_message("Exported.")
        assert bar.isVisible() and bar.text() == bar.accessibleName() == "Exported."
    assert bar.isHidden()


def test_an_error_stays_when_the_time_of_information_before_it_is_over(bar: MessageBar) -> None:
    bar.show_message("Exported.")
    assert bar._timer.remainingTime() == pytest.approx(INFO_MILLISECONDS, rel=0.1)
    bar.show_message("The disk is full.", "error")
    assert not bar._timer.isActive() and bar.isVisible() and bar.property("kind") == "error"
    (close,) = bar.findChildren(QToolButton)
    QTest.mouseClick(close, LEFT)
    assert bar.isHidden()


def test_its_button_acts_once_and_may_say_something_new(bar: MessageBar) -> None:
    done: list[str] = []

    def undo() -> None:
        done.append("undo")
        bar.show_message("It is back.")

    bar.show_message("Deleted.", label="Undo", action=undo)
    assert button(bar).isVisible() and button(bar).text() == "Undo"
    QTest.mouseClick(button(bar), LEFT)
    assert done == ["undo"] and bar.isVisible() and bar.text() == "It is back."
    assert button(bar).isHidden()


def test_a_long_name_is_shown_without_its_middle_and_told_whole(bar: MessageBar) -> None:
    name = "warm-dub-techno-deep-chords-2_126bpm_4bars_seed151426_b.wav"
    bar.show_message(f"Exported {name} to ~/Music/LoopGen.")
    shown = bar.findChild(QLabel, "messageText")
    assert isinstance(shown, QLabel)
    assert shown.text() == "Exported warm-dub-tech\u2026d151426_b.wav to ~/Music/LoopGen."
    assert name in bar.text()
    assert name in bar.accessibleName()
    assert name in shown.toolTip()
