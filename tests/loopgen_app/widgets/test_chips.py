"""Tags that are wanted, avoided or neither, and their rows that wrap like words."""

import pytest
from hand import LEFT, SHIFT
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFrame, QWidget
from pytestqt.qtbot import QtBot

from loopgen_app.widgets.chips import Chip, ChipArea, ChipBoard, FlowLayout

GROUPS = (("techno", "dub_techno", "house"), ("warm", "dark"))
RIGHT = Qt.MouseButton.RightButton


@pytest.fixture
def board(qtbot: QtBot) -> ChipBoard:
    made = ChipBoard(GROUPS)
    qtbot.addWidget(made)
    made.resize(600, 40)
    made.show()
    return made


def test_clicks_want_avoid_and_take_back(board: ChipBoard) -> None:
    told: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    board.tagsChanged.connect(lambda wanted, avoided: told.append((wanted, avoided)))
    QTest.mouseClick(board.chip("house"), LEFT)
    QTest.mouseClick(board.chip("techno"), RIGHT)
    QTest.mouseClick(board.chip("dub_techno"), LEFT, SHIFT)
    QTest.mouseClick(board.chip("house"), RIGHT)  # from wanted to avoided at once
    QTest.mouseClick(board.chip("techno"), RIGHT)
    QTest.keyClick(board.chip("techno"), Qt.Key.Key_Space)
    assert told == [
        (("house",), ()),
        (("house",), ("techno",)),
        (("house",), ("techno", "dub_techno")),
        ((), ("techno", "dub_techno", "house")),
        ((), ("dub_techno", "house")),
        (("techno",), ("dub_techno", "house")),
    ]
    assert board.chip("techno").accessibleDescription() == "wanted"
    assert board.chip("dub_techno").text() == "dub techno"


def test_what_is_set_is_shown_without_being_told(board: ChipBoard) -> None:
    told: list[object] = []
    board.tagsChanged.connect(lambda *tags: told.append(tags))
    board.setTags(["warm"], ["dark", "unknown"])
    assert (board.tags("yes"), board.tags("no")) == (("warm",), ("dark",)) and told == []
    board.setTags([], [])
    assert board.tags("off") == ("techno", "dub_techno", "house", "warm", "dark")


def test_one_group_is_shown_at_a_time_or_all(board: ChipBoard) -> None:
    def shown() -> list[str]:
        return [chip.tag for chip in board.findChildren(Chip) if not chip.isHidden()]

    assert shown() == list(GROUPS[0])
    board.showGroup(1)
    assert shown() == list(GROUPS[1])
    board.showGroup(None)
    assert shown() == [*GROUPS[0], *GROUPS[1]]


def test_items_wrap_where_the_row_ends(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    flow = FlowLayout(holder, gap=5)
    for _ in range(5):
        tile = QFrame(holder)
        tile.setFixedSize(50, 20)
        flow.addWidget(tile)
    assert [flow.heightForWidth(width) for width in (270, 269, 105, 104, 10)] == [20, 45, 70, 120, 120]
    holder.resize(160, 100)
    holder.show()
    assert [(tile.x(), tile.y()) for tile in holder.findChildren(QFrame)] == [
        (0, 0), (55, 0), (110, 0), (0, 25), (55, 25)
    ]  # fmt: skip
    flow.itemAt(1).widget().hide()
    assert flow.heightForWidth(160) == 45 and flow.heightForWidth(215) == 20
    assert flow.takeAt(9) is None and flow.takeAt(0) is not None and flow.count() == 4


@pytest.mark.parametrize("height", [40, 57, 71, 99])
def test_no_row_is_cut_in_half(qtbot: QtBot, height: int) -> None:
    board = ChipBoard([[f"tag{number}" for number in range(40)]])
    area = ChipArea(board)
    qtbot.addWidget(area)
    area.setFrameShape(QFrame.Shape.NoFrame)  # as the theme has it
    area.resize(220, height)
    area.show()
    assert area.viewport().height() % board.row_height() == 0
    assert area.viewport().height() > height - board.row_height()
