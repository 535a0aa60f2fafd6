"""The window: panels side by side, menus, status bar, drops. It knows where things are, not what they do."""

from itertools import pairwise

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QScrollArea, QSplitter, QVBoxLayout, QWidget

from engine import PARTS
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
from loopgen_app.widgets.keyboard import KeyHabits
from loopgen_app.widgets.label import Label
from loopgen_app.widgets.message_bar import MessageBar
from loopgen_app.widgets.step_grid import StepGrid

GAP = 8
MINIMUM = QSize(1024, 600)
DEFAULT = QSize(1280, 800)
LEFT, STAGE, RIGHT = 292, 348, 340
"""Least widths of the columns: all three fit a window of 1024 pixels."""
LEAST, TIGHT = QSize(960, 500), (18, 12, 34)
"""The smallest screen that has room for all, which one of 1920 at 200 % is; by so much less the columns make do."""
LOWEST_PICTURE = 130
ANY = 16_777_215
"""Qt's own word for as wide as you like."""
TITLE_BAR = 38
"""Height that the desktop's own frame takes of a screen, until it is known."""
SMALL, LARGE = (180, 490), (440, 230)
"""Heights of the picture and of the bank below it, as usual and where the picture is wanted large."""


class MainWindow(QMainWindow):
    """Left: what to make, and how. Middle, the stage: grid and pad. Right: what came out."""

    closing = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.setWindowTitle("LoopGen")
        self._columns: list[tuple[QWidget, int, int]] = []
        self.setAcceptDrops(True)
        self.bank = BankPanel(studio, self)
        self.actions_ = Actions(self, studio, self.bank)
        self.setCentralWidget(self._center())
        self.actions_.offer_reference(self._words.reference.choose)
        self.actions_.view.offer_picture(self._picture_panel, self.show_picture)
        self._add_status()
        studio.messages.said.connect(self._show_message)
        studio.generation.stateChanged.connect(self._show_generation)
        studio.transport.changed.connect(self._show_transport)
        self._show_generation(studio.generation.state)
        self._show_transport(studio.transport.state)
        self._order_tabs()
        KeyHabits(self)
        self._place()
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
        row.addWidget(self._left(center), 26)
        row.addWidget(self._stage(center), 42)
        row.addWidget(self._right(center), 34)
        column.addLayout(row, 1)
        return center

    def _column(self, parent: QWidget, low: int, high: int, *parts: tuple[QWidget, int]) -> QWidget:
        holder = QWidget(parent)
        self._never_below(holder, low)
        holder.setMaximumWidth(high)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        for widget, stretch in parts:
            column.addWidget(widget, stretch)
        return holder

    def _never_below(self, widget: QWidget, low: int) -> None:
        """Keep a column, or what lies in it, as wide as `low`, or a little less on a screen that is narrow itself."""
        column = max((width for width in (LEFT, STAGE, RIGHT) if width <= low), default=0)
        less = dict(zip((LEFT, STAGE, RIGHT), TIGHT, strict=True)).get(column, 0)
        self._columns.append((widget, low, low - less))

    def _scrolled(self, holder: QWidget, low: int, high: int) -> QScrollArea:
        """`holder`, which can be scrolled where the window is too low for it."""
        area = QScrollArea(holder.parentWidget())
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(holder)
        self._never_below(area, low)
        area.setMaximumWidth(high)
        return area

    def _left(self, parent: QWidget) -> QWidget:
        self._words, self._shape = WordsPanel(self._studio, parent), ShapePanel(self._studio, parent)
        parts = ((self._words, 1), (self._shape, 0))
        area, fold = self._scrolled(self._column(parent, LEFT, ANY, *parts), LEFT + GAP, 430), self._shape.fold
        fold.toggled.connect(lambda _open: QTimer.singleShot(0, area, lambda: area.ensureWidgetVisible(fold)))
        return area

    def _stage(self, parent: QWidget) -> QWidget:
        """Grid and pad, as large as they can be, and the press that makes sound below them."""
        studio = self._studio
        self._generate = GeneratePanel(studio, parent)
        played = QWidget(parent)
        row = QHBoxLayout(played)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(NoisePanel(studio, played), 1)
        row.addWidget(CurvesPanel(studio, played))
        shown = self._column(parent, STAGE, ANY, (PatternPanel(studio, parent), 5), (played, 4))
        return self._column(parent, STAGE, ANY, (self._scrolled(shown, STAGE, ANY), 1), (self._generate, 0))

    def _right(self, parent: QWidget) -> QWidget:
        self._results = splitter = QSplitter(Qt.Orientation.Vertical, parent)
        splitter.setObjectName("resultSplitter")
        self._never_below(splitter, RIGHT)
        splitter.setHandleWidth(GAP)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self._picture(splitter))
        splitter.addWidget(ResultTabs(self._studio, self.bank, splitter))
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 1)
        return splitter

    def _picture(self, parent: QWidget) -> QWidget:
        """The spectrogram, and messages above it, which take their room from it and move nothing else."""
        self.message_bar = MessageBar(parent)
        self._picture_panel = view = ViewPanel(self._studio, parent)
        holder = self._column(parent, 0, ANY, (self.message_bar, 0), (view, 1))
        holder.setMinimumHeight(LOWEST_PICTURE)
        return holder

    def _order_tabs(self) -> None:
        """What every loop needs is reached first; the many tags come after it."""
        first = (
            self._words.prompt, self._words.negative, self._shape.dial, self._shape.bars, self._shape.key,
            self._generate.generate,
        )  # fmt: skip
        for before, after in pairwise(first):
            QWidget.setTabOrder(before, after)

    # ---- where it is --------------------------------------------------------------------------------------------

    def _place(self) -> None:
        """Where it was when it was closed last, as far as that is on a screen."""
        settings = self._studio.settings
        place, split = (_whole(numbers, count) for numbers, count in ((settings.window, 5), (settings.split, 2)))
        self.resize(QSize(*place[2:4]) if place else DEFAULT)
        if place:
            self.move(*place[:2])
            self.setWindowState(Qt.WindowState.WindowMaximized if place[4] else Qt.WindowState.WindowNoState)
        self._results.setSizes(split or [*self._usual_split()])
        self.fit()
        for screen in QGuiApplication.screens():
            screen.availableGeometryChanged.connect(self.fit)

    def _usual_split(self) -> tuple[int, int]:
        return LARGE if self._studio.settings.large_picture else SMALL

    def show_picture(self, large: bool) -> None:
        """Make the picture of the loop large, or as small as usual."""
        self._studio.settings.large_picture = large
        self._results.setSizes([*self._usual_split()])

    def fit(self, _area: QRect | None = None) -> None:
        """Be no larger than the screen has room for, and all on it; a screen can shrink."""
        room = self.room()
        fits = room.width() >= LEAST.width() and room.height() >= LEAST.height()
        self.setMinimumSize(MINIMUM.boundedTo(room.size()) if fits else MINIMUM)
        for widget, low, tight in self._columns:
            widget.setMinimumWidth(tight if self.minimumWidth() < MINIMUM.width() else low)
        if not self.isMaximized() and not self.isFullScreen():
            self.resize(self.size().boundedTo(room.size()))
            left = max(room.left(), min(self.x(), room.right() + 1 - self.width()))
            top = max(room.top() - TITLE_BAR, min(self.y(), room.bottom() + 1 - self.height() - TITLE_BAR))
            if (left, top) != (self.x(), self.y()):
                self.move(left, top)

    def room(self) -> QRect:
        """The part of the screen that the window may take, in logical pixels, without its title bar."""
        return self.screen().availableGeometry().adjusted(0, TITLE_BAR, 0, 0)

    def _remember_place(self) -> None:
        settings = self._studio.settings
        usual = self.normalGeometry() if self.isMaximized() else QRect(self.pos(), self.size())
        settings.window = [usual.x(), usual.y(), usual.width(), usual.height(), int(self.isMaximized())]
        settings.split = self._results.sizes()

    def _add_status(self) -> None:
        bar = self.statusBar()
        bar.setObjectName("statusBar")
        bar.setSizeGripEnabled(False)
        bar.setContentsMargins(12, 0, 12, 2)
        self._state_label, self._sound_label = Label("", bar), Label("", bar)
        bar.addWidget(self._state_label, 1)
        bar.addPermanentWidget(Label("Space play     Ctrl+Enter generate     Ctrl+B A/B     Ctrl+E export     ", bar))
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
        """Anything from elsewhere may be dropped; what it is good for is told then.

        What is dragged out of this window and let go over it again was not meant for it.
        """
        if event.source() is None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take a file once the drop is over: reading it must not hold up the program it comes from."""
        paths, part = files_of(event.mimeData()), self._part_at(event.position().toPoint())
        event.acceptProposedAction()
        QTimer.singleShot(0, self, lambda: take_drop(self._studio, paths, part))

    def _part_at(self, place: QPoint) -> str | None:
        """The part whose row of the step grid lies there."""
        grid = self.childAt(place)
        if not isinstance(grid, StepGrid):
            return None
        return PARTS[grid.look.row_at(grid.mapFrom(self, place).y(), grid.size())]

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell the application to put everything away."""
        self.actions_.control.close()
        self._remember_place()
        self.closing.emit()
        super().closeEvent(event)


def _whole(numbers: list[int], count: int) -> list[int]:
    """`numbers` as they were remembered; none where they are not so many, or no whole numbers of pixels."""
    sound = len(numbers) == count and all(isinstance(number, int) and abs(number) < 1 << 16 for number in numbers)
    return numbers if sound else []
