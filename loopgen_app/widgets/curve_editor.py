"""A field in which a curve is drawn from left to right."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from loopgen_app.colours import colour

POINTS = 64


class CurveEditor(QWidget):
    """`POINTS` values from 0 to 1; dragging draws. None shows as an empty field."""

    curveDrawn = Signal(tuple)
    gestureBegan = Signal()
    gestureEnded = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curve: tuple[float, ...] | None = None
        self._bars = 4
        self._last: tuple[int, float] | None = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def sizeHint(self) -> QSize:
        """Wide enough to draw."""
        return QSize(340, 130)

    def setCurve(self, curve: tuple[float, ...] | None) -> None:
        """Show a curve of any number of points."""
        self._curve = curve
        self.update()

    def setBars(self, bars: int) -> None:
        """Lines at bars."""
        self._bars = bars
        self.update()

    def _points(self) -> list[float]:
        curve = self._curve
        if curve is None:
            return [0.5] * POINTS
        return [curve[min(len(curve) - 1, index * len(curve) // POINTS)] for index in range(POINTS)]

    def _draw(self, point: QPointF) -> None:
        index = min(POINTS - 1, max(0, int(point.x() / self.width() * POINTS)))
        value = min(1.0, max(0.0, 1 - point.y() / self.height()))
        points = self._points()
        from_index, from_value = self._last or (index, value)
        for each in range(min(index, from_index), max(index, from_index) + 1):
            share = (each - from_index) / ((index - from_index) or 1)
            points[each] = round(from_value + (value - from_value) * share, 3)
        points[index] = round(value, 3)
        self._last = (index, value)
        self.setCurve(tuple(points))
        self.curveDrawn.emit(tuple(points))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to draw."""
        self.gestureBegan.emit()
        self._last = None
        self._draw(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw on."""
        self._draw(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Done."""
        del event
        self.gestureEnded.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Field, bars, curve."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("ground"))
        painter.drawRoundedRect(box, 8, 8)
        for bar in range(1, self._bars):
            painter.fillRect(QRectF(bar * box.width() / self._bars, 0, 1, box.height()), colour("text", 26))
        if self._curve is None:
            painter.setPen(colour("faint"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "Draw here")
            return
        points = self._points()
        path = QPainterPath(QPointF(0, (1 - points[0]) * box.height()))
        for index, value in enumerate(points):
            path.lineTo((index + 0.5) / POINTS * box.width(), (1 - value) * box.height())
        path.lineTo(box.width(), (1 - points[-1]) * box.height())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour("accent"), 2))
        painter.drawPath(path)
