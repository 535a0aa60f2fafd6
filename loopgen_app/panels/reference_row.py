"""A sound to take after, and how much it weighs against the words."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from engine import AUDIO_SUFFIXES
from loopgen_app.panels.binding import bind_value, connect, describe
from loopgen_app.panels.frame import tool
from loopgen_app.state.parameters import PARAMETERS
from loopgen_app.studio import Studio
from loopgen_app.widgets.label import set_tip
from loopgen_app.widgets.reference_drop import ReferenceDrop
from loopgen_app.widgets.slider import Slider

FILTER = f"Audio ({' '.join(f'*{suffix}' for suffix in AUDIO_SUFFIXES)})"


class ReferenceRow(QWidget):
    """The field to drop a sound on, and the blend."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        clear = tool("close", "Clear the reference", self, object_name="referenceClear")
        self.drop = ReferenceDrop(clear, self)
        describe(self.drop, "reference", studio)
        self.drop.dropped.connect(self._take)
        self.drop.cleared.connect(studio.references.clear)
        self.drop.asked.connect(self.choose)
        row.addWidget(self.drop, 5)
        self.blend = Slider("Words", "", self, far="Sound")
        bind_value(self.blend, "blend", studio)
        row.addWidget(self.blend, 4)
        studio.references.changed.connect(self._show)
        for knob in ("reference", "reference_name"):
            connect(studio, knob, lambda _value: self._show())

    def _take(self, paths: list[Path]) -> None:
        if not paths:
            self._studio.messages.complain("Only files and loops of the bank can be a reference.")
            return
        self._studio.references.take_file(paths[0])

    def choose(self) -> None:
        """Ask for a file and take on its character."""
        name, _ = QFileDialog.getOpenFileName(self, "Take on the character of", "", FILTER)
        if name:
            self._studio.references.take_file(Path(name))

    def _show(self) -> None:
        instrument, coming = self._studio.instrument, self._studio.references.listening_to
        name = instrument.value("reference_name") or "A sound" if instrument.value("reference") else ""
        self.drop.setSound(coming or name, listening=bool(coming))
        set_tip(self.drop, f"{name}: its character is taken on." if name else PARAMETERS["reference"].tooltip)
        self.blend.setEnabled(bool(name))
