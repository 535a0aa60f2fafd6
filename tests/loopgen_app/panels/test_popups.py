"""Curves that are drawn over the loop in a popup, and the finer points of sampling in the fold."""

from itertools import pairwise

from conftest import Desk
from hand import LEFT, drag
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from engine import KNOBS
from loopgen_app.panels.curve_popup import CurvePopup
from loopgen_app.panels.engine_rows import EngineRows
from loopgen_app.state.parameters import GUIDED

FRAME = 4
"""Pixels by which a desktop without a screen moves windows."""


def test_a_curve_is_drawn_in_one_step_of_undo_and_set_free(desk: Desk) -> None:
    instrument, owner = desk.studio.instrument, desk.show(QWidget())
    popup = CurvePopup(desk.studio, "curve_density", owner)
    popup.editor.resize(320, 100)
    drag(popup.editor, QPoint(0, 99), *(QPoint(x, 99 - x * 99 // 319) for x in range(0, 320, 29)), QPoint(319, 0))
    curve = instrument.value("curve_density")
    assert len(curve) == 64 and curve[0] < 0.05 and curve[-1] == 1.0
    assert all(later >= earlier - 1e-9 for earlier, later in pairwise(curve))
    instrument.undo()
    assert instrument.value("curve_density") is None
    instrument.redo()
    (free,) = popup.findChildren(QPushButton)
    QTest.mouseClick(free, LEFT)
    assert instrument.value("curve_density") is None


def test_popups_open_beside_what_they_belong_to(desk: Desk) -> None:
    owner = desk.show(QWidget())
    owner.setGeometry(300, 400, 200, 100)
    anchor = QToolButton(owner)
    anchor.setGeometry(100, 20, 60, 30)
    corner = anchor.mapToGlobal(QPoint(0, 0))
    above = CurvePopup(desk.studio, "curve_density", owner)
    above.open_above(anchor)
    assert (above.pos() - corner + QPoint(0, 4 + above.height())).manhattanLength() <= FRAME
    above.hide()


def test_every_condition_can_be_weighed(desk: Desk) -> None:
    popup = desk.show(EngineRows(desk.studio))
    for number, condition in enumerate(GUIDED):
        slider = popup.findChild(QWidget, f"guidance{condition.title()}Slider")
        assert slider is not None and slider.value() == KNOBS[f"guidance_{condition}"].default  # type: ignore[attr-defined]
        slider.setValue(0.5 + number / 5)  # type: ignore[attr-defined]
    weights = {condition: 0.5 + number / 5 for number, condition in enumerate(GUIDED)}
    assert desk.studio.instrument.request().guidance == {name: w for name, w in weights.items() if w != 1.0}
