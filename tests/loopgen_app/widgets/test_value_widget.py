"""A number under a hand: wheel, keys, drags and typing move it by what they say, and never out of its range."""

import pytest
from hand import CONTROL, LEFT, SHIFT, drag, move, wheel
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from loopgen_app.widgets.value_widget import DRAG_PIXELS, ValueWidget

MIDDLE = QPoint(150, 150)


@pytest.fixture
def widget(qtbot: QtBot) -> ValueWidget:
    """From 40 to 240 in steps of 1, with two decimals; at 100, which is 0.3 of the way."""
    made = ValueWidget()
    qtbot.addWidget(made)
    made.resize(300, 300)
    made.setRange(40.0, 240.0)
    made.setSingleStep(1.0, 2)
    made.setValue(100.0)
    made.show()
    return made


def editors(widget: QWidget) -> list[QLineEdit]:
    return [editor for editor in widget.findChildren(QLineEdit, "valueEditor") if editor.isVisible()]


def test_the_wheel_turns_by_steps_and_by_hundredths_with_shift(widget: ValueWidget) -> None:
    wheel(widget, 3)
    assert widget.value() == 103.0
    wheel(widget, -2, SHIFT)
    assert widget.value() == 102.98
    wheel(widget, 4, SHIFT, sideways=True)
    assert widget.value() == 103.02
    wheel(widget, 0.5)
    assert widget.value() == 103.52


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (Qt.Key.Key_Up, 101.0), (Qt.Key.Key_Right, 101.0), (Qt.Key.Key_Down, 99.0), (Qt.Key.Key_Left, 99.0),
        (Qt.Key.Key_PageUp, 110.0), (Qt.Key.Key_PageDown, 90.0), (Qt.Key.Key_Home, 40.0), (Qt.Key.Key_End, 240.0),
        (Qt.Key.Key_A, 100.0), (Qt.Key.Key_Delete, 100.0),
    ],
)  # fmt: skip
def test_keys_move_it(widget: ValueWidget, key: Qt.Key, value: float) -> None:
    QTest.keyClick(widget, key)
    assert widget.value() == value


def test_delete_and_ctrl_click_return_to_the_default_where_there_is_one(widget: ValueWidget) -> None:
    widget.setDefault(126.0)
    began: list[bool] = []
    widget.gestureBegan.connect(lambda: began.append(True))
    QTest.keyClick(widget, Qt.Key.Key_Delete)
    assert widget.value() == 126.0
    wheel(widget, 10)
    QTest.mouseClick(widget, LEFT, CONTROL, MIDDLE)
    assert widget.value() == 126.0 and not began


def test_a_drag_goes_as_far_as_the_pixels_say_and_is_one_gesture(widget: ValueWidget) -> None:
    told: list[str] = []
    widget.gestureBegan.connect(lambda: told.append("began"))
    widget.gestureEnded.connect(lambda: told.append("ended"))
    widget.valueChanged.connect(lambda value: told.append(f"{value:g}"))
    up = QPoint(0, round(DRAG_PIXELS / 4))  # a quarter of the range of 200
    drag(widget, MIDDLE, MIDDLE - up)
    assert widget.value() == 150.0 and told == ["began", "150", "ended"]
    drag(widget, MIDDLE, MIDDLE - QPoint(100, 0))  # to the side half as fast
    assert widget.value() == 100.0
    drag(widget, MIDDLE, MIDDLE - up, keys=SHIFT)
    assert widget.value() == 105.0
    move(widget, MIDDLE - QPoint(0, 90))
    QTest.mouseClick(widget, Qt.MouseButton.RightButton, pos=MIDDLE)
    assert widget.value() == 105.0


def test_nothing_leaves_the_range_and_only_changes_are_told(widget: ValueWidget) -> None:
    told: list[float] = []
    widget.valueChanged.connect(told.append)
    for asked, value in ((1e9, 240.0), (float("inf"), 240.0), (float("nan"), 240.0), (-5, 40.0), (40.001, 40.0)):
        widget.setValue(asked)
        assert widget.value() == value
    assert told == [240.0, 40.0]
    widget.setRange(80.0, 200.0)
    assert widget.value() == 80.0 and widget.fraction() == 0.0
    drag(widget, MIDDLE, MIDDLE - QPoint(0, 5000))
    assert widget.value() == 200.0 and widget.fraction() == 1.0


def test_a_range_that_is_finer_than_its_decimals_is_kept(qtbot: QtBot) -> None:
    widget = ValueWidget()
    qtbot.addWidget(widget)
    widget.setRange(0.04, 0.96)
    widget.setSingleStep(0.1, 1)
    for asked, value in ((0.0, 0.04), (1.0, 0.96), (0.52, 0.5)):
        widget.setValue(asked)
        assert widget.value() == value


@pytest.mark.parametrize(("value", "shown"), [(100.0, "100"), (99.5, "99.5"), (120.25, "120.25")])
def test_it_shows_no_empty_decimals(widget: ValueWidget, value: float, shown: str) -> None:
    widget.setValue(value)
    assert widget.text() == shown


@pytest.mark.parametrize(("typed", "value"), [("133.37", 133.37), ("999", 240.0), ("-3", 40.0), ("90,5", 90.5)])
def test_enter_takes_what_was_typed_and_closes_the_field(widget: ValueWidget, typed: str, value: float) -> None:
    QTest.keyClick(widget, Qt.Key.Key_Return)
    (editor,) = editors(widget)
    assert editor.text() == "100" and editor.selectedText() == "100"
    QTest.keyClicks(editor, typed)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert widget.value() == value and editors(widget) == []


def test_escape_leaves_the_field_and_the_value(widget: ValueWidget) -> None:
    QTest.mouseDClick(widget, LEFT, pos=MIDDLE)
    (editor,) = editors(widget)
    QTest.keyClicks(editor, "200")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert editors(widget) == [] and widget.value() == 100.0


def test_asking_twice_to_type_opens_one_field(widget: ValueWidget) -> None:
    QTest.keyClick(widget, Qt.Key.Key_F2)
    QTest.keyClick(editors(widget)[0], Qt.Key.Key_F2)
    assert len(editors(widget)) == 1
    QTest.keyClicks(editors(widget)[0], "77")
    QTest.keyClick(editors(widget)[0], Qt.Key.Key_Return)
    assert widget.value() == 77.0 and editors(widget) == []
