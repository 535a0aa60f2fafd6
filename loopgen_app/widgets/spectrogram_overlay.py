"""What lies above spectrogram and waveform: grid, scale, play head, words; it takes the pointer for both."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from loopgen_app.colours import colour
from loopgen_app.theme import font

if TYPE_CHECKING:
    from loopgen_app.widgets.spectrogram_view import SpectrogramView

HEAD_WIDTH: Final = 2.0
NOTCH: Final = 1.25
"""How much closer a notch of the wheel looks."""
PAGE: Final = 0.12
"""Share of the width by which a notch of the wheel moves on, with Shift held."""
LEAST_MARK: Final = 13.0
"""Pixels that a word of the scale needs."""


class Overlay(QWidget):
    """Only what lies in the dirty region costs anything."""

    def __init__(self, view: "SpectrogramView") -> None:
        super().__init__(view)
        self._view = view
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Hover, and seek while pressed."""
        self._view.mouse_at(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._view.press_at(event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Seek."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._view.press_at(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The whole loop again."""
        del event
        self._view.show_all()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Closer or further away; with Shift, or a wheel that tilts, along the loop."""
        down, across = event.angleDelta().y() / 120, event.angleDelta().x() / 120
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or abs(across) > abs(down):
            self._view.move_by(-PAGE * (across or down))
        else:
            self._view.zoom(NOTCH**down, event.position().x() / max(1, self.width()))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer."""
        del event
        self._view.leave()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Grid, head, words."""
        painter = QPainter(self)
        painter.setClipRegion(event.region())
        view = self._view
        if view.beats():
            self._paint_grid(painter)
            self._paint_scale(painter)
            self._paint_part(painter)
        x = view.head_x()
        if x >= 0:
            painter.fillRect(QRectF(x - HEAD_WIDTH / 2, 0, HEAD_WIDTH, self.height()), colour("text"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if view.title:
            self._paint_words(painter)
        if view.progress >= 0:
            painter.fillRect(QRectF(0, 0, self.width(), 3), colour("hover"))
            painter.fillRect(QRectF(0, 0, self.width() * view.progress, 3), colour("accent"))
        if view.readout:
            self._paint_readout(painter)

    def _paint_grid(self, painter: QPainter) -> None:
        part, width = self._view.part, self.width()
        pitch = width / part.span
        painter.setFont(font(11, QFont.Weight.Medium))
        for beat in range(int(part.first), part.beats):
            x, bar = part.share_of(beat) * width, beat % 4 == 0
            if x > width:
                break
            if beat and (bar or pitch > 9):
                painter.fillRect(QRectF(x, 0, 1, self.height()), colour("text", 56 if bar else 20))
            if (bar and pitch * 4 > 18) or pitch > 60:
                name = str(beat // 4 + 1) if bar else f"{beat // 4 + 1}.{beat % 4 + 1}"
                self._paint_word(painter, QRectF(x + 3, 4, 0, 16), name)

    def _paint_scale(self, painter: QPainter) -> None:
        view = self._view
        painter.setFont(font(10))
        above = -LEAST_MARK
        for band, label in sorted(view.marks, reverse=True):
            y = view.picture_height() * (1 - band / view.bands)
            if y - above < LEAST_MARK or y < 7:
                continue
            above = y
            painter.fillRect(QRectF(self.width() - 6, y, 6, 1), colour("text", 70))
            width = painter.fontMetrics().horizontalAdvance(label) + 6
            self._paint_word(painter, QRectF(self.width() - 7 - width, y - 7, width, 14), label)

    @staticmethod
    def _paint_word(painter: QPainter, box: QRectF, word: str) -> None:
        """A word on a ground of its own: what lies behind it may be as bright as itself."""
        box.setWidth(painter.fontMetrics().horizontalAdvance(word) + 6)
        painter.fillRect(box, colour("ground", 200))
        painter.setPen(colour("soft"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, word)

    def _paint_part(self, painter: QPainter) -> None:
        """Along the bottom: which part of the loop is in sight."""
        window = self._view.part
        if window.zoomed:
            scale = self.width() / window.beats
            painter.fillRect(QRectF(0, self.height() - 3, self.width(), 3), colour("hover"))
            part = QRectF(window.first * scale, self.height() - 3, max(8.0, window.span * scale), 3)
            painter.fillRect(part, colour("accent"))

    def _paint_words(self, painter: QPainter) -> None:
        middle = min(self._view.room, self._view.picture_height()) / 2
        painter.setPen(colour("text"))
        painter.setFont(font(19, QFont.Weight.DemiBold))
        flags = Qt.AlignmentFlag.AlignCenter
        painter.drawText(QRectF(12, middle - 26, self.width() - 24, 28), flags, self._view.title)
        painter.setPen(colour("soft"))
        painter.setFont(font(13))
        painter.drawText(QRectF(12, middle + 2, self.width() - 24, 20), flags, self._view.hint)

    def _paint_readout(self, painter: QPainter) -> None:
        painter.setFont(font(12, QFont.Weight.Medium))
        width = painter.fontMetrics().horizontalAdvance(self._view.readout) + 18
        box = QRectF((self.width() - width) / 2, 6, width, 22)
        painter.setPen(QPen(colour("line")))
        painter.setBrush(colour("ground", 215))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(colour("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._view.readout)
