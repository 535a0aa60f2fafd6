"""A knob that can also be free, and that shows a curve when one was drawn."""

from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from loopgen_app.colours import colour
from loopgen_app.widgets.knob_face import KnobFace
from loopgen_app.widgets.round_knob import RoundKnob

Curve = tuple[float, ...] | None


class CurveKnob(RoundKnob):
    """None = free, one value = a knob, many = a drawn curve over the loop. Turning it sets one value."""

    curveChanged = Signal(object)
    drawAsked = Signal()

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(label, parent)
        self._curve: Curve = None
        self._value = 0.5
        self.valueChanged.connect(self._turned)

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

    def face(self) -> KnobFace:
        """Dotted while it is free or drawn; lit up to the value."""
        single = self._curve is not None and len(self._curve) == 1
        word = "" if self._curve is not None and not single else self.text()
        at = self._curve[0] if self._curve is not None and single else None
        return KnobFace(at, word, 12 if single else 11, live=self.isEnabled(), focused=self.hasFocus())

    def paint_inside(self, painter: QPainter, circle: QRectF) -> None:
        """The curve that was drawn."""
        if self._curve is None or len(self._curve) == 1:
            return
        inset = circle.width() / 4
        box, last = circle.adjusted(inset, 1.1 * inset, -inset, -1.1 * inset), len(self._curve) - 1
        points = [
            QPointF(box.left() + box.width() * index / last, box.bottom() - value * box.height())
            for index, value in enumerate(self._curve)
        ]
        path = QPainterPath(points[0])
        for point in points[1:]:
            path.lineTo(point)
        painter.setPen(QPen(colour("accent"), 1.8))
        painter.drawPath(path)
