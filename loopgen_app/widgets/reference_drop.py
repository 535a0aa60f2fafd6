"""A field to drop a sound on: empty, listening, or with the name of a sound in it."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QFont, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from loopgen_app.colours import colour
from loopgen_app.icons import icon
from loopgen_app.theme import font
from loopgen_app.widgets.drag_tile import files_of


class ReferenceDrop(QWidget):
    """`dropped(paths)` and `cleared()` say what the user wants; a click on the empty field is `asked()`."""

    dropped = Signal(list)
    cleared = Signal()
    asked = Signal()

    def __init__(self, clear: QToolButton, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._listening, self._over = "", False, False
        self._pressed: QPointF | None = None
        self.setAcceptDrops(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._clear = clear
        clear.clicked.connect(self.cleared)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 5, 0)
        row.addStretch(1)
        row.addWidget(clear)
        self.setSound("")

    def sizeHint(self) -> QSize:
        """Two short lines."""
        return QSize(180, 40)

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters of a name."""
        return QSize(120, 40)

    def sound(self) -> str:
        """The name that is shown, "" when the field is empty."""
        return self._name

    def listening(self) -> bool:
        """Whether a sound is on its way."""
        return self._listening

    def setSound(self, name: str, *, listening: bool = False) -> None:
        """Show a sound by name, or one that is being listened to; "" shows the field as empty."""
        self._name, self._listening = name, listening
        self._clear.setVisible(bool(name))
        self.update()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Light up; what is dropped is looked at then."""
        self._over = True
        event.acceptProposedAction()
        self.update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Calm down."""
        super().dragLeaveEvent(event)
        self._over = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand over the files."""
        self._over = False
        event.acceptProposedAction()
        self.update()
        self.dropped.emit(files_of(event.mimeData()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a click began."""
        self._pressed = event.position() if event.button() == Qt.MouseButton.LeftButton else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click asks for a file."""
        if self._pressed is not None and self.rect().contains(event.position().toPoint()):
            self.asked.emit()
        self._pressed = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """A dashed box, or a sound's name."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        full = bool(self._name) and not self._listening
        pen = painter.pen()
        pen.setColor(colour("accent" if self._over else "accent_soft" if full else "line"))
        pen.setStyle(Qt.PenStyle.SolidLine if full or self._over else Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(colour("accent_deep" if full or self._over else "panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
        icon("wave", "accent" if full else "faint").paint(painter, 8, self.height() // 2 - 10, 20, 20)
        words = QRectF(34, 4, self.width() - (70 if self._name else 40), self.height() - 8)
        upper, lower = "Drop a sound", "to take on its character"
        if self._name:
            upper, lower = self._name, "Listening…" if self._listening else "reference"
        for half, text, tint, weight in (
            (words.adjusted(0, 0, 0, -words.height() / 2), upper, "text" if full else "soft", QFont.Weight.DemiBold),
            (words.adjusted(0, words.height() / 2, 0, 0), lower, "soft" if full else "faint", QFont.Weight.Normal),
        ):
            painter.setFont(font(11, weight))
            painter.setPen(colour(tint))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, round(half.width()))
            painter.drawText(half, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
