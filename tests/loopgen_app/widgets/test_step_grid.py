"""The step grid under a hand: what each place and each drag asks for, and that places and cells agree at any size."""

import pytest
from hand import LEFT, drag
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from loopgen_app.colours import DARK
from loopgen_app.widgets.step_grid import DEFAULT_VELOCITY, VELOCITY_PIXELS, StepGrid
from loopgen_app.widgets.step_grid_paint import GridLook

NAMES = ("Kick", "Snare", "Hat")
MUTE, DICE, LOCK = 84, 103, 122


class Listener:
    """Sets what the grid asks for, as a panel does, and notes it."""

    def __init__(self, grid: StepGrid) -> None:
        self.grid, self.told = grid, []
        grid.stepDrawn.connect(self.drawn)
        for name in ("freeToggled", "muteToggled", "voiceDrawn", "voiceKept"):
            getattr(grid, name).connect(lambda row, name=name: self.told.append((name, row)))
        grid.gestureBegan.connect(lambda: self.told.append("began"))
        grid.gestureEnded.connect(lambda: self.told.append("ended"))

    def drawn(self, row: int, step: int, velocity: float) -> None:
        self.told.append((row, step, round(velocity, 3)))
        rows = self.grid.rows()
        velocities = list(rows[row] or (0.0,) * 16)
        velocities[step] = velocity
        rows[row] = tuple(velocities)
        self.grid.setRows(rows, self.grid.look.muted)


@pytest.fixture
def grid(qtbot: QtBot) -> StepGrid:
    made = StepGrid(NAMES)
    qtbot.addWidget(made)
    made.resize(460, 104)  # rows of 32 pixels
    made.show()
    return made


@pytest.fixture
def heard(grid: StepGrid) -> Listener:
    return Listener(grid)


def cell(grid: StepGrid, row: int, step: int) -> QPoint:
    return grid.cell_center(row, step).toPoint()


@pytest.mark.parametrize("size", [(300, 60), (340, 192), (461, 333), (1600, 90)])
@pytest.mark.parametrize("steps", [4, 12, 16, 32])
def test_the_middle_of_each_cell_is_found_as_that_cell(size: tuple[int, int], steps: int) -> None:
    look, room = GridLook(NAMES, steps), QSize(*size)
    for row in range(3):
        for step in range(steps):
            middle = look.cell(row, step, room).center()
            assert (look.row_at(middle.y(), room), look.step_at(middle.x(), room)) == (row, step)
    last = look.cell(2, steps - 1, room)
    assert last.right() <= size[0] and last.bottom() <= size[1]
    assert look.step_at(look.left - 1, room) == -1 and look.step_at(10**6, room) == steps - 1
    assert (look.row_at(-5, room), look.row_at(10**6, room)) == (0, 2)


def test_names_mutes_dice_and_locks_lie_side_by_side_without_overlap() -> None:
    look = GridLook(NAMES, 16)
    for x in range(round(look.left)):
        assert look.over_mute(x) + look.over_dice(x) + look.over_lock(x) <= 1
    assert [look.over_mute(MUTE), look.over_dice(DICE), look.over_lock(LOCK)] == [True] * 3


@pytest.mark.parametrize(
    ("x", "name"), [(10, "freeToggled"), (MUTE, "muteToggled"), (DICE, "voiceDrawn"), (LOCK, "voiceKept")]
)
def test_what_is_left_of_the_cells_asks_for_its_row(grid: StepGrid, heard: Listener, x: int, name: str) -> None:
    QTest.mouseClick(grid, LEFT, pos=QPoint(x, cell(grid, 1, 0).y()))
    assert heard.told == [(name, 1)]


def test_a_click_draws_a_step_and_another_takes_it_away(grid: StepGrid, heard: Listener) -> None:
    QTest.mouseClick(grid, LEFT, pos=cell(grid, 2, 7))
    assert heard.told == ["began", (2, 7, DEFAULT_VELOCITY), "ended"]
    QTest.mouseClick(grid, LEFT, pos=cell(grid, 2, 7))
    assert heard.told[3:] == ["began", (2, 7, 0.0), "ended"]
    QTest.mouseClick(grid, Qt.MouseButton.RightButton, pos=cell(grid, 2, 7))
    assert len(heard.told) == 6


def test_a_drag_up_or_down_changes_the_velocity_by_its_pixels(grid: StepGrid, heard: Listener) -> None:
    grid.setRows([(0.5,) * 16, None, None], [False] * 3)
    start = cell(grid, 0, 4)
    drag(grid, start, start + QPoint(0, 12))
    assert grid.rows()[0][4] == pytest.approx(0.5 - 12 / VELOCITY_PIXELS)
    drag(grid, start, start - QPoint(0, 200))
    assert grid.rows()[0][4] == 1.0
    drag(grid, start, start + QPoint(0, 200))
    assert grid.rows()[0][4] == 0.05  # quiet, but still there
    assert grid.rows()[0][:4] == (0.5,) * 4


def test_a_drag_along_a_row_paints_the_velocity_it_began_with(grid: StepGrid, heard: Listener) -> None:
    grid.setRows([None, (0.4, *[0.0] * 15), None], [False] * 3)
    drag(grid, cell(grid, 1, 0), *(cell(grid, 1, step) for step in range(1, 6)))
    assert grid.rows()[1] == (0.4,) * 6 + (0.0,) * 10
    assert heard.told.count("began") == heard.told.count("ended") == 1


@pytest.mark.parametrize(("first", "last"), [(0, 9), (9, 0)])
def test_a_quick_hand_that_leaps_over_cells_paints_them_too(
    grid: StepGrid, heard: Listener, first: int, last: int
) -> None:
    grid.setRows([None, (0.0,) * 16, None], [False] * 3)
    drag(grid, cell(grid, 1, first), cell(grid, 1, last))
    assert grid.rows()[1] == (DEFAULT_VELOCITY,) * 10 + (0.0,) * 6
    assert heard.told.count("began") == heard.told.count("ended") == 1


def test_keys_move_a_cursor_around_the_edges_and_set_velocities(grid: StepGrid, heard: Listener) -> None:
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Left):
        QTest.keyClick(grid, key)
    assert grid.look.cursor == (2, 15)
    QTest.keyClick(grid, Qt.Key.Key_Minus)  # nothing is there to be softer
    QTest.keyClick(grid, Qt.Key.Key_Return)
    for _ in range(3):
        QTest.keyClick(grid, Qt.Key.Key_Plus)
    assert heard.told == [(2, 15, 0.85), (2, 15, 0.95), (2, 15, 1.0), (2, 15, 1.0)]
    for _ in range(12):
        QTest.keyClick(grid, Qt.Key.Key_Minus)
    assert heard.told[-1] == (2, 15, 0.1)
    heard.told.clear()
    for key in "MFVK":
        QTest.keyClick(grid, getattr(Qt.Key, f"Key_{key}"))
    assert heard.told == [("muteToggled", 2), ("freeToggled", 2), ("voiceDrawn", 2), ("voiceKept", 2)]


def test_bars_are_painted_as_high_as_their_velocity(grid: StepGrid) -> None:
    grid.setRows([(1.0, 0.5, 0.0, *[0.25] * 13), None, None], [False, False, False])
    picture, accent = grid.grab().toImage(), QColor(DARK.accent).rgb()

    def height(step: int) -> int:
        box = grid.look.cell(0, step, grid.size()).toAlignedRect()
        return sum(picture.pixel(box.center().x(), y) == accent for y in range(box.top(), box.bottom() + 1))

    full = grid.look.row_height(grid.size()) - 3
    assert [height(step) for step in (0, 1, 2, 3)] == pytest.approx([full, full / 2, 0, full / 4], abs=2)


def test_onsets_outside_the_steps_are_not_shown(grid: StepGrid) -> None:
    grid.setFound([-0.5, 0.0, 3.25, 15.9, 16.0, 40.0])
    assert grid.look.found == (0.0, 3.25, 15.9)
