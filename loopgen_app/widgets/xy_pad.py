"""An XY pad over four corners, each with a texture of its own that blends into the others."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from loopgen_app.colours import colour
from loopgen_app.icons import icon
from loopgen_app.theme import font
from loopgen_app.widgets.drag_tile import paint_peaks

Point = tuple[float, float]
CORNER = 40.0
NAME, PEAKS = 20.0, 22.0
"""Heights of a corner's name, and of the picture of its loop."""
PEAKS_WIDTH = 62.0
NO_PEAKS = (b"",) * 4
GRAIN = 6
MAX_PATH = 64


class XYPad(QWidget):
    """A point in the unit square, x to the right and y down.

    Drag or arrow keys move it; Shift-drag draws a path; a click on a corner's name asks for its menu.
    """

    positionChanged = Signal(float, float)
    cornerAsked = Signal(int)
    pathDrawn = Signal(list)
    gestureBegan = Signal()
    gestureEnded = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._at: Point = (0.5, 0.5)
        self._corners: tuple[int, ...] = (1, 2, 3, 4)
        self._locks: tuple[bool, ...] = (False,) * 4
        self._names: tuple[str, ...] = ("",) * 4
        self._pictures: tuple[bytes, ...] = NO_PEAKS
        self._active = False
        self._step: Point = (0.02, 0.02)
        self._dragging = self._drawing = False
        self._path: list[Point] = []
        self._ground: QPixmap | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def sizeHint(self) -> QSize:
        """Room to move."""
        return QSize(220, 190)

    def minimumSizeHint(self) -> QSize:
        """Room enough."""
        return QSize(160, 72)

    def position(self) -> Point:
        """Where the point is."""
        return self._at

    def setPosition(self, x: float, y: float) -> None:
        """Move the point (clamped); emits `positionChanged` when it moved."""
        at = (round(min(1.0, max(0.0, x)), 4), round(min(1.0, max(0.0, y)), 4))
        if at != self._at:
            self._at = at
            self.update()
            self.positionChanged.emit(*at)

    def setSingleStep(self, x: float, y: float) -> None:
        """How far an arrow key moves the point."""
        self._step = (x, y)

    def setCorners(
        self,
        seeds: Sequence[int],
        locks: Sequence[bool],
        names: Sequence[str],
        pictures: Sequence[bytes] = NO_PEAKS,
    ) -> None:
        """Seeds of the corners' textures, which of them are locked, what they are called, and the peaks of what they
        sound like, empty where that is not known."""
        if tuple(seeds) != self._corners:
            self._corners, self._ground = tuple(seeds), None
        self._locks, self._names, self._pictures = tuple(locks), tuple(names), tuple(pictures)
        self.update()

    def setActive(self, active: bool) -> None:
        """Lit when the pad decides, dim when it does not."""
        self._active = active
        self._ground = None
        self.update()

    def path(self) -> list[Point]:
        """The path drawn last, empty if none."""
        return list(self._path)

    def clearPath(self) -> None:
        """Forget the path."""
        self._path = []
        self.update()

    def _unit(self, point: QPointF) -> Point:
        x, y = point.x() / max(1, self.width()), point.y() / max(1, self.height())
        return min(1.0, max(0.0, x)), min(1.0, max(0.0, y))

    def _corner_at(self, point: QPointF) -> int | None:
        high = NAME + (PEAKS if any(self._pictures) else 0)
        left, top = point.x() < CORNER * 1.5, point.y() < high
        right, bottom = point.x() > self.width() - CORNER * 1.5, point.y() > self.height() - high
        if (left or right) and (top or bottom):
            return int(right) + 2 * int(bottom)
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Corner names ask for a menu, Shift draws, everything else moves the point."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        corner = self._corner_at(event.position())
        if corner is not None:
            self.cornerAsked.emit(corner)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._drawing, self._path = True, [self._unit(event.position())]
        else:
            self._dragging = True
            self.gestureBegan.emit()
            self.setPosition(*self._unit(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer."""
        if self._drawing:
            self._path = [*self._path, self._unit(event.position())]
            self.update()
        elif self._dragging:
            self.setPosition(*self._unit(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End of a drag or of a path."""
        if self._drawing:
            self._drawing = False
            thin = max(1, len(self._path) // MAX_PATH + 1)
            self._path = [*self._path[:-1:thin], self._path[-1]]
            if len(self._path) > 1:
                self.pathDrawn.emit(self.path())
            else:
                self.clearPath()
        elif self._dragging:
            self._dragging = False
            self.gestureEnded.emit()
        super().mouseReleaseEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """A right click on a corner is the same as a click."""
        corner = self._corner_at(QPointF(event.pos()))
        if corner is not None:
            self.cornerAsked.emit(corner)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the point; 1 to 4 ask for a corner."""
        if Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_4:
            self.cornerAsked.emit(event.key() - Qt.Key.Key_1)
            return
        moves = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        move = moves.get(Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
        else:
            self.setPosition(self._at[0] + move[0] * self._step[0], self._at[1] + move[1] * self._step[1])

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the focus."""
        super().focusOutEvent(event)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Another theme has other shades."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._ground = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The texture is painted anew."""
        self._ground = None
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Texture, path, cross, point, corners."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        clip = QPainterPath()
        clip.addRoundedRect(box, 8, 8)
        painter.setClipPath(clip)
        if self._ground is None:
            self._ground = texture(self._corners, self.size(), self.devicePixelRatioF(), lit=self._active)
        painter.drawPixmap(0, 0, self._ground)
        self._paint_path(painter)
        self._paint_corners(painter)
        self._paint_point(painter)
        painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour("accent" if self.hasFocus() else "line"), 1))
        painter.drawRoundedRect(box, 8, 8)

    def _paint_path(self, painter: QPainter) -> None:
        if len(self._path) > 1:
            path = QPainterPath(QPointF(self._path[0][0] * self.width(), self._path[0][1] * self.height()))
            for x, y in self._path[1:]:
                path.lineTo(x * self.width(), y * self.height())
            painter.setPen(QPen(colour("text", 190), 1.6, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(path)

    def _paint_point(self, painter: QPainter) -> None:
        at = QPointF(self._at[0] * self.width(), self._at[1] * self.height())
        tint = "accent" if self._active else "soft"
        painter.setPen(QPen(colour(tint, 60), 1))
        painter.drawLine(QPointF(0, at.y()), QPointF(self.width(), at.y()))
        painter.drawLine(QPointF(at.x(), 0), QPointF(at.x(), self.height()))
        painter.setPen(QPen(colour("ground"), 2))
        painter.setBrush(colour(tint))
        painter.drawEllipse(at, 8, 8)

    def _paint_corners(self, painter: QPainter) -> None:
        painter.setFont(font(11, QFont.Weight.Medium))
        for corner, label in enumerate(self._names):
            right, bottom = corner % 2, corner // 2
            width = painter.fontMetrics().horizontalAdvance(label) + (30 if self._locks[corner] else 12)
            peaks = self._pictures[corner]
            size = QSizeF(max(width, PEAKS_WIDTH) if peaks else width, 18 + (PEAKS if peaks else 0))
            place = QPointF(
                self.width() - size.width() - 5 if right else 5, self.height() - size.height() - 5 if bottom else 5
            )
            box = QRectF(place, size)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("ground", 215))
            painter.drawRoundedRect(box, 5, 5)
            if peaks:
                tint = "accent" if self._active else "faint"
                paint_peaks(painter, box.adjusted(6, 19, -6, -4), peaks, tint)
            painter.setPen(colour("text" if self._active else "soft"))
            text = box.adjusted(6, 0, -6, 0)
            text.setHeight(18)
            painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label)
            if self._locks[corner]:
                icon("lock", "accent").paint(painter, round(box.right()) - 20, round(box.top()) + 1, 16, 16)


def texture(seeds: Sequence[int], size: QSize, ratio: float, *, lit: bool) -> QPixmap:
    """Four fields of noise, one per corner, blended over the square as the noises of loops are."""
    columns, rows = max(2, size.width() // GRAIN), max(2, size.height() // GRAIN)
    fields = [np.random.default_rng(seed).standard_normal((rows, columns)) for seed in seeds]
    x, y = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
    weights = [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y]
    power = np.sqrt(sum(weight**2 for weight in weights))
    blended = np.asarray(sum(w * f for w, f in zip(weights, fields, strict=True)) / power)
    shade = np.clip(np.abs(blended) / 2.6, 0, 1) ** 1.5
    low, high = (_rgb(name) for name in ("panel", "accent_soft" if lit else "hover"))
    pixels = np.ascontiguousarray((low + shade[..., None] * (high - low)).astype(np.uint8))
    data = pixels.tobytes()  # QImage borrows these bytes: they must outlive it
    image = QImage(data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    scaled = image.scaled(
        size * ratio, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    pixmap = QPixmap.fromImage(scaled)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def _rgb(name: str) -> NDArray[np.float64]:
    found = colour(name)
    return np.array([found.red(), found.green(), found.blue()], dtype=np.float64)
