"""The pad under a hand: the point follows, Shift draws, corners are asked, textures belong to their seeds."""

import pytest
from hand import LEFT, SHIFT, drag
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from loopgen_app.widgets.xy_pad import MAX_PATH, XYPad, texture


@pytest.fixture
def pad(qtbot: QtBot) -> XYPad:
    made = XYPad()
    qtbot.addWidget(made)
    made.resize(400, 200)
    made.show()
    return made


def test_a_drag_is_one_gesture_and_stays_in_the_square(pad: XYPad) -> None:
    told: list[object] = []
    pad.gestureBegan.connect(lambda: told.append("began"))
    pad.gestureEnded.connect(lambda: told.append("ended"))
    pad.positionChanged.connect(lambda x, y: told.append((x, y)))
    drag(pad, QPoint(100, 50), QPoint(300, 50), QPoint(300, 50), QPoint(4000, -70))
    assert told == ["began", (0.25, 0.25), (0.75, 0.25), (1.0, 0.0), "ended"]
    assert pad.position() == (1.0, 0.0) and pad.path() == []


def test_arrows_move_by_a_fiftieth_and_stop_at_the_edge(pad: XYPad) -> None:
    for key, at in (("Right", (0.52, 0.5)), ("Down", (0.52, 0.52)), ("Left", (0.5, 0.52)), ("Up", (0.5, 0.5))):
        QTest.keyClick(pad, getattr(Qt.Key, f"Key_{key}"))
        assert pad.position() == at
    for _ in range(40):
        QTest.keyClick(pad, Qt.Key.Key_Up)
    assert pad.position() == (0.5, 0.0)


@pytest.mark.parametrize(("place", "corner"), [((5, 5), 0), ((395, 5), 1), ((5, 195), 2), ((395, 195), 3)])
@pytest.mark.parametrize("button", [LEFT, Qt.MouseButton.RightButton])
def test_a_click_in_a_corner_asks_for_it_and_moves_nothing(
    pad: XYPad, place: tuple[int, int], corner: int, button: Qt.MouseButton
) -> None:
    asked: list[int] = []
    pad.cornerAsked.connect(asked.append)
    QTest.mouseClick(pad, button, pos=QPoint(*place))
    if button == LEFT:
        assert asked == [corner]
    assert pad.position() == (0.5, 0.5)


@pytest.mark.parametrize("moves", [2, 63, 64, 100, 129, 500])
def test_a_path_begins_and_ends_where_the_hand_did(pad: XYPad, moves: int) -> None:
    drawn: list[list[tuple[float, float]]] = []
    pad.pathDrawn.connect(drawn.append)
    stops = [QPoint(80 + 240 * each // moves, 100) for each in range(1, moves + 1)]
    drag(pad, QPoint(80, 100), *stops, keys=SHIFT)
    (path,) = drawn
    assert path == pad.path() and 2 <= len(path) <= MAX_PATH
    assert path[0] == (0.2, 0.5) and path[-1] == (0.8, 0.5)
    assert pad.position() == (0.5, 0.5)


def test_a_click_with_shift_is_no_path(pad: XYPad) -> None:
    drawn: list[object] = []
    pad.pathDrawn.connect(drawn.append)
    QTest.mouseClick(pad, LEFT, SHIFT, QPoint(200, 100))
    assert drawn == [] and pad.path() == [] and pad.position() == (0.5, 0.5)


def test_each_corner_of_the_texture_is_its_own_seeds() -> None:
    size = QSize(120, 120)
    first = texture((1, 2, 3, 4), size, 1.0, lit=True).toImage()
    assert first == texture((1, 2, 3, 4), size, 1.0, lit=True).toImage() and first.size() == size
    other = texture((9, 2, 3, 4), size, 1.0, lit=True).toImage()

    def changed(x: int, y: int) -> float:
        """By how many levels of red the 400 pixels at a place differ, on average."""
        places = [(x + dx, y + dy) for dx in range(20) for dy in range(20)]
        return sum(abs(first.pixelColor(*at).red() - other.pixelColor(*at).red()) for at in places) / len(places)

    assert changed(0, 0) > 8 and changed(99, 99) < 0.1 * changed(0, 0)
    assert texture((1, 2, 3, 4), size, 2.0, lit=True).toImage().size() == QSize(240, 240)
