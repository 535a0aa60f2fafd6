"""The sounds of a folder, dropped or chosen, with what was found of each, to be ticked or left out."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from engine import LearningTold, is_folder
from loopgen_app.panels.frame import in_a_row, named_button
from loopgen_app.state.learning import LearningState
from loopgen_app.widgets.drag_tile import files_of
from loopgen_app.widgets.elided_label import ElidedLabel
from loopgen_app.widgets.label import plain_tip

COUNT_EVERY = 20
"""While a large folder is looked at, counting all of it at every file would take longer than looking."""
PATH = Qt.ItemDataRole.UserRole


class LearnFiles(QWidget):
    """`chosen(folder)` when one is dropped or chosen, `ticked(path, wanted)` when a sound is."""

    chosen = Signal(object)
    ticked = Signal(str, bool)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("learnFiles")
        self.setAcceptDrops(True)
        self._source = ""
        self.where = ElidedLabel(self)
        self.where.setObjectName("learnSource")
        choose = named_button(self, "Choose folder…", "learnChoose", "Choose a folder of your sounds")
        choose.clicked.connect(self._choose)
        self.files = QListWidget(self)
        self.files.setObjectName("learnList")
        self.files.setAccessibleName("Sounds to learn from")
        self.files.setUniformItemSizes(True)
        self.files.itemChanged.connect(self._changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(in_a_row(self, self.where, choose))
        column.addWidget(self.files, 1)
        self.show_state(LearningState())

    def show_state(self, state: LearningState) -> None:
        """The files of `state`; those that are shown stay as they are."""
        if state.source != self._source or self.files.count() > len(state.files):
            self._source = state.source
            self.files.clear()
        blocked = self.files.blockSignals(True)
        for told in state.files[self.files.count() :]:
            self.files.addItem(_item(told, wanted=told.path not in state.left_out))
        self.files.blockSignals(blocked)
        if state.phase != "looking" or len(state.files) % COUNT_EVERY == 0:
            refused = sum(not told.usable for told in state.files)
            counts = f"{len(state.usable)} of {len(state.files)} sounds, {refused} refused"
            name = Path(state.source).name
            self.where.setWhole(f"{name}: {counts}" if name else "Drop a folder of your loops here, thirty or more.")
        self.files.setEnabled(state.phase in ("looking", "looked", "paused", "failed", "done"))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take folders."""
        if files_of(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Look at the folder that was dropped."""
        dropped = files_of(event.mimeData())
        if len(dropped) == 1 and is_folder(dropped[0]):
            event.acceptProposedAction()
            self.chosen.emit(dropped[0])
        else:
            self.refused.emit("Drop one folder: every sound in it and below is looked at.")

    def _choose(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Learn from the sounds in")
        if folder:
            self.chosen.emit(Path(folder))

    def _changed(self, item: QListWidgetItem) -> None:
        self.ticked.emit(item.data(PATH), item.checkState() == Qt.CheckState.Checked)


def _item(told: LearningTold, *, wanted: bool) -> QListWidgetItem:
    bars = f"{told.bars} bar{'s' * (told.bars != 1)}, {told.tempo_bpm:g} BPM" if told.usable else "refused"
    item = QListWidgetItem(f"{Path(told.path).name}   {bars}")
    item.setData(PATH, told.path)
    item.setData(Qt.ItemDataRole.ToolTipRole, plain_tip(told.words or told.path))
    if told.usable:
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if wanted else Qt.CheckState.Unchecked)
    else:
        item.setFlags(Qt.ItemFlag.ItemIsSelectable)
    return item
