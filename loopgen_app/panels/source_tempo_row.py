"""The tempo of the source: at which it is read, whole bars that are offered, and how well it comes back."""

from typing import Final

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QWidget

from loopgen_app.making.reworking import Reworking
from loopgen_app.panels.frame import lay_in_a_row, named_button
from loopgen_app.state.source import ReadProblem
from loopgen_app.widgets.decimal_box import DecimalBox
from loopgen_app.widgets.label import Label, set_tip

FAITHFUL: Final = {0.015: "Comes back as it was", 0.05: "Comes back nearly as it was"}
"""By the largest error that is called so."""


class SourceTempoRow(QWidget):
    """The tempo to type, half and double of it, and the ways to make whole bars of a file that has none."""

    def __init__(self, reworking: Reworking, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reworking = reworking
        self.tempo = self._tempo_box()
        self.half = named_button(self, "½", "sourceHalfButton", "Take it as half the tempo")
        self.double = named_button(self, "×2", "sourceDoubleButton", "Take it as twice the tempo")
        self.half.clicked.connect(lambda: reworking.scale_tempo(0.5))
        self.double.clicked.connect(lambda: reworking.scale_tempo(2.0))
        self.error = Label("", self)
        self.error.setObjectName("sourceErrorLabel")
        self.error.setProperty("role", "soft")
        self.error.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.trim = named_button(self, "", "sourceTrimButton", "Cut it after its last whole bar")
        self.fit = named_button(self, "", "sourceFitButton", "Take it as whole bars, at this tempo")
        self.trim.clicked.connect(lambda: reworking.fit("trim"))
        self.fit.clicked.connect(lambda: reworking.fit("stretch"))
        lay_in_a_row(self, self.tempo, self.half, self.double, self.error, self.trim, self.fit, springs=(3,))

    def _tempo_box(self) -> DecimalBox:
        box = DecimalBox(self)
        box.setObjectName("sourceTempo")
        box.setAccessibleName("Tempo of the source")
        box.setToolTip("The tempo of the source: type another if it was heard wrongly")
        box.setRange(0.0, 999.0)  # wider than what is possible: it shows whatever a file says of itself
        box.setDecimals(2)
        box.setSuffix(" BPM")
        box.setSpecialValueText("tempo?")
        box.setKeyboardTracking(False)
        box.setAlignment(Qt.AlignmentFlag.AlignCenter)
        box.setFixedWidth(96)
        box.valueChanged.connect(self._reworking.set_tempo)
        return box

    def show_tempo(self) -> None:
        """Show the tempo of the file at hand, and how well it comes back once that was measured."""
        work = self._reworking
        with QSignalBlocker(self.tempo):
            self.tempo.setValue(work.tempo_bpm or 0.0)
        self.tempo.setEnabled(work.wish is not None)
        self.half.setEnabled(work.can_scale(0.5))
        self.double.setEnabled(work.can_scale(2.0))
        trip = work.round_trip if work.refused is None else None
        self.error.setText("" if trip is None else faithful(trip.latent_error))
        measured = (
            "" if trip is None else f" ({100 * trip.latent_error:.1f} % off; sound {trip.heard_si_sdr_db:.1f} dB)"
        )
        set_tip(
            self.error,
            "How well the loop comes back once it went to noise and back: what is made of it can be no closer to it"
            + measured,
        )

    def show_offers(self, problem: ReadProblem | None) -> None:
        """Show the ways out of a file that is not whole bars; none without a problem."""
        trim, fit = (problem.trim_bars, problem.stretch_bpm) if problem is not None else (None, None)
        self.trim.setVisible(trim is not None)
        self.fit.setVisible(fit is not None)
        self.trim.setText(f"Trim to {trim or 'whole bars'}")
        self.fit.setText(f"Fit {fit or 0:.4g}")


def faithful(error: float) -> str:
    """In words how well a loop comes back from its noise; `error` is the share of it that does not."""
    for most, words in FAITHFUL.items():
        if error <= most:
            return words
    return "Comes back changed"
