"""The step grid: rows of velocities, drawn with the mouse. Knows rows and steps, nothing of what they stand for."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from loopgen_app.widgets.step_grid_paint import GridLook, paint_grid

DEFAULT_VELOCITY = 0.85
VELOCITY_PIXELS = 60.0
"""Vertical drag that takes a velocity from 0 to 1."""


@dataclass
class _Drag:
    row: int
    step: int
    start: QPointF
    velocity: float
    was_on: bool
    moved: bool = False


class StepGrid(QWidget):
    """`steps` velocities per row, None for a free row.

    Clicks toggle, vertical drags set the velocity, horizontal drags paint. `stepDrawn(row, step, velocity)`,
    `freeToggled(row)`, `muteToggled(row)`, `voiceDrawn(row)` and `voiceKept(row)` say what the user wants; whoever
    listens sets the rows anew.
    """

    stepDrawn = Signal(int, int, float)
    freeToggled = Signal(int)
    muteToggled = Signal(int)
    voiceDrawn = Signal(int)
    voiceKept = Signal(int)
    gestureBegan = Signal()
    gestureEnded = Signal()

    def __init__(self, names: Sequence[str], steps: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look = GridLook(tuple(names), steps)
        self._drag: _Drag | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Comfortable rows."""
        return QSize(340, 24 * len(self.look.names))

    def minimumSizeHint(self) -> QSize:
        """Rows that can still be hit."""
        return QSize(300, 18 * len(self.look.names))

    def setRows(self, rows: Sequence[Sequence[float] | None], muted: Sequence[bool]) -> None:
        """Show rows of velocities (None = free) and which are muted."""
        self.look.rows = [None if row is None else tuple(row) for row in rows]
        self.look.muted = list(muted)
        self.update()

    def setKept(self, kept: Sequence[bool]) -> None:
        """Show which rows keep their voice."""
        self.look.kept = list(kept)
        self.update()

    def rows(self) -> list[tuple[float, ...] | None]:
        """What is shown."""
        return list(self.look.rows)

    def setSuggested(self, rows: Sequence[Sequence[float] | None]) -> None:
        """Show velocities in free rows as what will be played unless the user draws something else."""
        self.look.suggested = [None if row is None else tuple(row) for row in rows]
        self.update()

    def suggested(self) -> list[tuple[float, ...] | None]:
        """What is suggested."""
        return list(self.look.suggested)

    def setFound(self, found: Sequence[float]) -> None:
        """Mark onsets that were heard below the rows, at positions in steps (fractional)."""
        self.look.found = tuple(step for step in found if 0 <= step < self.look.steps)
        self.update()

    def setHeard(self, step: int) -> None:
        """Light the column that is playing, -1 for none. Repaints only when it changes."""
        if step != self.look.heard:
            for column in (step, self.look.heard):
                if column >= 0:
                    self.update(self.look.column_rect(column, self.size()).toAlignedRect().adjusted(-1, 0, 1, 0))
            self.look.heard = step

    def cell_center(self, row: int, step: int) -> QPointF:
        """Middle of a cell in widget coordinates."""
        return self.look.cell(row, step, self.size()).center()

    def _hit(self, point: QPointF) -> tuple[int, int]:
        return self.look.row_at(point.y(), self.size()), self.look.step_at(point.x(), self.size())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Names toggle free, the M mutes, cells begin a drag."""
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        row, step = self._hit(event.position())
        if self.look.over_mute(event.position().x()):
            self.muteToggled.emit(row)
        elif self.look.over_dice(event.position().x()):
            self.voiceDrawn.emit(row)
        elif self.look.over_lock(event.position().x()):
            self.voiceKept.emit(row)
        elif step < 0:
            self.freeToggled.emit(row)
        else:
            self.look.cursor = (row, step)
            before = self._velocity(row, step)
            self._drag = _Drag(row, step, event.position(), before or DEFAULT_VELOCITY, before > 0)
            self.gestureBegan.emit()
            if not before:
                self.stepDrawn.emit(row, step, DEFAULT_VELOCITY)

    def _velocity(self, row: int, step: int) -> float:
        velocities = self.look.rows[row]
        return velocities[step] if velocities is not None else 0.0

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Vertical: velocity of the pressed cell. Horizontal: paint the same velocity."""
        drag = self._drag
        if drag is None:
            return
        step = self.look.step_at(event.position().x(), self.size())
        rise = drag.start.y() - event.position().y()
        if step >= 0 and step != drag.step:
            drag.step, drag.moved = step, True
            drag.start = QPointF(event.position().x(), event.position().y())
            self.stepDrawn.emit(drag.row, step, 0.0 if drag.was_on and not drag.moved else drag.velocity)
        elif abs(rise) > 3:
            drag.moved = True
            velocity = min(1.0, max(0.05, drag.velocity + rise / VELOCITY_PIXELS))
            drag.start, drag.velocity = event.position(), velocity
            self.stepDrawn.emit(drag.row, drag.step, velocity)
            QToolTip.showText(event.globalPosition().toPoint(), f"{velocity * 100:.0f} %", self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a step that was on takes it away."""
        drag, self._drag = self._drag, None
        if drag is not None:
            if drag.was_on and not drag.moved:
                self.stepDrawn.emit(drag.row, drag.step, 0.0)
            self.gestureEnded.emit()
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, Enter toggles, plus and minus set velocities; M mutes, F frees, V draws a voice, K keeps."""
        row, step = self.look.cursor
        moves = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}
        key = Qt.Key(event.key())
        velocity = self._velocity(row, step)
        if key in moves:
            down, right = moves[key]
            self.look.cursor = ((row + down) % len(self.look.names), (step + right) % self.look.steps)
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.stepDrawn.emit(row, step, 0.0 if velocity else DEFAULT_VELOCITY)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus) and velocity:
            change = 0.1 if key == Qt.Key.Key_Plus else -0.1
            self.stepDrawn.emit(row, step, min(1.0, max(0.1, velocity + change)))
        elif key == Qt.Key.Key_M:
            self.muteToggled.emit(row)
        elif key == Qt.Key.Key_F:
            self.freeToggled.emit(row)
        elif key == Qt.Key.Key_V:
            self.voiceDrawn.emit(row)
        elif key == Qt.Key.Key_K:
            self.voiceKept.emit(row)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tooltips depend on where the pointer is."""
        if isinstance(event, QHelpEvent):
            row, step = self._hit(QPointF(event.pos()))
            name = self.look.names[row]
            if self.look.over_mute(event.pos().x()):
                text = f"Mute {name}: ask for silence"
            elif self.look.over_dice(event.pos().x()):
                text = f"{name}: another voice, and keep it"
            elif self.look.over_lock(event.pos().x()):
                kept = self.look.kept[row]
                text = f"{name}: {'its voice is kept, click to let it go' if kept else 'keep its voice'}"
            elif step < 0:
                free = self.look.rows[row] is None
                text = f"{name}: {'free, click to draw' if free else 'click to leave it free'}"
            else:
                text = f"{name}, step {step + 1}: {self._velocity(row, step) * 100:.0f} %"
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the cursor."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the cursor."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Names, cells, velocities, found onsets."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_grid(painter, self.look, self.size(), focused=self.hasFocus())
