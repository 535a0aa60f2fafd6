"""Source: a loop that is there already, its tempo, and what can be made of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from engine import GOOD_STRETCHES, KNOBS, STRETCH_RATIOS
from loopgen_app.making.generation import GenerationState
from loopgen_app.making.reworking import CORNERS, Side
from loopgen_app.panels.binding import set_range
from loopgen_app.panels.frame import Panel
from loopgen_app.state.picture import outline_of
from loopgen_app.state.source import ReadProblem
from loopgen_app.studio import Studio
from loopgen_app.widgets.elided_button import ElidedButton
from loopgen_app.widgets.label import Label, set_tip
from loopgen_app.widgets.segmented import Segmented
from loopgen_app.widgets.slider import Slider
from loopgen_app.widgets.source_drop import SourceDrop

if TYPE_CHECKING:
    from engine import SourceLoop

FAITHFUL = {0.015: "Comes back as it was", 0.05: "Comes back nearly as it was"}
"""By the largest error that is called so."""


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
        self._rows = [self._tempo_row(), self._vary_row(), self._stretch_row(), self._transition_row()]
        for row in self._rows:
            self.body.addWidget(row)
        self.body.addWidget(self._news_row())
        self._work.changed.connect(self._show)
        studio.generation.stateChanged.connect(lambda _state: self._show_news())
        studio.instrument.changed.connect(lambda knob: self._show_stretch() if knob == "tempo_bpm" else None)
        self._show()

    # ---- rows ---------------------------------------------------------------------------------------------------

    def _row(self, *widgets: QWidget, spring: int = -1) -> QWidget:
        holder = QWidget(self)
        holder.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for index, widget in enumerate(widgets):
            row.addWidget(widget, int(index == spring))
        return holder

    def _button(self, words: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(words, self)
        button.setObjectName(name)
        set_tip(button, tip)
        button.setAccessibleName(tip)
        return button

    def _tempo_row(self) -> QWidget:
        self.tempo = QDoubleSpinBox(self)
        self.tempo.setObjectName("sourceTempo")
        self.tempo.setAccessibleName("Tempo of the source")
        self.tempo.setToolTip("The tempo of the source: type another if it was heard wrongly")
        self.tempo.setRange(0.0, 999.0)  # wider than what is possible: it shows whatever a file says of itself
        self.tempo.setDecimals(2)
        self.tempo.setSuffix(" BPM")
        self.tempo.setSpecialValueText("tempo?")
        self.tempo.setKeyboardTracking(False)
        self.tempo.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.tempo.setFixedWidth(92)
        self.tempo.valueChanged.connect(self._work.set_tempo)
        self.half = self._button("½", "sourceHalfButton", "Take it as half the tempo")
        self.double = self._button("×2", "sourceDoubleButton", "Take it as twice the tempo")
        self.half.clicked.connect(lambda: self._work.scale_tempo(0.5))
        self.double.clicked.connect(lambda: self._work.scale_tempo(2.0))
        self.error = Label("", self)
        self.error.setObjectName("sourceErrorLabel")
        self.error.setProperty("role", "soft")
        self.error.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.trim = self._button("", "sourceTrimButton", "Cut it after its last whole bar")
        self.fit = self._button("", "sourceFitButton", "Take it as whole bars, at the tempo that makes it so")
        self.trim.clicked.connect(lambda: self._work.fit("trim"))
        self.fit.clicked.connect(lambda: self._work.fit("stretch"))
        return self._row(self.tempo, self.half, self.double, self.error, self.trim, self.fit, spring=3)

    def _vary_row(self) -> QWidget:
        self.strength = Slider("", "", self)
        self.strength.setObjectName("variationStrength")
        self.strength.setAccessibleName("Strength of the variation")
        self.strength.setToolTip("How far: 0 is the loop itself, 1 new noise under its conditions")
        set_range(self.strength, KNOBS["strength"])
        self.strength.setValue(KNOBS["strength"].default)
        self.strength.setMinimumWidth(48)  # the narrowest window has no more for it
        self.keep = Segmented([("Keep all" if word == "all" else word, word) for word in KNOBS["keep"].choices], self)
        self.keep.setObjectName("variationKeepBox")
        self.keep.setAccessibleName("What a variation keeps")
        self.vary = self._button("Vary", "varyButton", "Make a variation of the source")
        self.vary.clicked.connect(lambda: self._work.vary(self.strength.value(), self.keep.value()))
        self.strength.valueChanged.connect(lambda _value: self._show_strength())
        self._show_strength()
        return self._row(self.strength, self.keep, self.vary, spring=0)

    def _show_strength(self) -> None:
        self.vary.setText(f"Vary {100 * self.strength.value():.0f} %")

    def _stretch_row(self) -> QWidget:
        self.stretch = self._button("Stretch", "stretchButton", "Bring the source to the tempo of the instrument")
        self.stretch.clicked.connect(self._work.stretch)
        self.corner = QComboBox(self)
        self.corner.setObjectName("cornerBox")
        self.corner.setAccessibleName("Corner of the noise pad")
        self.corner.addItems(CORNERS)
        self.to_corner = self._button("To corner", "toCornerButton", "Put its noise in this corner of the noise pad")
        self.to_corner.clicked.connect(lambda: self._work.to_corner(self.corner.currentIndex()))
        return self._row(self.stretch, self.corner, self.to_corner, spring=0)

    def _transition_row(self) -> QWidget:
        self.set_a, self.set_b = ElidedButton(self), ElidedButton(self)
        for button, name, place in ((self.set_a, "A", "beginning"), (self.set_b, "B", "end")):
            button.setObjectName(f"transitionSet{name}")
            button.setAccessibleName(f"Take the source as the {place} of a transition")
        self.bars = QSpinBox(self)
        self.bars.setObjectName("transitionBars")
        self.bars.setAccessibleName(KNOBS["transition_bars"].label)
        set_range(self.bars, KNOBS["transition_bars"])
        self.bars.setValue(KNOBS["transition_bars"].default)
        self.bars.setSuffix(" bars")
        self.bars.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bars.setFixedWidth(72)
        self.make = self._button("Transition", "transitionButton", "Make bars that begin as A and end as B")
        self.make.clicked.connect(lambda: self._work.transition(self.bars.value()))
        ends: tuple[tuple[Side, ElidedButton], ...] = (("a", self.set_a), ("b", self.set_b))
        for end, button in ends:
            button.clicked.connect(lambda _checked=False, end=end: self._work.set_end(end))
        holder = self._row(self.set_a, self.set_b, self.bars, self.make, spring=0)
        layout = holder.layout()
        if isinstance(layout, QHBoxLayout):
            layout.setStretch(1, 1)
        return holder

    def _news_row(self) -> QWidget:
        self.news = Label("", self)
        self.news.setObjectName("sourceNews")
        self.news.setWordWrap(True)
        self.back = self._button("Back", "sourceBackButton", "Leave this file and go back to the source before")
        self.back.clicked.connect(self._work.dismiss)
        self.cancel = self._button("Cancel", "reworkCancelButton", "Stop; what plays goes on")
        self.cancel.clicked.connect(self._work.cancel)
        self._bottom = self._row(self.news, self.back, self.cancel, spring=0)
        return self._bottom

    # ---- showing ------------------------------------------------------------------------------------------------

    def take(self, paths: list[Path]) -> None:
        """Open the first of the files that were dropped."""
        if paths:
            self._work.open(paths[0])
        else:
            self._studio.messages.complain("Only files can be dropped here: a WAV, FLAC, AIFF or OGG.")

    def _show(self) -> None:
        work = self._work
        anything = work.source is not None or work.wish is not None or bool(work.ends)
        for row in self._rows:
            row.setVisible(anything)
        self._show_drop(filled=anything)
        self._show_tempo()
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

    def _show_tempo(self) -> None:
        work = self._work
        with QSignalBlocker(self.tempo):
            self.tempo.setValue(work.tempo_bpm or 0.0)
        known = work.wish is not None
        self.tempo.setEnabled(known)
        self.half.setEnabled(work.can_scale(0.5))
        self.double.setEnabled(work.can_scale(2.0))
        trip = work.round_trip if work.refused is None else None
        self.error.setText("" if trip is None else faithful(trip.latent_error))
        set_tip(
            self.error,
            "How well the loop comes back once it went to noise and back: what is made of it can be no closer to it"
            + (
                "" if trip is None else f" ({100 * trip.latent_error:.1f} % off; sound {trip.heard_si_sdr_db:.1f} dB)"
            ),
        )

    def _show_stretch(self) -> None:
        ratio, tempo = self._work.stretch_ratio, self._studio.instrument.value("tempo_bpm")
        possible = ratio is not None and STRETCH_RATIOS[0] <= ratio <= STRETCH_RATIOS[1]
        self.stretch.setText(f"Stretch to {tempo:g} BPM")
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
            set_tip(button, f"Take the source as the {place} of a transition{was}")
        self.make.setEnabled(len(ends) == 2)

    def _show_news(self) -> None:
        state, trouble = self._studio.generation.state, self._work.trouble
        busy = bool(state.doing)
        told = trouble is not None and not busy
        self.cancel.setVisible(busy)
        self.back.setVisible(told)
        self._show_offers(trouble if told else None)
        self.news.setText(self._words(state))
        self.news.setProperty("role", "bad" if told else "soft")
        self.news.style().unpolish(self.news)
        self.news.style().polish(self.news)
        self._bottom.setVisible(bool(self.news.text()) or busy)
        self._give_room()

    def _show_offers(self, trouble: ReadProblem | None) -> None:
        trim, fit = (trouble.trim_bars, trouble.stretch_bpm) if trouble is not None else (None, None)
        self.trim.setVisible(trim is not None)
        self.fit.setVisible(fit is not None)
        self.trim.setText(f"Trim to {trim}")
        self.fit.setText(f"Fit at {fit or 0:.4g}")

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


def faithful(error: float) -> str:
    """In words how well a loop comes back from its noise; `error` is the share of it that does not."""
    for most, words in FAITHFUL.items():
        if error <= most:
            return words
    return "Comes back changed"
