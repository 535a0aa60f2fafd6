"""Directions that words and references are steered in."""

from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine import STEERS
from loopgen_app.panels.binding import bind_value
from loopgen_app.state.parameters import PARAMETERS
from loopgen_app.studio import Studio
from loopgen_app.widgets.steer_knob import SteerKnob


class SteerRow(QWidget):
    """One small knob per direction."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.knobs: dict[str, SteerKnob] = {}
        for steer in STEERS:
            knob = SteerKnob(PARAMETERS[f"steer_{steer}"].label, self)
            bind_value(knob, f"steer_{steer}", studio)
            self.knobs[steer] = knob
            row.addWidget(knob)
