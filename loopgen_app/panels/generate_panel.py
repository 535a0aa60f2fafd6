"""The press that makes sound."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QSpinBox, QWidget

from loopgen_app.icons import icon
from loopgen_app.making.generation import GenerationState
from loopgen_app.panels.binding import bind_spin, bind_toggle
from loopgen_app.studio import Studio


class GeneratePanel(QWidget):
    """Generate and Cancel, how many, and whether the loop follows every knob."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.follow = QPushButton("Follow", self)
        bind_toggle(self.follow, "follow", studio)
        self.variations = QSpinBox(self)
        self.variations.setAlignment(Qt.AlignmentFlag.AlignCenter)
        bind_spin(self.variations, "variations", studio)
        self.variations.valueChanged.connect(self._show_count)
        self._show_count(self.variations.value())
        self.cancel = QPushButton("Cancel", self)
        self.cancel.setObjectName("cancelButton")
        self.cancel.setAccessibleName("Cancel generating")
        self.cancel.setToolTip("Stop generating; what plays goes on (Esc)")
        self.cancel.clicked.connect(studio.composing.cancel)
        for widget in (self.follow, self.variations, self.cancel):
            widget.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
            row.addWidget(widget, 1)
        self.generate = QPushButton("Generate", self)
        self.generate.setProperty("role", "primary")
        self.generate.setObjectName("generateButton")
        self.generate.setAccessibleName("Generate")
        self.generate.setToolTip("Make a loop and play it (Ctrl+Enter)")
        self.generate.setIcon(icon("spark", "on_accent", "on_accent"))
        self.generate.clicked.connect(studio.composing.generate)
        self.generate.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row.addWidget(self.generate, 4)
        studio.generation.stateChanged.connect(self._show)
        self._show(studio.generation.state)

    def _show_count(self, count: int) -> None:
        self.variations.setSuffix(" loop" if count == 1 else " loops")

    def _show(self, state: GenerationState) -> None:
        self.cancel.setEnabled(state.busy)
        waiting = state.busy and state.model == "loading"
        self.generate.setText("Waiting for the model…" if waiting else "Generate again" if state.busy else "Generate")
