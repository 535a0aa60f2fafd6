"""A row of buttons of which exactly one is down."""

import pytest
from hand import LEFT
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from loopgen_app.widgets.segmented import Segmented


@pytest.fixture
def row(qtbot: QtBot) -> Segmented:
    made = Segmented([("All", None), ("One", 1), ("Two", 2), ("Three", 3)])
    qtbot.addWidget(made)
    made.show()
    return made


def down(row: Segmented) -> list[str]:
    return [button.text() for button in row.buttons() if button.isChecked()]


def test_a_click_chooses_and_releases_the_others(row: Segmented) -> None:
    chosen: list[object] = []
    row.chosen.connect(chosen.append)
    assert down(row) == ["All"] and row.value() is None
    QTest.mouseClick(row.buttons()[2], LEFT)
    assert down(row) == ["Two"] and row.value() == 2
    QTest.mouseClick(row.buttons()[2], LEFT)  # the one that is down stays down
    QTest.keyClick(row.buttons()[3], Qt.Key.Key_Space)
    assert down(row) == ["Three"] and chosen == [2, 2, 3]


def test_what_is_set_is_shown_without_being_told(row: Segmented) -> None:
    chosen: list[object] = []
    row.chosen.connect(chosen.append)
    row.setValue(1)
    assert down(row) == ["One"]
    row.setValue(7)
    assert down(row) == [] and row.value() == 7
    QTest.mouseClick(row.buttons()[0], LEFT)
    QTest.mouseClick(row.buttons()[1], LEFT)
    assert down(row) == ["One"] and chosen == [None, 1]


def test_a_choice_that_is_hidden_gives_way_to_the_first(row: Segmented) -> None:
    row.setValue(2)
    row.showFirst(3)
    assert down(row) == ["Two"] and [button.isHidden() for button in row.buttons()] == [False] * 3 + [True]
    row.showFirst(2)
    assert down(row) == ["All"] and row.value() is None
