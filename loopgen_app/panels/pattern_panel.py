"""Which part plays when: the step grid and its tools."""

import random
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from engine import PARTS, STEPS_PER_BAR, InvalidRequest, LoopGenError, LoopRequest, Pattern
from loopgen_app.making.generation import Made
from loopgen_app.panels.binding import bind_toggle, bind_value, connect, describe
from loopgen_app.panels.frame import Panel, tool
from loopgen_app.panels.row_menu import RowMenu, rows_proposed
from loopgen_app.state.pattern_edits import randomised, shifted, steps_shown, toggled_free, with_rows, with_step
from loopgen_app.state.picture import Picture
from loopgen_app.studio import Studio
from loopgen_app.widgets.drag_button import DragButton
from loopgen_app.widgets.label import Label
from loopgen_app.widgets.segmented import Segmented
from loopgen_app.widgets.slider import Slider
from loopgen_app.widgets.step_grid import StepGrid

MAX_BAR_BUTTONS = 4
COMPOSED_BY = (
    "seed", "tempo_bpm", "tags", "negative_tags", "key", "bars", "pattern", "muted", "compose", "prompt",
    "negative_prompt", "reference", "blend", "steer_dense",
)  # fmt: skip
"""Knobs that decide what is written into free parts: those of `LoopRequest.score`."""
COMPOSE_MILLISECONDS = 80


class PatternPanel(Panel):
    """The grid shows one bar, or what all bars have in common ("All": edits reach every bar).

    Free rows show, dimmed, what the engine wrote into them for the loop that was made last, or, once something
    changed, what it will write at the next press on Generate; a button makes it the user's own.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("Pattern", parent)
        self._studio = studio
        self._random = random.Random()
        self._composed = Pattern()
        self._made: tuple[LoopRequest, Pattern] | None = None
        self._asked: LoopRequest | None = None
        self._waiting = False
        self._onsets: tuple[float, ...] = ()
        self.grid = StepGrid([part.replace("_", " ").capitalize() for part in PARTS], STEPS_PER_BAR, self)
        describe(self.grid, "pattern", studio)
        self.bars = Segmented([("All", None), *((str(bar + 1), bar) for bar in range(MAX_BAR_BUTTONS))], self)
        self.bars.setObjectName("barPicker")
        self.bars.setAccessibleName("Bar to edit")
        self.bars.chosen.connect(self._show_bar)
        self._add_composing()
        self.tools.addWidget(self.bars)
        self.body.addWidget(self.grid, 1)
        self._add_swing()
        self._composing = QTimer(self)
        self._composing.setSingleShot(True)
        self._composing.setInterval(COMPOSE_MILLISECONDS)
        self._composing.timeout.connect(self._compose)
        self._follow_grid()
        self._follow_studio()
        self.row_menu = RowMenu(self.grid, studio)
        studio.rows.proposed.connect(lambda _proposal: self._show_proposed())

    def _follow_grid(self) -> None:
        """What is done on the grid changes knobs."""
        grid, instrument = self.grid, self._studio.instrument
        grid.stepDrawn.connect(self._draw)
        grid.freeToggled.connect(lambda row: self._edit(toggled_free(self._pattern(), PARTS[row])))
        grid.muteToggled.connect(self._toggle_mute)
        grid.voiceDrawn.connect(lambda row: self._set_voice(PARTS[row], instrument.random_seed()))
        grid.voiceKept.connect(self._toggle_kept)
        grid.gestureBegan.connect(lambda: instrument.begin_gesture("Pattern"))
        grid.gestureEnded.connect(instrument.end_gesture)

    def _follow_studio(self) -> None:
        """Knobs, loops that were made and what plays show on the grid."""
        studio = self._studio
        connect(studio, "voices", lambda voices: self.grid.setKept([part in voices for part in PARTS]))
        for knob in ("pattern", "muted"):
            connect(studio, knob, lambda _value: self._show())
        for knob in COMPOSED_BY:
            connect(studio, knob, lambda _value: self._composing.start())
        studio.generation.made.connect(self._take_made)
        studio.generation.stateChanged.connect(self._compose_waiting)
        studio.scores.written.connect(self._take_score)
        connect(studio, "bars", self._show_bars)
        studio.playback.ticked.connect(self._tick)
        studio.pictures.drawn.connect(self._drawn)

    def _add_composing(self) -> None:
        writes = tool("spark", "", self, checkable=True)
        bind_toggle(writes, "compose", self._studio)
        keep = tool("copy", "Make the composed parts your own", self, object_name="keepComposedButton")
        keep.clicked.connect(self._keep_composed)
        midi = DragButton("grip", "Drag the pattern out as a MIDI file; a click writes it", self)
        midi.setObjectName("midiButton")
        midi.file_maker = self._write_midi
        for button in (writes, keep, midi):
            self.tools.addWidget(button)

    def _add_swing(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        label = Label("Swing", self)
        label.setProperty("role", "heading")
        self.swing = Slider("", "", self)
        bind_value(self.swing, "swing", self._studio)
        row.addWidget(label)
        row.addWidget(self.swing, 1)
        for button in self._tools():
            row.addWidget(button)
        self.body.addLayout(row)

    def _tools(self) -> list[QToolButton]:
        buttons = []
        actions = (
            (
                "shift-left",
                "One step earlier",
                "shiftLeftButton",
                lambda: shifted(self._pattern(), -1),
            ),
            (
                "shift-right",
                "One step later",
                "shiftRightButton",
                lambda: shifted(self._pattern(), 1),
            ),
            (
                "dice",
                "Random pattern",
                "randomPatternButton",
                lambda: randomised(self._pattern(), self._random),
            ),
            ("clear", "Clear the pattern: all parts free", "clearPatternButton", Pattern),
        )
        for symbol, words, name, edit in actions:
            button = tool(symbol, words, self, object_name=name)
            button.clicked.connect(lambda _checked=False, edit=edit: self._edit(edit()))
            buttons.append(button)
        return buttons

    def _pattern(self) -> Pattern:
        pattern: Pattern = self._studio.instrument.value("pattern")
        return pattern

    def _edit(self, pattern: Pattern) -> None:
        self._studio.instrument.set("pattern", pattern)

    def _draw(self, row: int, step: int, velocity: float) -> None:
        bars = self._studio.instrument.value("bars")
        bar = self.bars.value()
        self._edit(with_step(self._pattern(), PARTS[row], step, velocity, bars=bars, bar=bar))

    def _toggle_mute(self, row: int) -> None:
        muted = set(self._studio.instrument.value("muted")) ^ {PARTS[row]}
        self._studio.instrument.set("muted", tuple(part for part in PARTS if part in muted))

    def _set_voice(self, part: str, voice: int | None) -> None:
        others = {name: own for name, own in self._studio.instrument.value("voices").items() if name != part}
        self._studio.instrument.set("voices", others if voice is None else {**others, part: voice})

    def _toggle_kept(self, row: int) -> None:
        kept = PARTS[row] in self._studio.instrument.value("voices")
        # What sounds now is what the seed says.
        self._set_voice(PARTS[row], None if kept else self._studio.instrument.value("seed"))

    def _show_bars(self, bars: int) -> None:
        self.bars.showFirst(1 + (min(bars, MAX_BAR_BUTTONS) if bars > 1 else 0))
        self._show()

    def _show(self) -> None:
        pattern, muted = self._pattern(), self._studio.instrument.value("muted")
        bars = self._studio.instrument.value("bars")
        start = (self.bars.value() or 0) * STEPS_PER_BAR
        rows = []
        for part in PARTS:
            steps = steps_shown(pattern, part, bars)
            rows.append(None if steps is None else steps[start : start + STEPS_PER_BAR])
        self.grid.setRows(rows, [part in muted for part in PARTS])
        self._show_composed()
        self._show_proposed()

    def _show_proposed(self) -> None:
        start = (self.bars.value() or 0) * STEPS_PER_BAR
        self.grid.setProposed(rows_proposed(self._studio.rows.proposal, start, STEPS_PER_BAR))

    def _take_made(self, made: Made) -> None:
        self._made = made.recipe.request.score(), made.composed
        self._composing.start()

    def _compose(self) -> None:
        # While the model loads, a score would take the time that the first loop needs.
        self._waiting = self._studio.generation.state.model == "loading"
        if self._waiting:
            return
        try:
            self._asked = self._studio.instrument.request()
        except InvalidRequest:  # knobs that cannot be asked together; Generate will say which
            self._asked = None
            self._show_score(Pattern())
            return
        if self._made is not None and self._asked.score() == self._made[0]:
            self._show_score(self._made[1])
        else:
            self._studio.scores.ask(self._asked)

    def _compose_waiting(self, _state: object) -> None:
        if self._waiting:
            self._compose()

    def _take_score(self, request: LoopRequest, score: Pattern) -> None:
        made = self._made is not None and request.score() == self._made[0]
        if request == self._asked and not made:
            self._show_score(score)

    def _show_score(self, score: Pattern) -> None:
        self._composed = self.row_menu.composed = score
        self._show_composed()

    def _show_composed(self) -> None:
        bars, start = self._studio.instrument.value("bars"), (self.bars.value() or 0) * STEPS_PER_BAR
        rows = [steps_shown(self._composed, part, bars) for part in PARTS]
        self.grid.setSuggested([None if row is None else row[start : start + STEPS_PER_BAR] for row in rows])

    def _keep_composed(self) -> None:
        instrument = self._studio.instrument
        if not self._composed.rows:
            self._studio.messages.say("Nothing is composed: every part has a row, or composing is off.")
            return
        instrument.begin_gesture("Keep composed parts")
        if not self._pattern().rows:
            instrument.set("swing", self._composed.swing)
        self._edit(with_rows(self._pattern(), self._composed.rows))
        instrument.end_gesture()

    def _write_midi(self) -> Path | None:
        """The pattern that is heard as a MIDI file: what is drawn, and what is composed into free rows."""
        value, studio = self._studio.instrument.value, self._studio
        pattern = replace(with_rows(self._pattern(), self._composed.rows), swing=value("swing"))
        try:
            path = studio.exports.midi_for_drag(pattern, value("bars"), value("tempo_bpm"))
        except LoopGenError as error:
            studio.messages.complain(str(error))
            return None
        studio.messages.say(f"Wrote {path.name}.")
        return path

    def _drawn(self, key: object, picture: Picture) -> None:
        current = self._studio.audition.current
        if current is not None and key == current.id:
            self._onsets = self.row_menu.heard = picture.onsets
            self._show_found()

    def _show_bar(self, _bar: object) -> None:
        self._show()
        self._show_found()

    def _show_found(self) -> None:
        start = (self.bars.value() or 0) * STEPS_PER_BAR
        self.grid.setFound([beat * 4 - start for beat in self._onsets])

    def _tick(self, beat: float) -> None:
        self.grid.setHeard(int(beat * 4) % STEPS_PER_BAR if beat >= 0 else -1)
