"""A horizontal slider with its name on the left and its value on the right."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from loopgen_app.colours import colour
from loopgen_app.theme import font
from loopgen_app.widgets.value_widget import ValueWidget

HANDLE = 7.0


class Slider(ValueWidget):
    """A slider for any number; `label` is drawn above the track unless it is empty, and opposite it the value, or
    `far`, the name of the other end."""

    def __init__(self, label: str = "", unit: str = "", parent: QWidget | None = None, *, far: str = "") -> None:
        super().__init__(parent)
        self._label, self._unit, self._far = label, unit, far
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """One or two lines."""
        return QSize(120, 40 if self._label else 22)

    def minimumSizeHint(self) -> QSize:
        """As short as a slider can be turned."""
        return QSize(56, self.sizeHint().height())

    def _track(self) -> QRectF:
        y = self.height() - 12 if self._label else self.height() / 2
        return QRectF(HANDLE, y - 2.5, self.width() - 2 * HANDLE, 5)

    def press_at(self, point: QPointF) -> None:
        """Jump to the pointer when the track is pressed."""
        if abs(point.y() - self._track().center().y()) < 12:
            self._follow(point)
            self._drag_value = self._value

    def drag_to(self, point: QPointF, fine: float) -> None:
        """Follow the pointer; ten times finer with Shift."""
        if fine == 1.0:
            self._follow(point)
        else:
            assert self._drag_from is not None
            moved = (point.x() - self._drag_from.x()) / self._track().width() / fine
            self.setValue(self._drag_value + moved * (self._high - self._low))

    def _follow(self, point: QPointF) -> None:
        track = self._track()
        value = self._low + (point.x() - track.left()) / track.width() * (self._high - self._low)
        self.setValue(round(value / self._step) * self._step)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Label, value, track and handle."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._label:
            line = QRectF(0, 0, self.width(), 20)
            painter.setFont(font(12, QFont.Weight.DemiBold))
            painter.setPen(colour("soft" if self.isEnabled() else "faint"))
            shown = self._far or f"{self.text()} {self._unit}".strip()
            room = self.width() - 6 - painter.fontMetrics().horizontalAdvance(shown)
            label = painter.fontMetrics().elidedText(self._label, Qt.TextElideMode.ElideRight, room)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label)
            if not self._far:
                painter.setPen(colour("text"))
                painter.setFont(font(13, QFont.Weight.DemiBold))
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
        track = self._track()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("well_deep"))
        painter.drawRoundedRect(track, 2.5, 2.5)
        at = track.left() + self.fraction() * track.width()
        painter.setBrush(colour("accent" if self.isEnabled() else "faint"))
        painter.drawRoundedRect(QRectF(track.left(), track.top(), at - track.left(), track.height()), 2.5, 2.5)
        if self.hasFocus():
            painter.setBrush(colour("accent", 70))
            painter.drawEllipse(QPointF(at, track.center().y()), HANDLE + 2.5, HANDLE + 2.5)
        painter.setBrush(colour("text" if self.isEnabled() else "faint"))
        painter.drawEllipse(QPointF(at, track.center().y()), HANDLE - 1, HANDLE - 1)
