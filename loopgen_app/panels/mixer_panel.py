"""The mixer: how loud each part of the loop at hand is heard, and its parts as files."""

from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QToolButton, QWidget

from engine import PARTS, LoopGenError
from loopgen_app.making.mixing import Stems
from loopgen_app.panels import exits
from loopgen_app.panels.binding import bind_value, connect
from loopgen_app.panels.frame import Panel, tool
from loopgen_app.studio import Studio
from loopgen_app.widgets.label import Label, set_tip
from loopgen_app.widgets.slider import Slider


class MixerPanel(Panel):
    """A strip for each part: mute, solo and level. Nothing is made anew: what is heard is the loop, taken apart."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("Mixer", parent)
        self._studio = studio
        reset = tool("clear", "All parts as loud as they were made", self, object_name="resetMixButton")
        reset.clicked.connect(self._reset)
        export = tool("export", "Export the parts of this loop as files", self, object_name="exportStemsButton")
        export.clicked.connect(self._export)
        for button in (reset, export):
            self.tools.addWidget(button)
        holder = QWidget(self)
        strips = QGridLayout(holder)
        strips.setContentsMargins(0, 0, 6, 0)
        strips.setHorizontalSpacing(8)
        strips.setVerticalSpacing(4)
        self.levels: dict[str, Slider] = {}
        for row, part in enumerate(PARTS):
            name = part.replace("_", " ").capitalize()
            strips.addWidget(Label(name, self), row, 0)
            strips.addWidget(self._toggle(part, "M", "mix_muted", f"Mute the {name.lower()}"), row, 1)
            strips.addWidget(self._toggle(part, "S", "mix_soloed", f"Hear the {name.lower()} alone"), row, 2)
            level = self.levels[part] = Slider("", "dB", self)
            bind_value(level, f"mix_{part}", studio)
            strips.addWidget(level, row, 3)
            strips.addWidget(self._shown(part), row, 4)
        strips.setColumnStretch(3, 1)
        strips.setRowStretch(len(PARTS), 1)
        room = QScrollArea(self)  # eight strips are higher than a small window has room for
        room.setFrameShape(QFrame.Shape.NoFrame)
        room.setWidgetResizable(True)
        room.setWidget(holder)
        self.body.addWidget(room, 1)

    def _toggle(self, part: str, letter: str, knob: str, words: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(letter)
        button.setCheckable(True)
        button.setFixedWidth(28)
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
        label.setFixedWidth(64)
        connect(self._studio, f"mix_{part}", lambda level: label.setText(decibels(level)))
        return label

    def _reset(self) -> None:
        levels = {f"mix_{part}": 0.0 for part in PARTS}
        self._studio.instrument.set_many({**levels, "mix_muted": (), "mix_soloed": ()}, "Reset the mixer")

    def _export(self) -> None:
        studio = self._studio
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
