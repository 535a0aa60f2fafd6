"""What only those turn who want to know how a loop is made: seed, steps, sampler, schedule, weights of conditions."""

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QSpinBox, QVBoxLayout, QWidget

from engine import KNOBS, LIVE_STEPS, PROGRESSIVE, PROGRESSIVE_STEPS, QUALITY_STEPS
from loopgen_app.icons import icon
from loopgen_app.panels.binding import bind_combo, bind_spin, bind_toggle, bind_value, connect, describe
from loopgen_app.panels.frame import in_a_row, tool
from loopgen_app.state.parameters import GUIDED
from loopgen_app.studio import Studio
from loopgen_app.widgets.label import Label
from loopgen_app.widgets.seed_box import SeedBox
from loopgen_app.widgets.segmented import Segmented
from loopgen_app.widgets.slider import Slider


class EngineRows(QWidget):
    """Rows for a fold; `summary` tells in one line how they stand."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        rows = (
            ("Seed", self._seed()), ("Steps", self._steps()),
            ("Stepping", self._choice("sampler", "Stepping")), ("Spacing", self._choice("schedule", "Spacing")),
        )  # fmt: skip
        for row, (words, control) in enumerate(rows):
            grid.addWidget(self._label(words), row, 0)
            grid.addWidget(control, row, 1)
        column.addLayout(grid)
        column.addWidget(self._label("Weight of each condition"))
        weights = QGridLayout()
        weights.setHorizontalSpacing(14)
        for place, (condition, label) in enumerate(GUIDED.items()):
            slider = Slider(label, "x", self)
            bind_value(slider, f"guidance_{condition}", studio)
            weights.addWidget(slider, place // 2, place % 2)
        column.addLayout(weights)

    def summary(self) -> str:
        """The seed and the steps, as they are said in one line."""
        value = self._studio.instrument.value
        preset, steps = self._preset(), value("num_steps")
        speed = {LIVE_STEPS: "Live", QUALITY_STEPS: "Quality"}.get(preset, f"{steps} steps")
        return f"{speed} · seed {value('seed')}{' kept' if value('seed_locked') else ''}"

    def _label(self, text: str) -> Label:
        label = Label(text, self)
        label.setProperty("role", "heading")
        return label

    def _seed(self) -> QWidget:
        studio = self._studio
        self.seed = SeedBox(int(KNOBS["seed"].high), self)
        describe(self.seed, "seed", studio)
        self.seed.valueChanged.connect(connect(studio, "seed", self.seed.setValue))
        dice = tool("dice", "Draw a new seed", self, object_name="seedDice")
        dice.clicked.connect(studio.instrument.draw_seed)
        lock = tool("unlock", "", self)
        bind_toggle(lock, "seed_locked", studio)
        lock.toggled.connect(lambda on: lock.setIcon(icon("lock" if on else "unlock")))
        lock.setIcon(icon("lock" if lock.isChecked() else "unlock"))
        return in_a_row(self, self.seed, dice, lock)

    def _steps(self) -> QWidget:
        self.quality = Segmented([("Live", LIVE_STEPS), ("Quality", QUALITY_STEPS)], self)
        self.quality.setObjectName("stepsPreset")
        self.quality.setAccessibleName("Live or Quality")
        self.quality.setToolTip("Live is heard within a beat, Quality takes its time")
        self.quality.chosen.connect(self._prefer)
        self.steps = QSpinBox(self)
        self.steps.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.steps.setFixedWidth(54)
        bind_spin(self.steps, "num_steps", self._studio)
        for knob in ("num_steps", "sampler"):
            connect(self._studio, knob, lambda _value: self._show_steps())
        return in_a_row(self, self.quality, self.steps)

    def _preset(self) -> int:
        """The steps of the preset that is on: however many are set, two evaluations are Live."""
        value = self._studio.instrument.value
        return LIVE_STEPS if value("sampler") == PROGRESSIVE else int(value("num_steps"))

    def _show_steps(self) -> None:
        self.quality.setValue(self._preset())
        value = self._studio.instrument.value
        fixed = value("sampler") == PROGRESSIVE
        self.steps.setEnabled(not fixed)
        with QSignalBlocker(self.steps):
            self.steps.setValue(PROGRESSIVE_STEPS if fixed else int(value("num_steps")))

    def _prefer(self, steps: int) -> None:
        """Live is the sampler of two evaluations where the pack has it; Quality takes many steps of another."""
        instrument, info = self._studio.instrument, self._studio.generation.state.info
        chosen: dict[str, object] = {"num_steps": steps}
        if steps == LIVE_STEPS and info is not None and info.progressive:
            chosen["sampler"] = PROGRESSIVE
        elif instrument.value("sampler") == PROGRESSIVE:
            chosen["sampler"] = KNOBS["sampler"].default
        instrument.set_many(chosen, "Live or Quality")

    def _choice(self, knob: str, words: str) -> QComboBox:
        """A sampler is another thing to a musician: `words` say what it is here."""
        box = QComboBox(self)
        bind_combo(box, knob, self._studio, str.capitalize)
        box.setAccessibleName(words)
        return box
