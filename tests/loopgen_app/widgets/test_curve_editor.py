"""Curves that are drawn by hand: points where the pointer was, joined by lines, nothing outside 0 to 1."""

import pytest
from hand import LEFT, drag
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from loopgen_app.widgets.curve_editor import POINTS, CurveEditor


@pytest.fixture
def editor(qtbot: QtBot) -> CurveEditor:
    made = CurveEditor()
    qtbot.addWidget(made)
    made.resize(5 * POINTS, 100)
    made.show()
    return made


@pytest.fixture
def drawn(editor: CurveEditor) -> list[tuple[float, ...]]:
    made: list[tuple[float, ...]] = []
    editor.curveDrawn.connect(made.append)
    return made


def test_one_click_sets_one_point(editor: CurveEditor, drawn: list[tuple[float, ...]]) -> None:
    QTest.mouseClick(editor, LEFT, pos=QPoint(5 * 10 + 2, 20))
    assert drawn == [(0.5,) * 10 + (0.8,) + (0.5,) * (POINTS - 11)]


@pytest.mark.parametrize("way", [1, -1])
def test_a_fast_hand_leaves_no_holes(editor: CurveEditor, drawn: list[tuple[float, ...]], way: int) -> None:
    ends = [QPoint(2, 100), QPoint(5 * POINTS - 3, 0)][::way]
    drag(editor, *ends)
    assert drawn[-1] == pytest.approx([index / (POINTS - 1) for index in range(POINTS)], abs=1e-3)


def test_the_pointer_may_leave_the_field(editor: CurveEditor, drawn: list[tuple[float, ...]]) -> None:
    told: list[str] = []
    editor.gestureBegan.connect(lambda: told.append("began"))
    editor.gestureEnded.connect(lambda: told.append("ended"))
    drag(editor, QPoint(100, 50), QPoint(-900, -900), QPoint(9000, 9000))
    assert drawn[-1][0] == 1.0 and drawn[-1][-1] == 0.0 and len(drawn[-1]) == POINTS
    assert told == ["began", "ended"]


def test_a_second_stroke_begins_where_it_is_put_down(editor: CurveEditor, drawn: list[tuple[float, ...]]) -> None:
    editor.setCurve((0.2, 0.6))  # two halves
    drag(editor, QPoint(2, 0), QPoint(12, 0))
    drag(editor, QPoint(5 * 60, 100), QPoint(5 * 63 + 2, 100))
    assert drawn[-1] == (1.0,) * 3 + (0.2,) * 29 + (0.6,) * 28 + (0.0,) * 4
