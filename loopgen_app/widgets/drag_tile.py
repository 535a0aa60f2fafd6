"""A tile with a waveform on it that is dragged out of the window as a file."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, QRectF, QSize, Qt, QUrl
from PySide6.QtGui import QDrag, QEnterEvent, QFont, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from loopgen_app.colours import colour
from loopgen_app.icons import icon
from loopgen_app.theme import font
from loopgen_app.widgets.elided_name import elided_name

MOST_LISTED = 250_000
"""Bytes of a list of files that are read, those of a thousand files or more: a window takes one of them, and reading
the addresses of a whole disk would hold it up for minutes."""
FileMaker = Callable[[], Path | None]


def file_mime(*paths: Path) -> QMimeData:
    """Files as every desktop and DAW takes them: one URL for each."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    mime.setText("\n".join(map(str, paths)))
    return mime


def files_of(mime: QMimeData) -> list[Path]:
    """The files of a drop, the first thousand or so; addresses elsewhere are none."""
    listed = mime.data("text/uri-list")
    if listed.size() <= MOST_LISTED:
        urls = mime.urls()
    else:
        lines = bytes(listed.data())[:MOST_LISTED].splitlines()[:-1]  # the last one is cut
        urls = [QUrl.fromEncoded(line) for line in lines]
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]


def is_held(event: QMouseEvent) -> bool:
    """Whether the left button is down: a drag may only live as long."""
    return bool(event.buttons() & Qt.MouseButton.LeftButton)


def run_drag(source: QWidget, path: Path, picture: QPixmap | None = None, *more: Path) -> Qt.DropAction:
    """Drag `path` and `more`, which must exist and stay; returns when they were dropped. Only copying is offered."""
    drag = QDrag(source)
    drag.setMimeData(file_mime(path, *more))
    if picture is not None:
        drag.setPixmap(picture)
    return drag.exec(Qt.DropAction.CopyAction)


class DragTile(QWidget):
    """Shows a thumbnail and a caption; asks `file_maker` for a complete file when a drag begins."""

    def __init__(self, file_maker: FileMaker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._file_maker = file_maker
        self._peaks = b""
        self._name = ""
        self._pressed: QPointF | None = None
        self._hovered = False
        self.start_drag: Callable[[QWidget, Path, QPixmap | None], object] = run_drag
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        """A tile that is easy to grab."""
        return QSize(220, 52)

    def setLoop(self, name: str, peaks: bytes) -> None:
        """Show a loop; an empty name shows the tile as empty."""
        self._name, self._peaks = name, peaks
        self.setCursor(Qt.CursorShape.OpenHandCursor if name else Qt.CursorShape.ArrowCursor)
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light up."""
        self._hovered = True
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: object) -> None:
        """Calm down."""
        del event
        self._hovered = False
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a drag may begin."""
        self._pressed = event.position() if event.button() == Qt.MouseButton.LeftButton else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin the drag once the pointer has moved far enough."""
        if not is_held(event):
            self._pressed = None
        if self._pressed is None or not self._name:
            return
        if (event.position() - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._pressed = None
            path = self._file_maker()
            if path is not None:
                self.start_drag(self, path, self.grab())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """No drag begins any more."""
        self._pressed = None
        super().mouseReleaseEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Waveform, grip, words."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        live = bool(self._name)
        pen = painter.pen()
        pen.setColor(
            colour("accent" if live and (self._hovered or self.hasFocus()) else "accent_soft" if live else "line")
        )
        pen.setStyle(Qt.PenStyle.SolidLine if live else Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(colour("accent_deep" if live else "panel"))
        painter.drawRoundedRect(box, 8, 8)
        icon("grip", "accent" if live else "faint").paint(painter, 6, round(box.center().y()) - 10, 20, 20)
        roomy = box.width() > 290
        words = QRectF(30, 6, box.width() - (130 if roomy else 36), box.height() - 12)
        painter.setPen(colour("text" if live else "faint"))
        painter.setFont(font(12, QFont.Weight.DemiBold))
        upper, lower = words.adjusted(0, 0, 0, -words.height() / 2), words.adjusted(0, words.height() / 2, 0, 0)
        caption = "Drag to DAW"
        room = round(words.width())
        caption = painter.fontMetrics().elidedText(caption, Qt.TextElideMode.ElideRight, room)
        painter.drawText(upper, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, caption)
        painter.setPen(colour("soft" if live else "faint"))
        painter.setFont(font(12))
        shown = elided_name(painter.fontMetrics(), self._name or "once there is a loop", room)
        painter.drawText(lower, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        if live and roomy:
            paint_peaks(painter, QRectF(box.right() - 92, 10, 80, box.height() - 20), self._peaks, "accent")


def paint_peaks(painter: QPainter, box: QRectF, peaks: bytes, tint: str) -> None:
    """Draw a thumbnail's bytes as bars mirrored around the middle of `box`."""
    if not peaks:
        return
    bars = max(8, int(box.width() / 3))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour(tint))
    for bar in range(bars):
        begin, end = bar * len(peaks) // bars, max(bar * len(peaks) // bars + 1, (bar + 1) * len(peaks) // bars)
        height = max(1.5, max(peaks[begin:end]) / 255 * box.height())
        x = box.left() + bar * box.width() / bars
        painter.drawRoundedRect(QRectF(x, box.center().y() - height / 2, box.width() / bars - 1, height), 1, 1)
