"""Source: a loop that is there already, its tempo, and what can be made of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QSpinBox, QWidget

from engine import GOOD_STRETCHES, KNOBS, STRETCH_RATIOS
from loopgen_app.making.generation import GenerationState
from loopgen_app.making.reworking import CORNERS, Side
from loopgen_app.panels.binding import set_range
from loopgen_app.panels.frame import Panel, in_a_row, named_button
from loopgen_app.panels.morph_row import MorphRow
from loopgen_app.panels.source_tempo_row import SourceTempoRow
from loopgen_app.state.picture import outline_of
from loopgen_app.studio import Studio
from loopgen_app.widgets.elided_button import ElidedButton
from loopgen_app.widgets.label import Label, set_tip
from loopgen_app.widgets.segmented import Segmented
from loopgen_app.widgets.slider import Slider
from loopgen_app.widgets.source_drop import SourceDrop

if TYPE_CHECKING:
    from engine import SourceLoop


class SourcePanel(Panel):
    """Drop field, tempo, and a row for each thing that can be made; one line at the bottom says how it goes."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setObjectName("sourcePanel")
        self._studio, self._work = studio, studio.reworking
        self._shown: SourceLoop | None = None
        self.drop = SourceDrop(self)
        self.drop.setObjectName("sourceDrop")
        self.drop.wave.setObjectName("sourceWave")
        self.drop.dropped.connect(self.take)
        self.body.addWidget(self.drop, 1)
        self.tempo_row = SourceTempoRow(studio.reworking, self)
        self.morph_row = MorphRow(studio.reworking, self)
        rows = self._vary_row(), self._stretch_row(), self._transition_row()
        self._rows: list[QWidget] = [self.tempo_row, *rows, self.morph_row]
        for row in self._rows:
            self.body.addWidget(row)
        self.body.addWidget(self._news_row())
        self._work.changed.connect(self._show)
        studio.generation.stateChanged.connect(lambda _state: self._show_state())
        studio.instrument.changed.connect(lambda knob: self._show_stretch() if knob == "tempo_bpm" else None)
        self._show()

    # ---- rows ---------------------------------------------------------------------------------------------------

    def _vary_row(self) -> QWidget:
        self.strength = Slider("", "", self)
        self.strength.setObjectName("variationStrength")
        self.strength.setAccessibleName("Strength of the variation")
        self.strength.setToolTip("How far: 0 is the loop itself, 1 new noise under its conditions")
        set_range(self.strength, KNOBS["strength"])
        self.strength.setValue(KNOBS["strength"].default)
        self.strength.setMinimumWidth(48)  # the narrowest window has no more for it
        self.keep = Segmented([(word.capitalize(), word) for word in KNOBS["keep"].choices], self)
        self.keep.setObjectName("variationKeepBox")
        self.keep.setAccessibleName("What a variation keeps")
        self.keep.setToolTip("What a variation keeps")
        self.vary = named_button(self, "Vary", "varyButton", "Make a variation of the source")
        self.vary.clicked.connect(lambda: self._work.vary(self.strength.value(), self.keep.value()))
        self.strength.valueChanged.connect(lambda _value: self._show_strength())
        self._show_strength()
        return in_a_row(self, self.strength, self.keep, self.vary)

    def _show_strength(self) -> None:
        self.vary.setText(f"Vary {100 * self.strength.value():.0f} %")

    def _stretch_row(self) -> QWidget:
        self.stretch = named_button(
            self, "Stretch", "stretchButton", "Bring the source to the tempo of the instrument"
        )
        self.stretch.clicked.connect(self._work.stretch)
        self.corner = QComboBox(self)
        self.corner.setObjectName("cornerBox")
        self.corner.setAccessibleName("Corner of the noise pad")
        self.corner.addItems(CORNERS)
        self.corner.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.corner.setMinimumContentsLength(5)
        self.to_corner = named_button(
            self, "To corner", "toCornerButton", "Put its noise in this corner of the noise pad"
        )
        self.to_corner.clicked.connect(lambda: self._work.to_corner(self.corner.currentIndex()))
        return in_a_row(self, self.stretch, self.corner, self.to_corner)

    def _transition_row(self) -> QWidget:
        self.set_a, self.set_b = ElidedButton(self), ElidedButton(self)
        for button, name, place in ((self.set_a, "A", "beginning"), (self.set_b, "B", "end")):
            button.setObjectName(f"transitionSet{name}")
            button.setAccessibleName(f"Take the source as the {place} of a transition or a morph")
        self.bars = QSpinBox(self)
        self.bars.setObjectName("transitionBars")
        self.bars.setAccessibleName(KNOBS["transition_bars"].label)
        set_range(self.bars, KNOBS["transition_bars"])
        self.bars.setValue(KNOBS["transition_bars"].default)
        self.bars.setSuffix(" bars")
        self.bars.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bars.setFixedWidth(72)
        self.make = named_button(self, "Transition", "transitionButton", "Make bars that begin as A and end as B")
        self.make.clicked.connect(lambda: self._work.transition(self.bars.value()))
        ends: tuple[tuple[Side, ElidedButton], ...] = (("a", self.set_a), ("b", self.set_b))
        for end, button in ends:
            button.clicked.connect(lambda _checked=False, end=end: self._work.set_end(end))
        return in_a_row(self, self.set_a, self.set_b, self.bars, self.make, springs=(0, 1))

    def _news_row(self) -> QWidget:
        self.news = Label("", self)
        self.news.setObjectName("sourceNews")
        self.news.setWordWrap(True)
        self.back = named_button(self, "Back", "sourceBackButton", "Leave this file and go back to the source before")
        self.back.clicked.connect(self._work.dismiss)
        self.cancel = named_button(self, "Cancel", "reworkCancelButton", "Stop; what plays goes on")
        self.cancel.clicked.connect(self._work.cancel)
        self._bottom = in_a_row(self, self.news, self.back, self.cancel)
        return self._bottom

    # ---- showing ------------------------------------------------------------------------------------------------

    def take(self, paths: list[Path]) -> None:
        """Open the first of the files that were dropped."""
        if paths:
            self._work.open(paths[0])
        else:
            self._studio.messages.complain("Only audio files can be dropped here.")

    def _show(self) -> None:
        work = self._work
        anything = work.source is not None or work.wish is not None or bool(work.ends)
        for row in self._rows:
            row.setVisible(anything)
        self._show_drop(filled=anything)
        self.tempo_row.show_tempo()
        self._show_stretch()
        source = work.source if work.refused is None else None
        for button in (self.vary, self.set_a, self.set_b, self.to_corner):
            button.setEnabled(source is not None)
        self._show_ends()
        self._show_news()

    def _show_drop(self, *, filled: bool) -> None:
        source, refused = self._work.source, self._work.refused
        if refused is not None:
            self._shown = None
            self.drop.wave.setOutline(None, 0)
            self.drop.setWords(refused.path.name, "no loop yet", filled=True)
            return
        if source is None:
            self.drop.wave.setOutline(None, 0)
            self.drop.setWords(
                "Drop a loop here", f"An audio file of {KNOBS['bars'].span}, or a loop of the bank.", filled=filled
            )
            return
        loop, request = source.loop, source.loop.request
        bars = f"{request.bars} bar{'s' if request.bars > 1 else ''}"
        self.drop.setWords(loop.name, f"{bars} at {request.tempo_bpm:.5g} BPM", filled=True)
        if loop is not self._shown:
            self._shown = loop
            self.drop.wave.setOutline(outline_of(loop.audio), 4 * request.bars)

    def _show_stretch(self) -> None:
        ratio, tempo = self._work.stretch_ratio, self._studio.instrument.value("tempo_bpm")
        possible = ratio is not None and STRETCH_RATIOS[0] <= ratio <= STRETCH_RATIOS[1]
        self.stretch.setText(f"Stretch to {tempo:g}")
        self.stretch.setEnabled(possible and self._work.refused is None)
        far = ratio is not None and not GOOD_STRETCHES[0] <= ratio <= GOOD_STRETCHES[1]
        if ratio is not None and not possible:
            words = f"{ratio:.2f} times its tempo: half to twice is possible"
        else:
            words = "Bring the source to the tempo of the instrument, its pitches kept"
            words += ". So far from its own tempo it may not hold together" if far else ""
        set_tip(self.stretch, words)

    def _show_ends(self) -> None:
        ends = self._work.ends
        named: tuple[tuple[Side, ElidedButton], ...] = (("a", self.set_a), ("b", self.set_b))
        for end, button in named:
            loop = ends.get(end)
            place = "beginning" if end == "a" else "end"
            button.setWords(f"{end.upper()}: {loop.name}" if loop is not None else f"Set {end.upper()}")
            was = f"; now {loop.name}" if loop is not None else ""
            set_tip(button, f"Take the source as the {place} of a transition or a morph{was}")
        self.make.setEnabled(len(ends) == 2)
        self.morph_row.show_ends()

    def _show_state(self) -> None:
        self.morph_row.show_ends()
        self._show_news()

    def _show_news(self) -> None:
        state, trouble = self._studio.generation.state, self._work.trouble
        busy = bool(state.doing)
        told = trouble is not None and not busy
        self.cancel.setVisible(busy)
        self.back.setVisible(told)
        self.tempo_row.show_offers(trouble if told else None)
        self.news.setText(self._words(state))
        self.news.setProperty("role", "bad" if told else "soft")
        self.news.style().unpolish(self.news)
        self.news.style().polish(self.news)
        self._bottom.setVisible(bool(self.news.text()) or busy)
        self._give_room()

    def _give_room(self) -> None:
        """As high as its lines: the splitter above asks no label how high it is at a width."""
        margins = self.body.contentsMargins()
        buttons = sum(b.sizeHint().width() + 6 for b in (self.back, self.cancel) if not b.isHidden())
        room = self.width() - margins.left() - margins.right() - buttons
        self.news.setMinimumHeight(max(0, self.news.heightForWidth(max(80, room))))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lines break elsewhere."""
        super().resizeEvent(event)
        self._give_room()

    def _words(self, state: GenerationState) -> str:
        work = self._work
        if state.doing:
            return f"{state.doing}: step {state.step} of {state.num_steps}" if state.num_steps else f"{state.doing}…"
        if work.reading is not None:
            return f"Reading {work.reading.path.name}…"
        if work.trouble is not None:
            return work.trouble.text
        return work.source.remark if work.source is not None else ""
