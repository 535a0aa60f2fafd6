"""A small knob with its name below."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from loopgen_app.colours import colour
from loopgen_app.theme import font
from loopgen_app.widgets.knob_face import KnobFace, paint_face
from loopgen_app.widgets.value_widget import ValueWidget

LARGEST = 44.0
NAME_HEIGHT = 16.0


class RoundKnob(ValueWidget):
    """A value that is turned. What kinds of knobs differ in is their `face`."""

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = label
        self.largest, self.least = LARGEST, 41
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Knob with its name below."""
        return QSize(58, 62)

    def minimumSizeHint(self) -> QSize:
        """Narrow enough for six in a row, unless its name is long."""
        return QSize(self.least, 62)

    def face(self) -> KnobFace:
        """What it shows."""
        return KnobFace(self.fraction(), self.text(), live=self.isEnabled(), focused=self.hasFocus())

    def circle(self) -> QRectF:
        """Where the knob itself is."""
        high = min(self.largest, self.height() - NAME_HEIGHT - 1)
        side = min(high, self.width() - 4.0)
        bottom = (self.height() + high - NAME_HEIGHT) / 2  # names of knobs in a row are on one line
        return QRectF((self.width() - side) / 2, bottom - side, side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Knob and name."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        face, circle = self.face(), self.circle()
        paint_face(painter, circle, face)
        self.paint_inside(painter, circle)
        painter.setPen(colour("soft" if self.isEnabled() else "faint"))
        painter.setFont(font(11))
        name = QRectF(0, circle.bottom(), self.width(), NAME_HEIGHT)
        painter.drawText(name, Qt.AlignmentFlag.AlignCenter, self._label)

    def paint_inside(self, painter: QPainter, circle: QRectF) -> None:
        """Hook for knobs that show more than a word inside."""
