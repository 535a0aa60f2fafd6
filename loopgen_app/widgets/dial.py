"""The tempo dial: a large number inside an arc, with tap tempo."""

import time
from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from loopgen_app.colours import colour
from loopgen_app.theme import font
from loopgen_app.widgets.knob_face import KnobFace, paint_face
from loopgen_app.widgets.value_widget import ValueWidget

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
        """Knob, number, unit."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height() + 14) - 4.0
        circle = QRectF((self.width() - side) / 2, 2, side, side)
        live = self.isEnabled()
        face = KnobFace(self.fraction(), self.text(), _fitting(self.text()), live=live, focused=self.hasFocus())
        paint_face(painter, circle, face)
        painter.setPen(colour("soft"))
        painter.setFont(font(12, QFont.Weight.Medium, spaced=True))
        painter.drawText(circle.adjusted(0, side * 0.5, 0, 0), Qt.AlignmentFlag.AlignCenter, self._unit)


def _fitting(text: str) -> int:
    return 34 if len(text) <= 4 else 28 if len(text) <= 5 else 24
