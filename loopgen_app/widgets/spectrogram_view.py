"""The spectrogram with beat grid and waveform strip; the play head moves over it without repainting it."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from loopgen_app.theme import colour, font
from loopgen_app.widgets.waveform_strip import WaveformStrip

COLOUR_STOPS = (
    (0.0, "#0e1014"), (0.2, "#17151b"), (0.42, "#3d2a22"), (0.66, "#a8662a"), (0.84, "#ffb454"), (1.0, "#fff4e2"),
)  # fmt: skip
LEVELS = (-68.0, -8.0)
STRIP_HEIGHT = 46
HEAD_WIDTH = 2.0
MOST_DOWN = 90.0
"""Where words stand in a picture that is high: what can be done is offered below them."""


class SpectrogramView(QWidget):
    """Shows an image `[bands, columns]` in dB over `beats` beats, and the outline of its waveform below.

    `seekAsked(beat)` on a click; `hovered(beat, band)` under the pointer, (-1, -1) when it leaves.
    """

    seekAsked = Signal(float)
    hovered = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._beats = 0
        self._beat = -1.0
        self._title, self._hint = "", ""
        self._progress = -1.0
        self._readout = ""
        self._marks: Sequence[tuple[float, str]] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._plot = pyqtgraph.PlotWidget(self, background="#0e1014")
        self._plot.setFrameShape(pyqtgraph.QtWidgets.QFrame.Shape.NoFrame)
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        self._plot.setMouseEnabled(False, False)
        self._plot.hideAxis("left")
        self._plot.hideAxis("bottom")
        self._plot.getPlotItem().setContentsMargins(0, 0, 0, 0)
        self._plot.getViewBox().setDefaultPadding(0)
        self._image = pyqtgraph.ImageItem(axisOrder="row-major")
        stops, shades = zip(*COLOUR_STOPS, strict=True)
        self._image.setColorMap(pyqtgraph.ColorMap(stops, [pyqtgraph.mkColor(shade) for shade in shades]))
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

    def sizeHint(self) -> QSize:
        """As large as there is room."""
        return QSize(560, 300)

    def minimumSizeHint(self) -> QSize:
        """Still a picture."""
        return QSize(240, 130)

    def show_image(
        self, image: NDArray[np.float32], outline: NDArray[np.float32], beats: int, marks: Sequence[tuple[float, str]]
    ) -> None:
        """Show a picture; `marks` are (band, label) of the frequency scale."""
        self._beats, self._marks = beats, marks
        self._image.setImage(image, autoLevels=False, levels=LEVELS)
        bands = image.shape[0]
        self._image.setRect(QRectF(0, 0, beats, bands))
        self._plot.setRange(xRange=(0, beats), yRange=(0, bands), padding=0)
        self._bands = bands
        self._image.setVisible(True)
        self._strip.setOutline(outline, beats)
        self._overlay.update()

    def clear(self) -> None:
        """Show no picture."""
        self._beats = 0
        self._image.setVisible(False)
        self._strip.setOutline(None, 0)
        self._overlay.update()

    def setWords(self, title: str, hint: str = "") -> None:
        """Words in the middle, for the times when there is no picture ("" = none)."""
        self._title, self._hint = title, hint
        self._overlay.update()

    def words(self) -> str:
        """The words shown, empty when a picture says it all."""
        return self._title

    def setProgress(self, fraction: float) -> None:
        """A line along the top: 0 to 1, negative for none."""
        self._progress = fraction
        self._overlay.update(0, 0, self.width(), 6)

    def setBeat(self, beat: float) -> None:
        """Move the play head (negative = none); repaints two narrow columns."""
        before = self._head_x()
        self._beat = beat
        for x in {before, self._head_x()}:
            if x >= 0:
                self._overlay.update(int(x) - 3, 0, 7, self.height())

    def setReadout(self, text: str) -> None:
        """Words in the corner about the place under the pointer."""
        if text != self._readout:
            self._readout = text
            self._overlay.update()

    def beats(self) -> int:
        """Beats of the loop shown, 0 when none is."""
        return self._beats

    def _head_x(self) -> float:
        if self._beat < 0 or not self._beats:
            return -1.0
        return self._beat % self._beats / self._beats * self.width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The overlay covers everything."""
        super().resizeEvent(event)
        self._overlay.setGeometry(self.rect())
        self._overlay.raise_()

    def mouse_at(self, point: QPointF) -> None:
        """Tell what is under the pointer."""
        if self._beats:
            height = max(1, self.height() - STRIP_HEIGHT - 2)
            band = (1 - point.y() / height) * self._bands if point.y() < height else -1.0
            self.hovered.emit(point.x() / self.width() * self._beats, band)

    def press_at(self, point: QPointF) -> None:
        """A click seeks."""
        if self._beats:
            self.seekAsked.emit(min(0.9999, max(0.0, point.x() / self.width())) * self._beats)


class Overlay(QWidget):
    """Grid, play head, words and read-out above picture and waveform; also takes the pointer for both."""

    def __init__(self, view: SpectrogramView) -> None:
        super().__init__(view)
        self._view = view
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Hover, and seek while pressed."""
        self._view.mouse_at(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._view.press_at(event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Seek."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._view.press_at(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer."""
        del event
        self._view.hovered.emit(-1.0, -1.0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Only what lies in the dirty region costs anything."""
        painter = QPainter(self)
        painter.setClipRegion(event.region())
        view = self._view
        if view.beats():
            self._paint_grid(painter, view.beats())
        x = view._head_x()
        if x >= 0:
            painter.fillRect(QRectF(x - HEAD_WIDTH / 2, 0, HEAD_WIDTH, self.height()), colour("text"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if view._title:
            self._paint_words(painter)
        if view._progress >= 0:
            painter.fillRect(QRectF(0, 0, self.width(), 3), colour("hover"))
            painter.fillRect(QRectF(0, 0, self.width() * view._progress, 3), colour("accent"))
        if view._readout:
            self._paint_readout(painter)

    def _paint_grid(self, painter: QPainter, beats: int) -> None:
        image_height = self.height() - STRIP_HEIGHT - 2
        pitch = self.width() / beats
        painter.setFont(font(11, QFont.Weight.Medium))
        for beat in range(beats):
            bar = beat % 4 == 0
            if beat and (bar or pitch > 9):
                painter.fillRect(QRectF(beat * pitch, 0, 1, self.height()), colour("text", 56 if bar else 20))
            if bar and pitch * 4 > 18:
                painter.setPen(colour("text", 190))
                box = QRectF(beat * pitch + 5, 5, 40, 16)
                painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, str(beat // 4 + 1))
        painter.setPen(colour("soft", 200))
        painter.setFont(font(10))
        for band, label in self._view._marks:
            y = image_height * (1 - band / self._view._bands)
            painter.fillRect(QRectF(self.width() - 6, y, 6, 1), colour("text", 70))
            box = QRectF(self.width() - 42, y - 7, 34, 14)
            painter.fillRect(box.adjusted(6, 0, 3, 0), colour("ground", 150))
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, label)

    def _paint_words(self, painter: QPainter) -> None:
        middle = min((self.height() - STRIP_HEIGHT) / 2, MOST_DOWN)
        painter.setPen(colour("text"))
        painter.setFont(font(20, QFont.Weight.DemiBold))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(QRectF(20, middle - 38, self.width() - 40, 36), flags, self._view._title)
        painter.setPen(colour("soft"))
        painter.setFont(font(14))
        painter.drawText(QRectF(20, middle - 6, self.width() - 40, 40), flags, self._view._hint)

    def _paint_readout(self, painter: QPainter) -> None:
        painter.setFont(font(12, QFont.Weight.Medium))
        width = painter.fontMetrics().horizontalAdvance(self._view._readout) + 18
        box = QRectF((self.width() - width) / 2, 6, width, 22)
        painter.setPen(QPen(colour("line")))
        painter.setBrush(colour("ground", 215))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(colour("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._view._readout)
