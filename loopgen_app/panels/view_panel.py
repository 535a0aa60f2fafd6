"""What came out: spectrogram, beat grid, waveform, and what there is to say when there is nothing to see."""

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from loopgen_app.audition import LoopAtHand
from loopgen_app.making.generation import GenerationState
from loopgen_app.panels.frame import Panel, tool
from loopgen_app.panels.preset_row import PresetRow
from loopgen_app.state.loop_audio import Audio
from loopgen_app.state.picture import Picture, band_of_hertz, hertz_of_band
from loopgen_app.studio import Studio
from loopgen_app.widgets.label import set_tip
from loopgen_app.widgets.spectrogram_view import SpectrogramView

MARKS = (
    (50, "50"), (100, "100"), (200, "200"), (500, "500"), (1000, "1k"), (2000, "2k"), (5000, "5k"), (10000, "10k"),
)  # fmt: skip
ROOM_FOR_WORDS = 44
"""Pixels that the words of an empty picture need above the presets."""


class ViewPanel(Panel):
    """Shows the loop that is heard, or the one that is forming."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._studio = studio
        self._picture: Picture | None = None
        self._previews = 0
        self.view = SpectrogramView(self)
        self.view.setObjectName("spectrogramView")
        self.view.setAccessibleName("Spectrogram of the loop")
        set_tip(self.view, "Click to play from there. The wheel looks closer, a double click shows all again.")
        self.body.setContentsMargins(6, 6, 6, 6)
        self.body.addWidget(self.view)
        self.starts = PresetRow(studio, self)
        self.grow = tool("grow", "The picture large, or as small as usual (Ctrl+G)", self, checkable=True)
        self.grow.setObjectName("largePictureButton")
        self._marks = [(band_of_hertz(hertz), label) for hertz, label in MARKS]
        self.view.seekAsked.connect(studio.playback.seek)
        self.view.hovered.connect(self._hover)
        studio.audition.changed.connect(self._show_loop)
        studio.pictures.drawn.connect(self._drawn)
        studio.generation.previewed.connect(self._preview)
        studio.generation.stateChanged.connect(self._show_state)
        studio.playback.ticked.connect(self.view.setBeat)
        self._show_state(studio.generation.state)

    def _show_loop(self, loop: LoopAtHand | None) -> None:
        if loop is not None:
            picture = self._studio.pictures.ask(loop.id, loop.audio, loop.sample_rate, loop.beats)
            if picture is not None:
                self._show_picture(picture)

    def _drawn(self, key: object, picture: Picture) -> None:
        current = self._studio.audition.current
        forming = isinstance(key, str) and self._studio.generation.state.busy
        if forming or (current is not None and key == current.id):
            self._show_picture(picture)

    def _preview(self, audio: Audio) -> None:
        if not self._studio.transport.state.playing:  # what plays stays in sight
            self._previews += 1
            bars = self._studio.instrument.value("bars")
            self._studio.pictures.ask(f"preview {self._previews}", np.atleast_2d(audio), 44_100, bars * 4)

    def _show_picture(self, picture: Picture) -> None:
        self._picture = picture
        self.view.show_image(picture.image, picture.outline, picture.beats, self._marks)
        self._show_state(self._studio.generation.state)

    def _show_state(self, state: GenerationState) -> None:
        self.view.setProgress(state.fraction if state.busy else -1.0)
        self._place_starts()
        if self.view.beats():
            self.view.setWords("")
        elif state.busy and state.model == "loading":
            self.view.setWords("Loading the model", "Your loop is made as soon as it is there.")
        elif state.busy:
            self.view.setWords("Making your loop", f"step {state.step} of {state.num_steps}")
        elif state.model == "failed":
            self.view.setWords("No model", "Open a model pack in the menu Sound.")
        else:
            shown = not self.starts.isHidden()
            room = self.view.height() - self.starts.height() if shown else self.view.height()
            self.view.setWords("Press Generate", "or start from" if shown else "and hear your first loop", room)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Presets lie over the empty picture, below the words in it."""
        super().resizeEvent(event)
        self._show_state(self._studio.generation.state)

    def _place_starts(self) -> None:
        state, place = self._studio.generation.state, self.view.geometry()
        empty = self._studio.audition.current is None and not self.view.beats()
        wanted = empty and not state.busy and state.model != "failed"
        corner = QRect(0, 0, 24, 24)
        corner.moveBottomRight(place.bottomRight())
        self.grow.setGeometry(corner)
        self.grow.setVisible(bool(self.view.beats()))
        place.setTop(place.bottom() - self.starts.sizeHint().height())
        self.starts.setGeometry(place)
        self.starts.setVisible(wanted and place.top() - self.view.geometry().top() > ROOM_FOR_WORDS)

    def _hover(self, beat: float, band: float) -> None:
        picture = self._picture
        if picture is None or beat < 0:
            self.view.setReadout("")
            return
        seconds = beat / picture.beats * picture.seconds
        words = f"{int(beat) // 4 + 1}.{int(beat) % 4 + 1}   {seconds:.2f} s"
        if band >= 0:
            words += f"   {hertz_of_band(band):,.0f} Hz   {picture.level(beat, band):.0f} dB"
        self.view.setReadout(words)
