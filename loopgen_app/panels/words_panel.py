"""What to make: prompt, what to leave out, tags, a sound to take after, steers."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QWidget

from engine import CHARACTERS, PARTS, STYLES, TAGS, TODAY, InvalidRequest
from loopgen_app.panels.binding import connect, describe, popup_at
from loopgen_app.panels.frame import Panel, tool
from loopgen_app.panels.reference_row import ReferenceRow
from loopgen_app.panels.steer_row import SteerRow
from loopgen_app.state.parameters import PARAMETERS
from loopgen_app.state.prompt_text import ending, not_understood, one_line, weighed
from loopgen_app.studio import Studio
from loopgen_app.widgets.chips import ChipArea, ChipBoard
from loopgen_app.widgets.elided_label import ElidedLabel
from loopgen_app.widgets.prompt_edit import PromptEdit
from loopgen_app.widgets.segmented import Segmented

PROMPTS = ("prompt", "negative_prompt")
MENU_PROMPTS = 12
MENU_CHARACTERS = 60
TAG_WORDS = tuple(dict.fromkeys(word for tag in TAGS for word in tag.split("_")))


class WordsPanel(Panel):
    """Prompt, negative prompt, what the pack does not know of what is asked, tag chips, reference and steers."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("Sound", parent)
        self._studio = studio
        self.prompt = self._add_prompt("prompt", 2, "warm minimal house, rolling bass, dusty hats")
        self.negative = self._add_prompt("negative_prompt", 1, "without: vocals, distortion")
        studio.composing.asked.connect(
            lambda request: studio.settings.remember_prompts(request.prompt, request.negative_prompt)
        )
        self.hint = ElidedLabel(self)
        self.hint.setProperty("role", "warning")
        self.hint.setObjectName("wordsHint")
        self.body.addWidget(self.hint)
        for edit in (self.prompt, self.negative):
            edit.textChanged.connect(self._show_hint)
        self._add_chips()
        self.reference = ReferenceRow(studio, self)
        self.body.addWidget(self.reference)
        self.body.addWidget(SteerRow(studio, self))
        studio.generation.stateChanged.connect(lambda _state: self._show_hint())
        studio.instrument.changed.connect(lambda _knob: self._show_hint())
        self._show_hint()

    def _add_prompt(self, knob: str, lines: int, example: str) -> PromptEdit:
        studio, settings = self._studio, self._studio.settings
        edit = PromptEdit(lines, self)
        edit.setPlaceholderText(example)
        edit.clean, edit.weigh, edit.complete = one_line, weighed, self._ending
        edit.history = lambda: settings.prompts if knob == "prompt" else settings.negative_prompts
        describe(edit, knob, studio)
        longest = int(PARAMETERS[knob].high)

        def show(text: str) -> None:
            if text != edit.text()[:longest]:  # a longer one stays in the field; the hint says what is read of it
                edit.setText(text)

        set_value = connect(studio, knob, show)

        edit.textChanged.connect(lambda: set_value(edit.text()[:longest]))
        edit.submitted.connect(studio.composing.generate)
        self.body.addWidget(edit)
        return edit

    def _ending(self, text: str, cursor: int) -> str:
        words = self._studio.generation.state.words
        return "" if words is None else ending(text, cursor, (*TAG_WORDS, *words.own))

    def _show_hint(self) -> None:
        self.hint.setWhole(self._not_understood())

    def _not_understood(self) -> str:
        return self._words_not_understood() or self._not_known()

    def _not_known(self) -> str:
        info = self._studio.generation.state.info
        if info is None or info.known == TODAY:
            return ""
        try:
            return info.unknown(self._studio.instrument.request())
        except InvalidRequest:  # knobs that cannot be asked together; Generate will say which
            return ""

    def _words_not_understood(self) -> str:
        state, instrument = self._studio.generation.state, self._studio.instrument
        if state.model != "ready":
            return ""
        if state.words is None:
            asked = [*PROMPTS, "reference", *(knob for knob in PARAMETERS if knob.startswith("steer_"))]
            idle = not any(instrument.value(knob) for knob in asked)
            return "" if idle else "This pack takes no words; tags and knobs work."
        edits = dict(zip(PROMPTS, (self.prompt, self.negative), strict=True))
        said = (not_understood(edit.text(), int(PARAMETERS[knob].high), state.words) for knob, edit in edits.items())
        return next(filter(None, said), "")

    def _add_chips(self) -> None:
        groups = Segmented([("Style", 0), ("Parts", 1), ("Character", 2)], self)
        groups.setAccessibleName("Group of tags")
        groups.setObjectName("tagGroups")
        self.tools.addWidget(groups)
        earlier = tool("history", "Earlier prompts", self, object_name="promptHistory")
        earlier.clicked.connect(lambda: popup_at(self.history_menu(), earlier))
        self.tools.addWidget(earlier)
        self.chips = ChipBoard([STYLES, PARTS, CHARACTERS], self)
        describe(self.chips, "tags", self._studio)
        self.chips.tagsChanged.connect(self._chips_changed)
        groups.chosen.connect(self.chips.showGroup)
        self._groups = groups
        self._area = ChipArea(self.chips, self)
        self.body.addWidget(self._area, 1)
        for knob in ("tags", "negative_tags"):
            connect(self._studio, knob, lambda _value: self._show_chips())

    def history_menu(self) -> QMenu:
        """The prompts asked for lately."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text in self._studio.settings.prompts[:MENU_PROMPTS]:
            shown = text if len(text) <= MENU_CHARACTERS else f"{text[:MENU_CHARACTERS]}…"
            menu.addAction(shown.replace("&", "&&"), partial(self._studio.instrument.set, "prompt", text))
        if menu.isEmpty():
            menu.addAction("No prompt yet").setEnabled(False)
        return menu

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
