"""How to make it: tempo, bars, key, guidance, temperature, steps, seed."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QPushButton, QSpinBox, QWidget

from engine import KNOBS, LIVE_STEPS, QUALITY_STEPS
from loopgen_app.panels.binding import bind_combo, bind_spin, bind_toggle, bind_value, connect, describe
from loopgen_app.panels.frame import Panel, tool
from loopgen_app.panels.guidance_popup import GuidancePopup
from loopgen_app.studio import Studio
from loopgen_app.theme import icon
from loopgen_app.widgets.dial import Dial
from loopgen_app.widgets.label import Label
from loopgen_app.widgets.seed_box import SeedBox
from loopgen_app.widgets.segmented import Segmented
from loopgen_app.widgets.slider import Slider


class ShapePanel(Panel):
    """The numbers of a loop."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._studio = studio
        self._add_tempo()
        self._add_guidance()
        self._add_steps()
        self._add_seed()

    def _label(self, text: str) -> Label:
        label = Label(text, self)
        label.setProperty("role", "heading")
        return label

    def _add_tempo(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(10)
        self.dial = Dial("BPM", self)
        bind_value(self.dial, "tempo_bpm", self._studio)
        row.addWidget(self.dial)
        grid = QGridLayout()
        grid.setVerticalSpacing(6)
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
        grid.addWidget(self._label("Bars"), 0, 0)
        grid.addWidget(self.bars, 0, 1)
        grid.addWidget(self._label("Key"), 1, 0)
        grid.addWidget(self.key, 1, 1)
        grid.addWidget(tap, 2, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        row.addLayout(grid, 1)
        self.body.addLayout(row)

    def _add_guidance(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.guidance = Slider("Guidance", "", self)
        bind_value(self.guidance, "guidance_scale", self._studio)
        row.addWidget(self.guidance, 4)
        self.temperature = Slider("Temperature", "", self)
        bind_value(self.temperature, "temperature", self._studio)
        row.addWidget(self.temperature, 5)
        more = tool("more", "Guidance of each condition, sampler, schedule", self, object_name="guidanceMore")
        self.popup = GuidancePopup(self._studio, self)
        more.clicked.connect(lambda: self.popup.open_below(more))
        row.addWidget(more, 0, Qt.AlignmentFlag.AlignBottom)
        self.body.addLayout(row)

    def _add_steps(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self._label("Steps"))
        quality = Segmented([("Live", LIVE_STEPS), ("Quality", QUALITY_STEPS)], self)
        quality.setObjectName("stepsPreset")
        quality.setAccessibleName("Live or Quality")
        quality.setToolTip("Live is heard within a beat, Quality takes its time")
        quality.chosen.connect(connect(self._studio, "num_steps", quality.setValue))
        row.addWidget(quality, 1)
        self.steps = QSpinBox(self)
        self.steps.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.steps.setFixedWidth(54)
        bind_spin(self.steps, "num_steps", self._studio)
        row.addWidget(self.steps)
        self.body.addLayout(row)

    def _add_seed(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self._label("Seed"))
        self.seed = SeedBox(int(KNOBS["seed"].high), self)
        describe(self.seed, "seed", self._studio)
        self.seed.valueChanged.connect(connect(self._studio, "seed", self.seed.setValue))
        row.addWidget(self.seed, 1)
        dice = tool("dice", "Draw a new seed", self, object_name="seedDice")
        dice.clicked.connect(self._studio.instrument.draw_seed)
        row.addWidget(dice)
        lock = tool("unlock", "", self)
        bind_toggle(lock, "seed_locked", self._studio)
        lock.toggled.connect(lambda on: lock.setIcon(icon("lock" if on else "unlock")))
        lock.setIcon(icon("lock" if lock.isChecked() else "unlock"))
        row.addWidget(lock)
        self.body.addLayout(row)
