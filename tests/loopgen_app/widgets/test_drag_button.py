"""A button that a file is dragged out of: a click writes the file, a drag carries it, and never both."""

from pathlib import Path

import pytest
from hand import LEFT, NO_KEY, drag
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from loopgen_app.widgets.drag_button import DragButton

FILE = Path("/tmp/beat.mid")


@pytest.fixture
def made() -> list[Path | None]:
    return []


@pytest.fixture
def dragged() -> list[Path]:
    return []


@pytest.fixture
def button(qtbot: QtBot, made: list[Path | None], dragged: list[Path]) -> DragButton:
    button = DragButton("grip", "Drag it out")
    qtbot.addWidget(button)
    button.file_maker = lambda: made.append(FILE) or FILE  # type: ignore[func-returns-value]
    button.start_drag = lambda _source, path, _picture: dragged.append(path)
    button.show()
    return button


def test_a_click_writes_the_file(button: DragButton, made: list[Path | None], dragged: list[Path]) -> None:
    QTest.mouseClick(button, LEFT)
    assert (made, dragged) == ([FILE], [])


def test_a_drag_carries_one_file_and_letting_go_writes_none(
    button: DragButton, made: list[Path | None], dragged: list[Path]
) -> None:
    start, far = QPoint(4, 4), QApplication.startDragDistance()
    drag(button, start, start + QPoint(far, 0), start + QPoint(2 * far, 0))
    assert (made, dragged) == ([FILE], [FILE])


def test_a_hand_that_shakes_still_clicks(button: DragButton, made: list[Path | None], dragged: list[Path]) -> None:
    start = QPoint(4, 4)
    drag(button, start, start + QPoint(QApplication.startDragDistance() - 1, 0))
    assert (made, dragged) == ([FILE], [])


def test_without_a_file_nothing_is_dragged(button: DragButton, dragged: list[Path]) -> None:
    button.file_maker = lambda: None
    QTest.mousePress(button, LEFT, NO_KEY, QPoint(4, 4))
    drag(button, QPoint(4, 4), QPoint(60, 4))
    assert dragged == []
