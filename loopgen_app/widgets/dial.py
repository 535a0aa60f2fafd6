"""The tempo dial: a large number inside an arc, with tap tempo."""

import time
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from loopgen_app.theme import colour, font
from loopgen_app.widgets.value_widget import ValueWidget

SWEEP, START = 270.0, 225.0
TAP_TIMEOUT = 2.0
MAX_TAPS = 8


class Dial(ValueWidget):
    """A large dial. Drag, wheel, arrows, double-click to type; `tap()` sets the value from the pace of taps."""

    def __init__(
        self, unit: str = "", parent: QWidget | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._unit = unit
        self._clock = clock
        self._taps: list[float] = []
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """A square that is read from across the room."""
        return QSize(124, 114)

    def tap(self) -> None:
        """Register one tap; two or more set the value to their mean pace in beats per minute."""
        now = self._clock()
        if self._taps and now - self._taps[-1] > TAP_TIMEOUT:
            self._taps.clear()
        self._taps = [*self._taps[-(MAX_TAPS - 1) :], now]
        if self._taps[-1] > self._taps[0]:  # two taps can share a tick of the clock
            self.setValue(round(60.0 * (len(self._taps) - 1) / (self._taps[-1] - self._taps[0]), 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """T taps, everything else as in every value widget."""
        if event.key() == Qt.Key.Key_T and not event.isAutoRepeat():
            self.tap()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Arc, number, unit."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height() + 14) - 12
        arc = QRectF((self.width() - side) / 2, 6, side, side)
        self._paint_arc(painter, arc)
        painter.setPen(colour("text" if self.isEnabled() else "faint"))
        painter.setFont(font(_fitting(self.text()), QFont.Weight.DemiBold))
        painter.drawText(arc.adjusted(0, -4, 0, -4), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.setPen(colour("soft"))
        painter.setFont(font(12, QFont.Weight.Medium, spaced=True))
        painter.drawText(arc.adjusted(0, side * 0.52, 0, 0), Qt.AlignmentFlag.AlignCenter, self._unit)

    def _paint_arc(self, painter: QPainter, arc: QRectF) -> None:
        pen = QPen(colour("raised"), 7)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(arc, round((START - SWEEP) * 16), round(SWEEP * 16))
        pen.setColor(colour("accent" if self.isEnabled() else "faint"))
        painter.setPen(pen)
        painter.drawArc(arc, round(START * 16), round(-SWEEP * self.fraction() * 16))
        if self.hasFocus():
            painter.setPen(QPen(colour("accent", 150), 1.2))
            painter.drawEllipse(QPointF(arc.center()), arc.width() / 2 - 9, arc.width() / 2 - 9)


def _fitting(text: str) -> int:
    return 34 if len(text) <= 4 else 28 if len(text) <= 5 else 24
