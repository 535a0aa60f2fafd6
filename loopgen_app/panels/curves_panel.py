"""How it moves: loudness, brightness, density and noisiness over the loop."""

from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from engine import CURVES
from loopgen_app.panels.binding import bind_curve
from loopgen_app.panels.curve_popup import CurvePopup
from loopgen_app.panels.frame import Panel
from loopgen_app.studio import Studio
from loopgen_app.widgets.knob import CurveKnob

COLUMNS = 2
LEAST, LARGEST = 60, 62.0
"""Pixels across that a knob needs for its name, and that it takes where there is room."""


class CurvesPanel(Panel):
    """Four knobs in a square; each can be free, one value, or a drawn curve."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("Movement", parent)
        grid = QGridLayout()
        grid.setSpacing(4)
        self.knobs: dict[str, CurveKnob] = {}
        for place, curve in enumerate(CURVES):
            knob = CurveKnob(curve.capitalize(), self)
            knob.largest, knob.least = LARGEST, LEAST
            knob.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
            bind_curve(knob, f"curve_{curve}", studio)
            popup = CurvePopup(studio, f"curve_{curve}", self)
            knob.drawAsked.connect(lambda popup=popup, knob=knob: popup.open_above(knob))
            self.knobs[curve] = knob
            grid.addWidget(knob, place // COLUMNS, place % COLUMNS)
        self.body.setContentsMargins(10, 8, 10, 6)
        self.body.addLayout(grid, 1)
