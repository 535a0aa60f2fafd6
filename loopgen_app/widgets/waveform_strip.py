"""A strip with the outline of a waveform."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QWidget

from loopgen_app.colours import colour


class WaveformStrip(QWidget):
    """Shows the lowest and highest sample of each slice of a loop; painted once, then copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outline: NDArray[np.float32] | None = None
        self._beats = 0
        self._part = (0.0, 1.0)
        self._cache: QPixmap | None = None

    def setOutline(self, outline: NDArray[np.float32] | None, beats: int) -> None:
        """Show an outline `[2, columns]`, or nothing."""
        self._outline, self._beats, self._part = outline, beats, (0.0, 1.0)
        self._repaint()

    def setWindow(self, first: float, last: float) -> None:
        """Show what lies between two beats."""
        self._part = (first / self._beats, last / self._beats) if self._beats else (0.0, 1.0)
        self._repaint()

    def _repaint(self) -> None:
        self._cache = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint anew."""
        self._cache = None
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Another theme has other shades."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._repaint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Copy the painted strip."""
        if self._cache is None:
            self._cache = self._painted()
        painter = QPainter(self)
        painter.setClipRegion(event.region())
        painter.drawPixmap(0, 0, self._cache)

    def _painted(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(colour("ground"))
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._outline is None:
            painter.fillRect(QRectF(0, self.height() / 2, self.width(), 1), colour("line"))
        else:
            self._paint_outline(painter, self._outline)
        painter.end()
        return pixmap

    def _paint_outline(self, painter: QPainter, outline: NDArray[np.float32]) -> None:
        middle, half = self.height() / 2, self.height() / 2 - 3
        first, last = self._part
        columns = outline.shape[1]
        left, right = int(first * columns), min(columns, int(np.ceil(last * columns)) + 1)
        xs = (np.arange(left, right) / columns - first) / (last - first) * self.width()
        low, high = outline[:, left:right]
        upper = [QPointF(x, middle - min(1.0, v) * half - 0.5) for x, v in zip(xs, high, strict=True)]
        lower = [QPointF(x, middle - max(-1.0, v) * half + 0.5) for x, v in zip(xs, low, strict=True)]
        painter.setPen(colour("accent", 120))
        painter.setBrush(colour("accent", 150))
        painter.drawPolygon(QPolygonF([*upper, *reversed(lower)]))
