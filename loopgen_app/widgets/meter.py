"""A stereo level meter with peak hold."""

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from loopgen_app.colours import colour
from loopgen_app.widgets.label import set_tip

FLOOR_DB = -48.0
FALL_DB_PER_SECOND = 26.0
HOLD_SECONDS = 1.2


def to_db(amplitude: float) -> float:
    """Amplitude as dBFS, at least `FLOOR_DB`."""
    return max(FLOOR_DB, 20 * math.log10(amplitude)) if amplitude > 0 else FLOOR_DB


class Meter(QWidget):
    """Two bars from -48 to 0 dBFS that fall slowly; a line holds each side's peak for a while."""

    def __init__(self, parent: QWidget | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self._at = clock()
        self._levels = [FLOOR_DB, FLOOR_DB]
        self._holds = [FLOOR_DB, FLOOR_DB]
        self._held_at = [0.0, 0.0]
        self.setAccessibleName("Output level")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(100, 14)

    def levels(self) -> tuple[float, float]:
        """What the bars show, dBFS."""
        return self._levels[0], self._levels[1]

    def holds(self) -> tuple[float, float]:
        """What the peak lines show, dBFS."""
        return self._holds[0], self._holds[1]

    def feed(self, left: float, right: float) -> None:
        """Show the peaks since the last call (amplitudes, 1 = full scale)."""
        now = self._clock()
        fall, self._at = FALL_DB_PER_SECOND * (now - self._at), now
        before = (*self._levels, *self._holds)
        for side, peak in enumerate((to_db(left), to_db(right))):
            self._levels[side] = max(peak, self._levels[side] - fall, FLOOR_DB)
            if peak >= self._holds[side]:
                self._holds[side], self._held_at[side] = peak, now
            elif now - self._held_at[side] > HOLD_SECONDS:
                self._holds[side] = max(FLOOR_DB, self._holds[side] - fall)
        if before != (*self._levels, *self._holds):
            set_tip(self, f"Peak {max(self._holds):.1f} dBFS")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Two bars."""
        del event
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        bar = (self.height() - 2) / 2
        for side in (0, 1):
            top = side * (bar + 2)
            painter.setBrush(colour("well"))
            painter.drawRoundedRect(QRectF(0, top, self.width(), bar), 2, 2)
            share = 1 - self._levels[side] / FLOOR_DB
            painter.setBrush(colour("accent"))
            painter.drawRoundedRect(QRectF(0, top, self.width() * share, bar), 2, 2)
            hold = 1 - self._holds[side] / FLOOR_DB
            if hold > 0:
                painter.setBrush(colour("bad" if self._holds[side] > -0.1 else "text"))
                painter.drawRect(QRectF(min(self.width() - 2.0, self.width() * hold), top, 2, bar))
