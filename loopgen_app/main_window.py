"""The window: panels side by side, menus, status bar, drops. It knows where things are, not what they do."""

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMainWindow, QSplitter, QVBoxLayout, QWidget

from loopgen_app.actions import Actions
from loopgen_app.drops import take_drop
from loopgen_app.making.generation import GenerationState
from loopgen_app.messages import Message
from loopgen_app.panels.bank_panel import BankPanel
from loopgen_app.panels.curves_panel import CurvesPanel
from loopgen_app.panels.generate_panel import GeneratePanel
from loopgen_app.panels.noise_panel import NoisePanel
from loopgen_app.panels.pattern_panel import PatternPanel
from loopgen_app.panels.result_tabs import ResultTabs
from loopgen_app.panels.shape_panel import ShapePanel
from loopgen_app.panels.transport_panel import TransportPanel
from loopgen_app.panels.view_panel import ViewPanel
from loopgen_app.panels.words_panel import WordsPanel
from loopgen_app.state.transport import TransportState
from loopgen_app.studio import Studio
from loopgen_app.widgets.drag_tile import files_of
from loopgen_app.widgets.message_bar import MessageBar

GAP = 8
MINIMUM = QSize(1024, 700)
DEFAULT = QSize(1280, 800)


class MainWindow(QMainWindow):
    """Left: what to make. Middle: how. Right: what came out."""

    closing = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.setWindowTitle("LoopGen")
        self.setMinimumSize(MINIMUM)
        self.resize(DEFAULT)
        self.setAcceptDrops(True)
        self.bank = BankPanel(studio, self)
        self.actions_ = Actions(self, studio, self.bank)
        self.setCentralWidget(self._center())
        self.actions_.offer_reference(self._words.reference.choose)
        self._add_status()
        studio.messages.said.connect(self._show_message)
        studio.generation.stateChanged.connect(self._show_generation)
        studio.transport.changed.connect(self._show_transport)
        self._show_generation(studio.generation.state)
        self._show_transport(studio.transport.state)
        self._words.prompt.setFocus()
        if studio.messages.last is not None:
            self._show_message(studio.messages.last)

    def _center(self) -> QWidget:
        center = QWidget(self)
        column = QVBoxLayout(center)
        column.setContentsMargins(10, 2, 10, 4)
        column.setSpacing(GAP)
        column.addWidget(TransportPanel(self._studio, center))
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self._left(center), 27)
        row.addWidget(self._middle(center), 21)
        row.addWidget(self._right(center), 46)
        column.addLayout(row, 1)
        return center

    def _column(self, parent: QWidget, low: int, high: int, *parts: tuple[QWidget, int]) -> QWidget:
        holder = QWidget(parent)
        holder.setMinimumWidth(low)
        holder.setMaximumWidth(high)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        for widget, stretch in parts:
            column.addWidget(widget, stretch)
        return holder

    def _left(self, parent: QWidget) -> QWidget:
        self._words = WordsPanel(self._studio, parent)
        return self._column(parent, 340, 520, (self._words, 5), (PatternPanel(self._studio, parent), 4))

    def _middle(self, parent: QWidget) -> QWidget:
        studio = self._studio
        return self._column(
            parent, 262, 360, (ShapePanel(studio, parent), 0), (NoisePanel(studio, parent), 1),
            (CurvesPanel(studio, parent), 0), (GeneratePanel(studio, parent), 0),
        )  # fmt: skip

    def _right(self, parent: QWidget) -> QWidget:
        # Messages take their room from the spectrogram, which can spare it, and move no control.
        self.message_bar = MessageBar(parent)
        return self._column(parent, 380, 16777215, (self.message_bar, 0), (self._results(parent), 1))

    def _results(self, parent: QWidget) -> QWidget:
        splitter = QSplitter(Qt.Orientation.Vertical, parent)
        splitter.setHandleWidth(GAP)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(ViewPanel(self._studio, splitter))
        splitter.addWidget(ResultTabs(self._studio, self.bank, splitter))
        splitter.setStretchFactor(0, 5)
        splitter.setStretchFactor(1, 4)
        splitter.setSizes([400, 330])
        return splitter

    def _add_status(self) -> None:
        bar = self.statusBar()
        bar.setObjectName("statusBar")
        bar.setSizeGripEnabled(False)
        bar.setContentsMargins(12, 0, 12, 2)
        self._state_label, self._sound_label = QLabel(bar), QLabel(bar)
        bar.addWidget(self._state_label, 1)
        bar.addPermanentWidget(
            QLabel("Space play     Ctrl+Enter generate     Ctrl+B A/B     Ctrl+E export     ", bar)
        )
        bar.addPermanentWidget(self._sound_label)

    def _show_message(self, message: Message) -> None:
        self.message_bar.show_message(message.text, message.kind, message.label, message.action)

    def _show_generation(self, state: GenerationState) -> None:
        model = {"loading": "Loading the model…", "ready": f"Model: {state.pack}", "failed": "No model"}[state.model]
        if state.busy and state.model == "ready":
            which = f"loop {state.index + 1} of {state.count}, " if state.count > 1 else ""
            model = f"{state.doing or 'Generating'}: {which}step {state.step} of {state.num_steps}"
        self._state_label.setText(model)

    def _show_transport(self, state: TransportState) -> None:
        if state.health == "ok":
            text = f"{state.device} · {state.sample_rate / 1000:g} kHz · {state.dropouts} dropouts"
        else:
            text = {"starting": "Starting sound…", "retrying": "Sound: trying again…"}.get(state.health, "No sound")
        self._sound_label.setText(text)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Anything may be dropped; what it is good for is told then."""
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take a file once the drop is over: reading it must not hold up the program it comes from."""
        paths = files_of(event.mimeData())
        event.acceptProposedAction()
        QTimer.singleShot(0, self, lambda: take_drop(self._studio, paths))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell the application to put everything away."""
        self.actions_.midi.close()
        self.closing.emit()
        super().closeEvent(event)
