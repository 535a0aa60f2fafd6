"""A field that takes a file: empty it says what can be dropped, filled it shows what was."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from loopgen_app.colours import colour
from loopgen_app.theme import font
from loopgen_app.widgets.drag_tile import files_of
from loopgen_app.widgets.waveform_strip import WaveformStrip

LEAST_HEIGHT = 66


class SourceDrop(QFrame):
    """Emits `dropped(paths)`, a list of files; `wave` shows the outline once there is one."""

    dropped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._title, self._hint = "", ""
        self._hovered = False
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 21, 2, 2)
        self.wave = WaveformStrip(self)
        column.addWidget(self.wave)
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setWords("", "", filled=False)

    def setWords(self, title: str, hint: str, *, filled: bool) -> None:
        """What it says: above the wave when `filled`, else in the middle."""
        self._title, self._hint = title, hint
        self.wave.setVisible(filled)
        self.setAccessibleName(f"{title}. {hint}")
        self.update()

    def title(self) -> str:
        """The words above."""
        return self._title

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Light up for files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            self._light(on=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Calm down."""
        del event
        self._light(on=False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand over the files."""
        self._light(on=False)
        event.acceptProposedAction()
        self.dropped.emit(files_of(event.mimeData()))

    def _light(self, *, on: bool) -> None:
        self._hovered = on
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A dashed field with words, or the frame of the wave."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        filled = not self.wave.isHidden()
        pen = painter.pen()
        pen.setColor(self._border(filled=filled))
        pen.setStyle(Qt.PenStyle.SolidLine if filled else Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(colour("accent_deep" if self._hovered else "ground" if filled else "panel"))
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, 8, 8)
        if filled:
            self._paint_line(painter, QRectF(9, 2, box.width() - 18, 19))
        else:
            self._paint_middle(painter, box.adjusted(16, box.height() / 2 - 34, -16, 0))

    def _border(self, *, filled: bool) -> QColor:
        return colour("accent") if self._hovered else colour("line") if filled else colour("faint", 150)

    def _paint_line(self, painter: QPainter, line: QRectF) -> None:
        left, right = (
            side | Qt.AlignmentFlag.AlignVCenter for side in (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight)
        )
        painter.setFont(font(12))
        painter.setPen(colour("soft"))
        painter.drawText(line, right, self._hint)
        room = line.width() - painter.fontMetrics().horizontalAdvance(self._hint) - 12
        painter.setFont(font(12, QFont.Weight.DemiBold))
        painter.setPen(colour("text"))
        shown = painter.fontMetrics().elidedText(self._title, Qt.TextElideMode.ElideMiddle, max(0, round(room)))
        painter.drawText(line, left, shown)

    def _paint_middle(self, painter: QPainter, box: QRectF) -> None:
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        painter.setFont(font(14, QFont.Weight.DemiBold))
        painter.setPen(colour("soft"))
        painter.drawText(box, flags, self._title)
        painter.setFont(font(12))
        painter.setPen(colour("faint"))
        painter.drawText(box.adjusted(0, 25, 0, 0), flags, self._hint)
