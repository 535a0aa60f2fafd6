"""The mixer: how loud each part of the loop at hand is heard, and its parts as files."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QToolButton, QWidget

from engine import PARTS, LoopGenError
from loopgen_app.making.mixing import Stems
from loopgen_app.panels import exits
from loopgen_app.panels.binding import bind_value, connect
from loopgen_app.panels.frame import Panel, tool
from loopgen_app.studio import Studio
from loopgen_app.widgets.drag_grip import DragGrip
from loopgen_app.widgets.label import Label, set_tip
from loopgen_app.widgets.slider import Slider


class MixerPanel(Panel):
    """A strip for each part: grip, mute, solo and level. Nothing is made anew: it is the loop, taken apart.

    While it is in sight, the loop at hand is taken apart before a fader is moved.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("Mixer", parent)
        self._studio = studio
        words = "Drag the parts out as files: those that are soloed, or all"
        self.grip = DragGrip(words, lambda: stem_files(studio, studio.instrument.value("mix_soloed")), self)
        self.grip.setObjectName("stemsGrip")
        reset = tool("clear", "All parts as loud as they were made", self, object_name="resetMixButton")
        reset.clicked.connect(self._reset)
        export = tool("export", "Export the parts of this loop as files", self, object_name="exportStemsButton")
        export.clicked.connect(lambda: export_stems(studio))
        for button in (self.grip, reset, export):
            self.tools.addWidget(button)
        self.hint = Label("This model pack takes no loops apart; another one may.", self)
        self.hint.setProperty("role", "hint")
        self.hint.setObjectName("mixerHint")
        self.body.addWidget(self.hint)
        self.levels: dict[str, Slider] = {}
        self._strips = self._add_strips()
        room = QScrollArea(self)  # eight strips are higher than a small window has room for
        room.setFrameShape(QFrame.Shape.NoFrame)
        room.setWidgetResizable(True)
        room.setWidget(self._strips)
        self.body.addWidget(room, 1)
        studio.generation.stateChanged.connect(lambda _state: self._show_possible())
        studio.audition.changed.connect(lambda _loop: self._prepare())
        self._show_possible()

    def _add_strips(self) -> QWidget:
        holder = QWidget(self)
        strips = QGridLayout(holder)
        strips.setContentsMargins(0, 0, 6, 0)
        strips.setHorizontalSpacing(4)
        strips.setVerticalSpacing(4)
        for row, part in enumerate(PARTS):
            name = part.replace("_", " ").capitalize()
            files = partial(stem_files, self._studio, (part,))
            grip = DragGrip(f"Drag the {name.lower()} out as a file", files, self)
            grip.setObjectName(f"stemGrip_{part}")
            grip.setFixedWidth(22)
            level = self.levels[part] = Slider("", "dB", self)
            bind_value(level, f"mix_{part}", self._studio)
            controls = (
                grip,
                Label(name, self),
                self._toggle(part, "M", "mix_muted", f"Mute the {name.lower()}"),
                self._toggle(part, "S", "mix_soloed", f"Hear the {name.lower()} alone"),
                level,
                self._shown(part),
            )
            for column, control in enumerate(controls):
                strips.addWidget(control, row, column)
        strips.setColumnStretch(4, 1)
        strips.setRowStretch(len(PARTS), 1)
        return holder

    def _show_possible(self) -> None:
        possible = self._studio.mixing.possible
        self._strips.setEnabled(possible)
        self.grip.setEnabled(possible)
        self.hint.setVisible(not possible)

    def showEvent(self, event: QShowEvent) -> None:
        """Whoever opens the mixer will move a fader."""
        super().showEvent(event)
        self._prepare()

    def _prepare(self) -> None:
        current = self._studio.audition.current
        if self.isVisible() and current is not None:
            self._studio.mixing.prepare(current)

    def _toggle(self, part: str, letter: str, knob: str, words: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(letter)
        button.setCheckable(True)
        button.setFixedWidth(25)
        button.setObjectName(f"{knob}_{part}")
        button.setAccessibleName(words)
        set_tip(button, words)
        set_parts = connect(self._studio, knob, lambda parts: button.setChecked(part in parts))

        def toggled(_checked: bool = False) -> None:
            chosen = {*self._studio.instrument.value(knob)} ^ {part}
            set_parts(tuple(name for name in PARTS if name in chosen))

        button.clicked.connect(toggled)
        return button

    def _shown(self, part: str) -> Label:
        label = Label("", self)
        label.setFixedWidth(54)
        connect(self._studio, f"mix_{part}", lambda level: label.setText(decibels(level)))
        return label

    def _reset(self) -> None:
        levels = {f"mix_{part}": 0.0 for part in PARTS}
        self._studio.instrument.set_many({**levels, "mix_muted": (), "mix_soloed": ()}, "Reset the mixer")


def stem_files(studio: Studio, wanted: Sequence[str]) -> list[Path]:
    """Complete files of the parts of the loop at hand that are `wanted`, of all where none is, to be dragged. Where
    it is not taken apart yet, that is begun and said."""
    loop = studio.audition.current
    if loop is None:
        studio.messages.say("There is no loop yet to take apart.")
        return []
    stems = studio.mixing.stems(loop)
    if stems is None:
        studio.mixing.take_apart(loop, lambda _stems: studio.messages.say("The parts are there: drag them now."))
        return []
    chosen = {part: stem for part, stem in stems.items() if not wanted or part in wanted}
    if not chosen:
        studio.messages.say("That part does not play in this loop.")
        return []
    try:
        return studio.exports.stems_for_drag(loop, chosen)
    except LoopGenError as error:
        studio.messages.complain(str(error))
        return []


def export_stems(studio: Studio) -> None:
    """Write the parts of the loop at hand as files, as they were made: they add up to it."""
    loop = studio.audition.current
    if loop is None:
        studio.messages.say("There is no loop yet to take apart.")
        return

    def write(stems: Stems) -> None:
        try:
            paths = studio.exports.export_stems(loop, stems)
        except LoopGenError as error:
            studio.messages.complain(str(error))
            return
        words = f"Exported {len(paths)} parts to {exits.shown(paths[0].parent)}."
        studio.messages.say(words, "Reveal", lambda: exits.reveal(studio, paths[0]))

    studio.mixing.take_apart(loop, write)


def decibels(level: float) -> str:
    """A level as it is read: "-6 dB", "off" at the bottom."""
    return "off" if level <= -60 else f"{level:+.1f} dB".replace("+0.0", "0.0")
