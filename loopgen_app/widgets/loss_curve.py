"""Losses over minutes: what is learnt from as a thin line, held-out ones as thick ones, the best of them as a dot."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from loopgen_app.colours import colour
from loopgen_app.theme import font

MARGIN = 10
Points = Sequence[tuple[float, float]]


class LossCurve(QWidget):
    """Each curve is (minutes, loss) points; the scale fits what is shown, from 0 minutes to `of_minutes`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(120)
        self.setAccessibleName("How far off it is, minute by minute: lower is nearer to your sounds")
        self._training: Points = ()
        self._folder: Points = ()
        self._known: Points = ()
        self._best: tuple[float, float] | None = None
        self._minutes = 0.0

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(420, 150)

    def setCurves(self, training: Points, folder: Points, known: Points, of_minutes: float) -> None:
        """Show the losses of steps, of the folder's held-out sounds and of what was known."""
        self._training, self._folder, self._known = training, folder, known
        self._best = min(folder, key=lambda point: point[1], default=None)
        latest = max((points[-1][0] for points in (training, folder) if points), default=0.0)
        self._minutes = max(of_minutes, latest, 1e-6)
        self.update()

    def bounds(self) -> tuple[float, float] | None:
        """Lowest and highest loss that is shown; None where there is nothing. Of steps the worst tenth is cut off."""
        steps = sorted(loss for _, loss in self._training)
        shown = [loss for points in (self._folder, self._known) for _, loss in points]
        shown += steps[: max(1, len(steps) * 9 // 10)]
        return (min(shown), max(*shown, min(shown) + 1e-6)) if shown else None

    def paintEvent(self, _event: QPaintEvent) -> None:
        """All curves and what they are."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), colour("ground"))
        painter.setFont(font(11))
        bounds = self.bounds()
        if bounds is None:
            painter.setPen(colour("faint"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "How near it comes is drawn while it learns")
            return
        self._draw(painter, self._training, bounds, colour("soft", 70), 1.0)
        self._draw(painter, self._known, bounds, colour("soft"), 1.6)
        self._draw(painter, self._folder, bounds, colour("accent"), 2.2)
        if self._best is not None:
            painter.setBrush(colour("accent"))
            painter.drawEllipse(self._place(self._best, bounds), 4, 4)
        painter.setPen(colour("soft"))
        said = f"your sounds {self._folder[-1][1]:.3f}" if self._folder else ""
        known = f"   what was known {self._known[-1][1]:.3f}" if self._known else ""
        room = QRectF(self.rect()).adjusted(MARGIN, 4, -MARGIN, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight, said + known)

    def _place(self, point: tuple[float, float], bounds: tuple[float, float]) -> QPointF:
        low, high = bounds
        width, height = self.width() - 2 * MARGIN, self.height() - 3 * MARGIN
        level = min(1.0, (point[1] - low) / (high - low))
        return QPointF(MARGIN + width * point[0] / self._minutes, 2 * MARGIN + height * (1 - level))

    def _draw(
        self, painter: QPainter, points: Points, bounds: tuple[float, float], tint: QColor, width: float
    ) -> None:
        painter.setPen(QPen(tint, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF([self._place(point, bounds) for point in points]))
