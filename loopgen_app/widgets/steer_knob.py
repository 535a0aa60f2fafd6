"""A small knob with its zero at the top: more to the right, less to the left."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from loopgen_app.theme import colour, font
from loopgen_app.widgets.dial import SWEEP
from loopgen_app.widgets.value_widget import ValueWidget

SIDE = 32.0
TOP = 90.0


class SteerKnob(ValueWidget):
    """A value around zero. A double click brings it back to its default; Enter types a value."""

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = label
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Knob with its name below."""
        return QSize(50, 50)

    def minimumSizeHint(self) -> QSize:
        """Narrow enough for six in a row."""
        return QSize(40, 50)

    def text(self) -> str:
        """The value with its sign."""
        return f"{self.value():+.1f}" if self.value() else "0"

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the default."""
        del event
        self.setValue(self._default or 0.0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Arc from the top, value, name."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        arc = QRectF((self.width() - SIDE) / 2, 2.5, SIDE, SIDE)
        live = self.isEnabled() and self.value() != 0
        pen = QPen(colour("hover"), 3)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(arc, round((TOP - SWEEP / 2) * 16), round(SWEEP * 16))
        if live:
            pen.setColor(colour("accent"))
            painter.setPen(pen)
            painter.drawArc(arc, round(TOP * 16), round(-SWEEP / 2 * 16 * self.value() / self.maximum()))
        if self.hasFocus():
            painter.setPen(QPen(colour("accent", 160), 1.2))
            painter.drawEllipse(QPointF(arc.center()), SIDE / 2 - 4, SIDE / 2 - 4)
        painter.setPen(colour("text" if live else "faint"))
        painter.setFont(font(10, QFont.Weight.DemiBold))
        painter.drawText(arc, Qt.AlignmentFlag.AlignCenter, self.text())
        painter.setPen(colour("text" if live else "soft"))
        painter.setFont(font(11))
        painter.drawText(QRectF(0, 34, self.width(), 16), Qt.AlignmentFlag.AlignCenter, self._label)
