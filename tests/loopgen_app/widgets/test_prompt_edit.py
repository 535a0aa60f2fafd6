"""Words under a hand: Enter submits, arrows bring earlier prompts, Ctrl weighs, Tab takes an ending."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hand import CONTROL
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from loopgen_app.widgets.drag_tile import file_mime
from loopgen_app.widgets.prompt_edit import HEIGHTS, MOST_CHARACTERS, PromptEdit

UP, DOWN = Qt.Key.Key_Up, Qt.Key.Key_Down


@pytest.fixture
def edit(qtbot: QtBot) -> Iterator[PromptEdit]:
    holder = QWidget()
    qtbot.addWidget(holder)
    column = QVBoxLayout(holder)
    made = PromptEdit(2, holder)
    column.addWidget(made)
    column.addWidget(QLineEdit(holder))
    holder.resize(400, 120)
    holder.show()
    holder.activateWindow()
    made.setFocus()
    yield made  # the holder lives until then


def test_enter_submits_and_breaks_no_line(edit: PromptEdit) -> None:
    sent: list[str] = []
    edit.submitted.connect(lambda: sent.append(edit.text()))
    QTest.keyClicks(edit, "warm dub")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    QTest.keyClick(edit, Qt.Key.Key_Enter)
    assert sent == ["warm dub"] * 2 and edit.toPlainText() == "warm dub"


def test_arrows_walk_through_earlier_prompts_and_back_to_the_draft(edit: PromptEdit) -> None:
    edit.history = lambda: ("newest", "older", "oldest")
    QTest.keyClicks(edit, "draft")
    seen = []
    for key in (UP, UP, UP, UP, DOWN, DOWN, DOWN, DOWN):
        QTest.keyClick(edit, key)
        seen.append(edit.text())
    assert seen == ["newest", "older", "oldest", "oldest", "older", "newest", "draft", "draft"]
    QTest.keyClick(edit, UP)
    QTest.keyClicks(edit, "!")  # what is changed becomes the draft
    QTest.keyClick(edit, UP)
    QTest.keyClick(edit, DOWN)
    assert edit.text() == "newest!"


def test_an_ending_is_offered_at_the_cursor_and_taken_with_tab(edit: PromptEdit) -> None:
    edit.complete = lambda text, cursor: "hno" if text[:cursor].endswith("tec") else ""
    QTest.keyClicks(edit, "dub tec")
    assert edit.ending() == "hno"
    QTest.keyClick(edit, Qt.Key.Key_Tab)
    assert edit.text() == "dub techno" and edit.hasFocus() and edit.ending() == ""
    edit.setText("tec")
    edit.selectAll()
    assert edit.ending() == ""
    edit.moveCursor(QTextCursor.MoveOperation.Start)
    QTest.keyClick(edit, Qt.Key.Key_Tab)
    assert edit.text() == "tec" and not edit.hasFocus()


def test_control_and_arrows_weigh_and_leave_the_cursor_in_place(edit: PromptEdit) -> None:
    asked: list[tuple[str, int, int]] = []

    def weigh(text: str, cursor: int, steps: int) -> tuple[str, int]:
        asked.append((text, cursor, steps))
        return f"({text})", cursor + 1

    edit.weigh = weigh
    QTest.keyClicks(edit, "acid")
    edit.moveCursor(QTextCursor.MoveOperation.Left)
    QTest.keyClick(edit, UP, CONTROL)
    assert (edit.text(), edit.textCursor().position()) == ("(acid)", 4)
    QTest.keyClick(edit, DOWN, CONTROL)
    assert asked == [("acid", 3, 1), ("(acid)", 4, -1)]


def test_signs_of_two_halves_count_as_one_letter(edit: PromptEdit) -> None:
    """A clef takes two of Qt's places and one of Python's."""
    places: list[int] = []
    edit.weigh = lambda text, cursor, steps: (places.append(cursor) or text + "!", cursor)
    edit.complete = lambda text, cursor: text[cursor - 1 :] + "|"
    edit.setText("\U0001d11e dub")
    assert edit.ending() == "b|"
    QTest.keyClick(edit, UP, CONTROL)
    assert places == [5] and edit.text() == "\U0001d11e dub!" and edit.textCursor().position() == 6


def test_what_is_pasted_is_cleaned(edit: PromptEdit) -> None:
    edit.clean = lambda text: " ".join(text.split())
    mime = QMimeData()
    mime.setText("warm\ndub\t techno\n")
    edit.insertFromMimeData(mime)
    assert edit.toPlainText() == "warm dub techno"


def test_a_field_takes_no_more_than_it_can_look_at(edit: PromptEdit) -> None:
    for text in ("a" * 5_000_000, "b" * 1000):
        mime = QMimeData()
        mime.setText(text)
        edit.insertFromMimeData(mime)
    kept = edit.text()
    assert kept == "a" * len(kept) and MOST_CHARACTERS - 1 <= len(kept) <= MOST_CHARACTERS
    edit.selectAll()  # what is replaced makes room
    edit.insertFromMimeData(mime)
    assert edit.text() == "b" * 1000


def test_files_are_not_words(edit: PromptEdit) -> None:
    assert not edit.canInsertFromMimeData(file_mime(Path("/tmp/a.wav")))
    mime = QMimeData()
    assert not edit.canInsertFromMimeData(mime)
    mime.setText("dub")
    assert edit.canInsertFromMimeData(mime)


def test_setting_the_same_words_leaves_the_cursor(edit: PromptEdit) -> None:
    edit.setText("warm dub")
    edit.moveCursor(QTextCursor.MoveOperation.Start)
    edit.setText("warm dub")
    assert edit.textCursor().position() == 0
    edit.setText("cold")
    assert edit.textCursor().position() == 4 and edit.height() == HEIGHTS[2]
