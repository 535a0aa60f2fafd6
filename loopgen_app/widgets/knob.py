"""A small knob that can also be free, and that shows a curve when one was drawn."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFont, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from loopgen_app.theme import colour, font
from loopgen_app.widgets.dial import START, SWEEP
from loopgen_app.widgets.value_widget import ValueWidget

Curve = tuple[float, ...] | None


class CurveKnob(ValueWidget):
    """None = free, one value = a knob, many = a drawn curve over the loop. Turning it sets one value."""

    curveChanged = Signal(object)
    drawAsked = Signal()

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = label
        self._curve: Curve = None
        self._value = 0.5
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.valueChanged.connect(self._turned)

    def sizeHint(self) -> QSize:
        """Knob with its name below."""
        return QSize(62, 74)

    def minimumSizeHint(self) -> QSize:
        """Narrow enough for four in a row."""
        return QSize(50, 74)

    def curve(self) -> Curve:
        """What is asked for: None, one value, or many."""
        return self._curve

    def setCurve(self, curve: Curve) -> None:
        """Set what is asked for; emits `curveChanged` when it differs."""
        if curve == self._curve:
            return
        self._curve = curve
        if curve is not None and len(curve) == 1:
            self.blockSignals(True)  # the value follows the curve, not the other way round
            self.setValue(curve[0])
            self.blockSignals(False)
        self.curveChanged.emit(curve)
        self.update()

    def _turned(self, value: float) -> None:
        self.setCurve((value,))

    def take(self, typed: float) -> None:
        """Percent, as it shows them; also where the knob was free."""
        self.setCurve((round(min(100.0, max(0.0, typed)) / 100, 2),))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Set it free again, or to the middle when it was."""
        del event
        self.setCurve((self._value,) if self._curve is None else None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Leave the menu to whoever binds the knob."""
        event.ignore()

    def text(self) -> str:
        """Percent, "free" or "drawn"."""
        if self._curve is None:
            return "free"
        return f"{self._curve[0] * 100:.0f}" if len(self._curve) == 1 else "drawn"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Arc or curve, value, name."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = 46.0
        arc = QRectF((self.width() - side) / 2, 4, side, side)
        free = self._curve is None
        pen = QPen(colour("hover"), 4.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        if free:
            pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        painter.drawArc(arc, round((START - SWEEP) * 16), round(SWEEP * 16))
        if self._curve is not None and len(self._curve) == 1:
            pen.setColor(colour("accent"))
            painter.setPen(pen)
            painter.drawArc(arc, round(START * 16), round(-SWEEP * self._curve[0] * 16))
        elif self._curve is not None:
            self._paint_curve(painter, arc.adjusted(8, 12, -8, -12), self._curve)
        if self.hasFocus():
            painter.setPen(QPen(colour("accent", 160), 1.2))
            painter.drawEllipse(QPointF(arc.center()), side / 2 - 6, side / 2 - 6)
        if self._curve is None or len(self._curve) == 1:
            painter.setPen(colour("faint" if free else "text"))
            painter.setFont(font(11 if free else 13, QFont.Weight.DemiBold))
            painter.drawText(arc, Qt.AlignmentFlag.AlignCenter, self.text())
        painter.setPen(colour("soft"))
        painter.setFont(font(11))
        painter.drawText(QRectF(0, 54, self.width(), 18), Qt.AlignmentFlag.AlignCenter, self._label)

    @staticmethod
    def _paint_curve(painter: QPainter, box: QRectF, curve: tuple[float, ...]) -> None:
        last = max(1, len(curve) - 1)
        points = [
            QPointF(box.left() + box.width() * index / last, box.bottom() - value * box.height())
            for index, value in enumerate(curve)
        ]
        path = QPainterPath(points[0])
        for point in points[1:]:
            path.lineTo(point)
        painter.setPen(QPen(colour("accent"), 1.8))
        painter.drawPath(path)
