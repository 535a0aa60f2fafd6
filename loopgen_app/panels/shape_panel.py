"""How to make it: tempo, bars, key; how closely and how wildly; and, folded away, how the engine goes about it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QPushButton, QSpinBox, QWidget

from loopgen_app.making.generation import GenerationState
from loopgen_app.panels.binding import bind_combo, bind_spin, bind_value, connect
from loopgen_app.panels.engine_rows import EngineRows
from loopgen_app.panels.frame import Panel
from loopgen_app.studio import Studio
from loopgen_app.widgets.dial import Dial
from loopgen_app.widgets.disclosure import Disclosure
from loopgen_app.widgets.label import Label
from loopgen_app.widgets.round_knob import RoundKnob

TOLD = ("seed", "seed_locked", "num_steps", "sampler")


class ShapePanel(Panel):
    """The numbers of a loop."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._studio = studio
        self._add_tempo()
        self.engine = EngineRows(studio, self)
        self.fold = Disclosure("Engine", self.engine, self)
        self.fold.button.setObjectName("engineFold")
        self.fold.setOpen(studio.settings.engine_open)
        self.fold.toggled.connect(self._remember)
        self.body.addWidget(self.fold)
        for knob in TOLD:
            connect(studio, knob, lambda _value: self.fold.setSummary(self.engine.summary()))

    def _remember(self, is_open: bool) -> None:
        self._studio.settings.engine_open = is_open
        self._studio.sessions.save_settings()

    def _label(self, text: str) -> Label:
        label = Label(text, self)
        label.setProperty("role", "heading")
        return label

    def _add_tempo(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(12)
        self.dial = Dial("BPM", self)
        bind_value(self.dial, "tempo_bpm", self._studio)
        row.addWidget(self.dial)
        grid = QGridLayout()
        grid.setVerticalSpacing(6)
        grid.setHorizontalSpacing(6)
        self.bars = QSpinBox(self)
        self.bars.setAlignment(Qt.AlignmentFlag.AlignRight)
        bind_spin(self.bars, "bars", self._studio)
        self.key = QComboBox(self)
        bind_combo(self.key, "key", self._studio, lambda key: key or "Any")
        tap = QPushButton("Tap", self)
        tap.setObjectName("tapButton")
        tap.setAccessibleName("Tap tempo")
        tap.setToolTip("Tap the tempo here or with T")
        tap.pressed.connect(self.dial.tap)
        for row_of, (words, box) in enumerate((("Bars", self.bars), ("Key", self.key))):
            grid.addWidget(self._label(words), row_of, 0)
            grid.addWidget(box, row_of, 1)
        grid.addWidget(tap, 2, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        row.addLayout(grid, 1)
        self.body.addLayout(row)
        self.body.addLayout(self._knobs())

    def _knobs(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        names = ("guidance_scale", "Guidance"), ("temperature", "Temperature"), ("repeat", "Repeat")
        self.guidance, self.temperature, self.repeat = knobs = [RoundKnob(words, self) for _, words in names]
        for knob, (name, _) in zip(knobs, names, strict=True):
            bind_value(knob, name, self._studio)
            row.addWidget(knob)
        self.learnt = RoundKnob("Learnt", self)
        bind_value(self.learnt, "learnt", self._studio)
        row.addWidget(self.learnt)
        self._studio.generation.stateChanged.connect(self._show_learnt)
        self._show_learnt(self._studio.generation.state)
        return row

    def _show_learnt(self, state: GenerationState) -> None:
        """A pack that learnt nothing has nothing to blend."""
        self.learnt.setVisible(state.info is not None and state.info.learnt)
