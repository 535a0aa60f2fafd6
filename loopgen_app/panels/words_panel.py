"""What to make: prompt, what to leave out, tags."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QScrollArea, QWidget

from engine import CHARACTERS, PARTS, STYLES
from loopgen_app.panels.binding import connect, describe
from loopgen_app.panels.frame import Panel
from loopgen_app.studio import Studio
from loopgen_app.widgets.chips import ChipBoard
from loopgen_app.widgets.segmented import Segmented


class PromptEdit(QPlainTextEdit):
    """Two lines of words; Enter submits."""

    submitted = Signal()

    def text(self) -> str:
        """The words, as a line edit gives them."""
        return self.toPlainText()

    def setText(self, text: str) -> None:
        """Replace the words; the cursor stays when nothing changes."""
        if text != self.toPlainText():
            self.setPlainText(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter submits, Tab leaves."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submitted.emit()
        else:
            super().keyPressEvent(event)


class WordsPanel(Panel):
    """Prompt, negative prompt and tag chips."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("Sound", parent)
        self._studio = studio
        self.prompt = PromptEdit(self)
        self.prompt.setPlaceholderText("warm minimal house, rolling bass, dusty hats")
        self.prompt.setTabChangesFocus(True)
        self.prompt.setFixedHeight(62)
        self.prompt.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        describe(self.prompt, "prompt", studio)
        set_prompt = connect(studio, "prompt", self.prompt.setText)
        self.prompt.textChanged.connect(lambda: set_prompt(self.prompt.text()[:1000]))
        self.prompt.submitted.connect(studio.composing.generate)
        self.body.addWidget(self.prompt)
        self.negative = QLineEdit(self)
        self.negative.setPlaceholderText("without: vocals, distortion")
        self.negative.setMaxLength(1000)
        describe(self.negative, "negative_prompt", studio)
        set_negative = connect(studio, "negative_prompt", self._show_negative)
        self.negative.textChanged.connect(set_negative)
        self.negative.returnPressed.connect(studio.composing.generate)
        self.body.addWidget(self.negative)
        self._add_chips()

    def _show_negative(self, text: str) -> None:
        if text != self.negative.text():
            with QSignalBlocker(self.negative):
                self.negative.setText(text)

    def _add_chips(self) -> None:
        groups = Segmented([("Style", 0), ("Parts", 1), ("Character", 2)], self)
        groups.setAccessibleName("Group of tags")
        groups.setObjectName("tagGroups")
        self.tools.addWidget(groups)
        self.chips = ChipBoard([STYLES, PARTS, CHARACTERS], self)
        describe(self.chips, "tags", self._studio)
        self.chips.tagsChanged.connect(self._chips_changed)
        groups.chosen.connect(self.chips.showGroup)
        self._groups = groups
        area = self._area = QScrollArea(self)
        area.setWidget(self.chips)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumHeight(54)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.body.addWidget(area, 1)
        for knob in ("tags", "negative_tags"):
            connect(self._studio, knob, lambda _value: self._show_chips())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show all groups of tags at once when there is room for them."""
        super().resizeEvent(event)
        roomy = self.chips.height_of_all(self._area.width() - 12) <= self._area.height()
        if roomy == self._groups.isVisibleTo(self):
            self._groups.setVisible(not roomy)
            self.chips.showGroup(None if roomy else self._groups.value())

    def _show_chips(self) -> None:
        instrument = self._studio.instrument
        self.chips.setTags(instrument.value("tags"), instrument.value("negative_tags"))

    def _chips_changed(self, wanted: tuple[str, ...], avoided: tuple[str, ...]) -> None:
        self._studio.instrument.set_many({"tags": wanted, "negative_tags": avoided}, "Tags")
