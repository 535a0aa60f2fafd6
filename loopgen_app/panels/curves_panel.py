"""How it moves: loudness, brightness, density and noisiness over the loop."""

from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine import CURVES
from loopgen_app.panels.binding import bind_curve
from loopgen_app.panels.curve_popup import CurvePopup
from loopgen_app.panels.frame import Panel
from loopgen_app.studio import Studio
from loopgen_app.widgets.knob import CurveKnob


class CurvesPanel(Panel):
    """Four knobs; each can be free, one value, or a drawn curve."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        row = QHBoxLayout()
        row.setSpacing(2)
        self.knobs: dict[str, CurveKnob] = {}
        for curve in CURVES:
            knob = CurveKnob(curve.capitalize(), self)
            bind_curve(knob, f"curve_{curve}", studio)
            popup = CurvePopup(studio, f"curve_{curve}", self)
            knob.drawAsked.connect(lambda popup=popup, knob=knob: popup.open_above(knob))
            self.knobs[curve] = knob
            row.addWidget(knob)
        self.body.setContentsMargins(8, 3, 8, 2)
        self.body.addLayout(row)
