"""The knobs, the dial, the slider: each has a way of its own to be turned, and shows what it holds."""

import pytest
from hand import LEFT, SHIFT, drag, wheel
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from loopgen_app.colours import DARK
from loopgen_app.widgets.dial import Dial
from loopgen_app.widgets.knob import CurveKnob
from loopgen_app.widgets.slider import HANDLE, Slider
from loopgen_app.widgets.steer_knob import SteerKnob


def shades(widget: QWidget, colour: str) -> list[tuple[int, int]]:
    """The pixels of a widget that have exactly a colour."""
    picture, wanted = widget.grab().toImage(), QColor(colour).rgb()
    return [(x, y) for x in range(picture.width()) for y in range(picture.height()) if picture.pixel(x, y) == wanted]


@pytest.fixture
def knob(qtbot: QtBot) -> CurveKnob:
    made = CurveKnob("Bright")
    made.setSingleStep(0.02, 2)
    qtbot.addWidget(made)
    made.resize(62, 74)
    made.show()
    return made


def test_a_knob_is_free_until_it_is_turned(knob: CurveKnob) -> None:
    told: list[object] = []
    knob.curveChanged.connect(told.append)
    assert knob.curve() is None and knob.text() == "free"
    wheel(knob, 5)
    assert knob.curve() == (0.6,) and knob.text() == "60"
    QTest.mouseDClick(knob, LEFT)
    assert knob.curve() is None
    QTest.mouseDClick(knob, LEFT)
    assert knob.curve() == (0.6,)
    assert told == [(0.52 + 0.08,), None, (0.6,)]


def test_a_drawn_curve_is_kept_until_the_knob_is_turned(knob: CurveKnob) -> None:
    told: list[object] = []
    knob.curveChanged.connect(told.append)
    knob.setCurve((0.0, 1.0))
    knob.setCurve((0.0, 1.0))
    assert knob.text() == "drawn" and told == [(0.0, 1.0)]
    knob.setCurve((0.25,))
    assert knob.value() == 0.25 and knob.text() == "25" and told == [(0.0, 1.0), (0.25,)]
    wheel(knob, -1)
    assert knob.curve() == (0.23,)


@pytest.mark.parametrize(("typed", "curve"), [("30", (0.3,)), ("50", (0.5,)), ("250", (1.0,)), ("", None)])
def test_a_knob_takes_percent_as_it_shows_them(knob: CurveKnob, typed: str, curve: object) -> None:
    QTest.keyClick(knob, Qt.Key.Key_Return)
    (editor,) = knob.findChildren(QLineEdit)
    QTest.keyClicks(editor, typed)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert knob.curve() == curve and not editor.isVisible()


def test_the_arc_of_a_knob_grows_with_its_value(knob: CurveKnob) -> None:
    lit = []
    for curve in (None, (0.1,), (0.5,), (1.0,)):
        knob.setCurve(curve)
        lit.append(len(shades(knob, DARK.accent)))
    assert lit[0] == 0 and lit[1] > 5 and lit[2] > 2.5 * lit[1] and lit[3] > 1.6 * lit[2]


def test_taps_set_the_dial_to_their_mean_pace(qtbot: QtBot) -> None:
    now = [0.0]
    dial = Dial("BPM", clock=lambda: now[0])
    qtbot.addWidget(dial)
    dial.setRange(40, 240)
    dial.setSingleStep(1.0, 2)
    dial.setValue(126)
    for moment, value in (
        (10.0, 126.0), (10.5, 120.0), (11.1, 109.1), (11.5, 120.0),
        (20.0, 120.0), (20.4, 150.0),  # a pause of more than two seconds begins anew
    ):  # fmt: skip
        now[0] = moment
        QTest.keyClick(dial, Qt.Key.Key_T)
        assert dial.value() == value
    for _ in range(8):  # no more than eight taps are remembered
        now[0] += 0.5
        QTest.keyClick(dial, Qt.Key.Key_T)
    assert dial.value() == 120.0


def test_two_taps_at_one_moment_are_no_division_by_zero(qtbot: QtBot) -> None:
    dial = Dial("BPM", clock=lambda: 5.0)
    qtbot.addWidget(dial)
    dial.setRange(40, 240)
    dial.setValue(126)
    dial.tap()
    dial.tap()
    assert dial.value() == 126.0


@pytest.fixture
def slider(qtbot: QtBot) -> Slider:
    made = Slider("Guidance", "x")
    qtbot.addWidget(made)
    made.resize(round(200 + 2 * HANDLE), 40)  # a track of 200 pixels
    made.setRange(0.0, 10.0)
    made.setSingleStep(0.5, 2)
    made.show()
    return made


def on_track(slider: Slider, share: float) -> QPoint:
    return QPoint(round(HANDLE + 200 * share), slider.height() - 12)


def test_a_press_on_the_track_jumps_there_and_the_handle_follows(slider: Slider) -> None:
    QTest.mouseClick(slider, LEFT, pos=on_track(slider, 0.5))
    assert slider.value() == 5.0
    drag(slider, on_track(slider, 0.5), on_track(slider, 0.71))
    assert slider.value() == 7.0  # whole steps of a half
    drag(slider, on_track(slider, 0.7), on_track(slider, 0.9), keys=SHIFT)
    assert slider.value() == pytest.approx(7.2)  # a tenth of two
    drag(slider, on_track(slider, 0.7), QPoint(-500, 20))
    assert slider.value() == 0.0


def test_a_press_on_the_words_of_a_slider_moves_nothing(slider: Slider) -> None:
    slider.setValue(2.0)
    QTest.mouseClick(slider, LEFT, pos=QPoint(150, 4))
    assert slider.value() == 2.0


def test_the_track_is_lit_up_to_the_value(slider: Slider) -> None:
    for value in (2.5, 7.5):
        slider.setValue(value)
        lit = [x for x, _ in shades(slider, DARK.accent)]
        assert max(lit) == pytest.approx(HANDLE + 20 * value, abs=HANDLE + 1)


@pytest.fixture
def steer(qtbot: QtBot) -> SteerKnob:
    made = SteerKnob("Dense")
    qtbot.addWidget(made)
    made.resize(50, 50)
    made.setRange(-3.0, 3.0)
    made.setSingleStep(0.1, 1)
    made.setDefault(0.0)
    made.show()
    return made


def test_a_steer_shows_its_sign_and_returns_by_a_double_click(steer: SteerKnob) -> None:
    wheel(steer, 5)
    assert (steer.value(), steer.text()) == (0.5, "+0.5")
    wheel(steer, -17)
    assert (steer.value(), steer.text()) == (-1.2, "-1.2")
    QTest.mouseDClick(steer, LEFT)
    assert (steer.value(), steer.text()) == (0.0, "0")


def test_a_steer_is_lit_to_the_side_that_it_is_turned_to(steer: SteerKnob) -> None:
    assert shades(steer, DARK.accent) == []
    for value, sign in ((2.0, 1), (-2.0, -1)):
        steer.setValue(value)
        sides = [sign * (x - 24.5) for x, _ in shades(steer, DARK.accent)]
        assert len(sides) > 10 and sum(side > 0 for side in sides) > 0.9 * len(sides)
