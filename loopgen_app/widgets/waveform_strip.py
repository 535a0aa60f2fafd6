"""A strip with the outline of a waveform."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QWidget

from loopgen_app.theme import colour


class WaveformStrip(QWidget):
    """Shows the lowest and highest sample of each slice of a loop; painted once, then copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outline: NDArray[np.float32] | None = None
        self._beats = 0
        self._cache: QPixmap | None = None

    def setOutline(self, outline: NDArray[np.float32] | None, beats: int) -> None:
        """Show an outline `[2, columns]`, or nothing."""
        self._outline, self._beats, self._cache = outline, beats, None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint anew."""
        self._cache = None
        super().resizeEvent(event)

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
        middle, half = self.height() / 2, self.height() / 2 - 3
        if self._outline is None:
            painter.fillRect(QRectF(0, middle, self.width(), 1), colour("line"))
        else:
            columns = self._outline.shape[1]
            xs = np.arange(columns) / columns * self.width()
            upper = [QPointF(x, middle - min(1.0, v) * half - 0.5) for x, v in zip(xs, self._outline[1], strict=True)]
            lower = [
                QPointF(x, middle - max(-1.0, v) * half + 0.5) for x, v in zip(xs, self._outline[0], strict=True)
            ]
            painter.setPen(colour("accent", 120))
            painter.setBrush(colour("accent", 150))
            painter.drawPolygon(QPolygonF([*upper, *reversed(lower)]))
        painter.end()
        return pixmap
