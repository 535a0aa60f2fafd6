"""The spectrogram with beat grid and waveform strip; the play head moves over it without repainting it."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from loopgen_app.colours import HEAT_STOPS, WARDROBE, colour
from loopgen_app.widgets.spectrogram_overlay import Overlay
from loopgen_app.widgets.time_window import TimeWindow
from loopgen_app.widgets.waveform_strip import WaveformStrip

LEVELS = (-68.0, -8.0)
STRIP_HEIGHT = 38


class SpectrogramView(QWidget):
    """Shows an image `[bands, columns]` in dB over `beats` beats, and the outline of its waveform below.

    `seekAsked(beat)` on a click; `hovered(beat, band)` under the pointer, (-1, -1) when it leaves. The wheel looks
    closer at what is under the pointer, a double click shows all again.
    """

    seekAsked = Signal(float)
    hovered = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.part = TimeWindow()
        self.title, self.hint, self.readout = "", "", ""
        self.progress, self.room = -1.0, 1e6
        self.marks: Sequence[tuple[float, str]] = ()
        self.bands = 1
        self._beat = -1.0
        self._pointed = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._plot = _bare_plot(self)
        self._image = pyqtgraph.ImageItem(axisOrder="row-major")
        self._plot.addItem(self._image)
        self._strip = WaveformStrip(self)
        self._strip.setFixedHeight(STRIP_HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._plot, 1)
        column.addWidget(self._strip)
        self._overlay = Overlay(self)
        self.setMouseTracking(True)
        self._dress()

    def sizeHint(self) -> QSize:
        """As large as there is room."""
        return QSize(560, 200)

    def minimumSizeHint(self) -> QSize:
        """A strip of one, while a long message lies above it."""
        return QSize(240, 56)

    def changeEvent(self, event: QEvent) -> None:
        """Another theme has other shades."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()

    def _dress(self) -> None:
        self._plot.setBackground(colour("ground"))
        shades = [pyqtgraph.mkColor(shade) for shade in WARDROBE.worn.heat]
        self._image.setColorMap(pyqtgraph.ColorMap(HEAT_STOPS, shades))
        self._overlay.update()

    def show_image(
        self, image: NDArray[np.float32], outline: NDArray[np.float32], beats: int, marks: Sequence[tuple[float, str]]
    ) -> None:
        """Show a picture; `marks` are (band, label) of the frequency scale."""
        self.part.show(beats)
        self.marks, self.bands = marks, image.shape[0]
        self._image.setImage(image, autoLevels=False, levels=LEVELS)
        self._image.setRect(QRectF(0, 0, beats, self.bands))
        self._image.setVisible(True)
        self._strip.setOutline(outline, beats)
        self._look()

    def clear(self) -> None:
        """Show no picture."""
        self.part.show(0)
        self._image.setVisible(False)
        self._strip.setOutline(None, 0)
        self._overlay.update()

    def setWords(self, title: str, hint: str = "", room: float = 1e6) -> None:
        """Words in the middle, for the times when there is no picture ("" = none); `room` pixels are theirs."""
        self.title, self.hint, self.room = title, hint, room
        self._overlay.update()

    def words(self) -> str:
        """The words shown, empty when a picture says it all."""
        return self.title

    def setProgress(self, fraction: float) -> None:
        """A line along the top: 0 to 1, negative for none."""
        self.progress = fraction
        self._overlay.update(0, 0, self.width(), 6)

    def setBeat(self, beat: float) -> None:
        """Move the play head (negative = none); repaints two narrow columns, and turns the page where it leaves
        what is in sight, unless the pointer is there."""
        before = self.head_x()
        self._beat = beat
        if beat >= 0 and self.beats() and not self._pointed and self.part.follow(beat % self.beats()):
            self._look()
            return
        for x in {before, self.head_x()}:
            if x >= 0:
                self._overlay.update(int(x) - 3, 0, 7, self.height())

    def setReadout(self, text: str) -> None:
        """Words in the corner about the place under the pointer."""
        if text != self.readout:
            self.readout = text
            self._overlay.update()

    def beats(self) -> int:
        """Beats of the loop shown, 0 when none is."""
        return self.part.beats

    def zoom(self, factor: float, share: float | None = None) -> None:
        """Look `factor` times as closely at `share` of the width: by default where the play head is, or the
        middle."""
        if not self.beats():
            return
        if share is None:
            head = self.part.share_of(self._beat % self.beats()) if self._beat >= 0 else -1.0
            share = head if 0 <= head <= 1 else 0.5
        if self.part.zoom(share, factor):
            self._look()

    def move_by(self, share: float) -> None:
        """Look further on by a share of the width."""
        if self.part.move(share * self.part.span):
            self._look()

    def show_all(self) -> None:
        """The whole loop."""
        self.zoom(1e-9)

    def _look(self) -> None:
        window = self.part
        self._plot.setRange(xRange=(window.first, window.last), yRange=(0, self.bands), padding=0)
        self._strip.setWindow(window.first, window.last)
        self._overlay.update()

    def head_x(self) -> float:
        """Where the play head is, in pixels; negative where it is not in sight."""
        if self._beat < 0 or not self.beats():
            return -1.0
        share = self.part.share_of(self._beat % self.beats())
        return share * self.width() if share <= 1 else -1.0

    def picture_height(self) -> int:
        """Height of the spectrogram alone, without the waveform."""
        return max(1, self.height() - STRIP_HEIGHT - 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The overlay covers everything."""
        super().resizeEvent(event)
        self._overlay.setGeometry(self.rect())
        self._overlay.raise_()

    def mouse_at(self, point: QPointF) -> None:
        """Tell what is under the pointer."""
        self._pointed = True
        if self.beats():
            height = self.picture_height()
            band = (1 - point.y() / height) * self.bands if point.y() < height else -1.0
            self.hovered.emit(self.part.beat_at(point.x() / self.width()), band)

    def leave(self) -> None:
        """Nothing is under the pointer."""
        self._pointed = False
        self.hovered.emit(-1.0, -1.0)

    def press_at(self, point: QPointF) -> None:
        """A click seeks."""
        if self.beats():
            self.seekAsked.emit(self.part.beat_at(point.x() / self.width()))


def _bare_plot(parent: QWidget) -> "pyqtgraph.PlotWidget":
    plot = pyqtgraph.PlotWidget(parent)
    plot.setFrameShape(pyqtgraph.QtWidgets.QFrame.Shape.NoFrame)
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.setMouseEnabled(False, False)
    plot.hideAxis("left")
    plot.hideAxis("bottom")
    plot.getPlotItem().setContentsMargins(0, 0, 0, 0)
    plot.getViewBox().setDefaultPadding(0)
    return plot
