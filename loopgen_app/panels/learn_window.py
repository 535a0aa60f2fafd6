"""Learn from my sounds: a window beside the instrument, which plays on. Drop a folder, choose minutes, listen."""

from pathlib import Path

from PySide6.QtWidgets import QComboBox, QDialog, QDoubleSpinBox, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from engine import LEARNING_MINUTES, LoopGenError, find_recipe, read_audio, read_metadata
from loopgen_app.panels.frame import in_a_row, named_button
from loopgen_app.panels.learn_files import LearnFiles
from loopgen_app.state.learning import LearningState, WaitingRun
from loopgen_app.studio import Studio
from loopgen_app.widgets.elided_label import ElidedLabel
from loopgen_app.widgets.label import Label
from loopgen_app.widgets.loss_curve import LossCurve

DEFAULT_MINUTES = 45.0


class LearnWindow(QDialog):
    """Shows the learner of the studio; closing it ends nothing."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("learnWindow")
        self.setWindowTitle("Learn from my sounds")
        self._studio, self._learner = studio, studio.learner
        column = QVBoxLayout(self)
        self.files = LearnFiles(self)
        self.files.chosen.connect(self._look)
        self.files.ticked.connect(self._learner.tick)
        self.files.refused.connect(self._say)
        column.addWidget(self.files, 3)
        column.addWidget(self._asked())
        self.curve = LossCurve(self)
        column.addWidget(self.curve, 2)
        self.bar = QProgressBar(self)
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        column.addWidget(self.bar)
        self.words = ElidedLabel(self)
        self.words.setObjectName("learnWords")
        column.addWidget(self.words)
        column.addWidget(self._steering())
        column.addWidget(self._waiting())
        self._learner.changed.connect(self._show)
        self._show(self._learner.state)
        self.resize(560, 720)

    def _asked(self) -> QWidget:
        self.name = QLineEdit("mine", self)
        self.name.setObjectName("learnName")
        self.name.setAccessibleName("Name of the pack")
        self.minutes = QDoubleSpinBox(self)
        self.minutes.setObjectName("learnMinutes")
        self.minutes.setAccessibleName("Minutes to learn")
        self.minutes.setDecimals(1)
        self.minutes.setRange(max(0.1, LEARNING_MINUTES[0]), LEARNING_MINUTES[1])
        self.minutes.setValue(DEFAULT_MINUTES)
        self.minutes.setSuffix(" min")
        self.start = named_button(self, "Learn", "learnStart", "Learn from the ticked sounds for so many minutes")
        self.start.clicked.connect(self._learn)
        return in_a_row(self, Label("Pack", self), self.name, self.minutes, self.start, springs=(1,))

    def _steering(self) -> QWidget:
        self.hear = named_button(self, "Hear it", "learnHear", "Play the latest loop of what was learnt so far")
        self.hear.clicked.connect(self._hear)
        self.pause = named_button(self, "Pause", "learnPause", "Keep where it is; it can go on later")
        self.pause.clicked.connect(self._learner.pause)
        self.finish = named_button(self, "Stop, keep the best", "learnFinish", "Make a pack of the best so far")
        self.finish.clicked.connect(self._learner.finish)
        self.use = named_button(self, "Play this pack", "learnUse", "Make loops with the pack that was learnt")
        self.use.clicked.connect(self._use)
        return in_a_row(self, self.hear, self.pause, self.finish, self.use, springs=())

    def _waiting(self) -> QWidget:
        self.runs = QComboBox(self)
        self.runs.setObjectName("learnRuns")
        self.runs.setAccessibleName("Runs that wait")
        self.go_on = named_button(self, "Go on", "learnGoOn", "Go on with a run that was paused or cut")
        self.go_on.clicked.connect(lambda: self._with_run(self._learner.go_on))
        self.forget = named_button(self, "Forget", "learnForget", "Delete a run and what it learnt so far")
        self.forget.clicked.connect(lambda: self._with_run(self._learner.forget))
        self._row = in_a_row(self, self.runs, self.go_on, self.forget)
        return self._row

    # ---- what is pressed ----------------------------------------------------------------------------------------

    def _look(self, folder: Path) -> None:
        self._learner.look(folder)

    def _learn(self) -> None:
        try:
            self._learner.learn(self.name.text(), self.minutes.value(), self._studio.settings.pack)
        except LoopGenError as error:
            self._say(str(error))

    def _hear(self) -> None:
        _, path = self._learner.state.previews[-1]
        try:
            file = read_audio(Path(path))
            recipe = find_recipe(read_metadata(Path(path)).comment)
        except LoopGenError as error:
            self._say(str(error))
            return
        if recipe is not None:
            self._studio.audition.play_unbanked(Path(path).stem, file.audio, file.sample_rate, recipe)

    def _use(self) -> None:
        play_pack(self._studio, Path(self._learner.state.pack))

    def _with_run(self, act: object) -> None:
        run = self.runs.currentData()
        if isinstance(run, WaitingRun) and callable(act):
            act(run)

    # ---- what is shown ------------------------------------------------------------------------------------------

    def _say(self, words: str) -> None:
        self.words.setWhole(words)

    def _show(self, state: LearningState) -> None:
        self.files.show_state(state)
        folder = [(point.minutes, point.folder) for point in state.heard]
        known = [(point.minutes, point.known) for point in state.heard if point.known]
        self.curve.setCurves(state.losses, folder, known, state.of_minutes)
        self.bar.setValue(round(1000 * state.fraction))
        remark = state.remarks[-1] if state.remarks and not state.words else ""
        self._say(" ".join(filter(None, (state.doing, state.words, remark))))
        learning = state.phase == "learning"
        self.start.setEnabled(not state.busy and bool(state.usable))
        self.pause.setEnabled(learning)
        self.finish.setEnabled(learning and bool(state.heard))
        self.hear.setEnabled(bool(state.previews))
        self.use.setEnabled(state.phase == "done" and bool(state.pack))
        self._show_runs(state)

    def _show_runs(self, state: LearningState) -> None:
        if state.losses and state.busy:  # at every step: the disk need not be asked
            return
        waiting = self._learner.waiting()
        if [self.runs.itemData(row) for row in range(self.runs.count())] != waiting:
            self.runs.clear()
            for run in waiting:
                self.runs.addItem(run.name, run)
        self._row.setVisible(bool(waiting))
        self.go_on.setEnabled(not state.busy)


def play_pack(studio: Studio, folder: Path) -> None:
    """Make loops with the pack in `folder` from now on, also after a restart."""
    studio.generation.open_pack(folder)
    studio.settings.pack = str(folder)
    studio.sessions.save_settings()
