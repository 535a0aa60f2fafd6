"""The step grid: rows of velocities, drawn with the mouse. Knows rows and steps, nothing of what they stand for."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from loopgen_app.widgets.step_grid_paint import GridLook, paint_grid

DEFAULT_VELOCITY = 0.85
VELOCITY_PIXELS = 60.0
"""Vertical drag that takes a velocity from 0 to 1."""
ROW_DRAG_PIXELS = 200.0
"""Drag along a name that takes a row all the way."""
ASKED = {
    Qt.Key.Key_N: "new",
    Qt.Key.Key_Y: "vary",
    Qt.Key.Key_T: "towards",
    Qt.Key.Key_A: "answer",
    Qt.Key.Key_B: "fill",
    Qt.Key.Key_L: "lock",
}
TAKEN = {Qt.Key.Key_Return: "take", Qt.Key.Key_Enter: "take", Qt.Key.Key_Escape: "drop"}


@dataclass
class _Drag:
    row: int
    step: int
    start: QPointF
    velocity: float
    was_on: bool
    moved: bool = False


@dataclass
class _RowDrag:
    """A press on the name of a row, which becomes a drag once it has moved."""

    row: int
    start: float
    moved: bool = False


class StepGrid(QWidget):
    """`steps` velocities per row, None for a free row.

    Clicks toggle, vertical drags set the velocity, horizontal drags paint. `stepDrawn(row, step, velocity)`,
    `freeToggled(row)`, `muteToggled(row)`, `voiceDrawn(row)` and `voiceKept(row)` say what the user wants; whoever
    listens sets the rows anew. `menuAsked(row, place)`, `rowAsked(row, what)` and `rowDragged(row, amount, towards)`
    ask for rows that are written: by menu, by key, and by a drag along the name of a row, towards another with Shift.
    """

    stepDrawn = Signal(int, int, float)
    freeToggled = Signal(int)
    muteToggled = Signal(int)
    voiceDrawn = Signal(int)
    voiceKept = Signal(int)
    menuAsked = Signal(int, object)
    rowAsked = Signal(int, str)
    rowDragBegan = Signal(int)
    rowDragged = Signal(int, float, bool)
    gestureBegan = Signal()
    gestureEnded = Signal()

    def __init__(self, names: Sequence[str], steps: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look = GridLook(tuple(names), steps)
        self._drag: _Drag | None = None
        self._row_drag: _RowDrag | None = None
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

    def setLocked(self, locked: Sequence[bool]) -> None:
        """Show which rows are locked."""
        self.look.locked = list(locked)
        self.update()

    def setProposed(self, rows: Sequence[Sequence[float] | None]) -> None:
        """Show velocities, dimmed, as what rows would become; None for those that stay."""
        self.look.proposed = [None if row is None else tuple(row) for row in rows]
        self.update()

    def proposed(self) -> list[tuple[float, ...] | None]:
        """What is proposed."""
        return list(self.look.proposed)

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
            self._row_drag = _RowDrag(row, event.position().x())
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
        """Vertical: velocity of the pressed cell. Horizontal: paint the same velocity. Along a name: vary its row."""
        if self._row_drag is not None:
            self._drag_row(self._row_drag, event)
            return
        drag = self._drag
        if drag is None:
            return
        step = self.look.step_at(event.position().x(), self.size())
        rise = drag.start.y() - event.position().y()
        if step >= 0 and step != drag.step:
            way = 1 if step > drag.step else -1
            for passed in range(drag.step + way, step + way, way):  # a quick hand leaps over cells
                self.stepDrawn.emit(drag.row, passed, drag.velocity)
            drag.step, drag.moved, drag.start = step, True, QPointF(event.position())
        elif abs(rise) > 3:
            drag.moved = True
            velocity = min(1.0, max(0.05, drag.velocity + rise / VELOCITY_PIXELS))
            drag.start, drag.velocity = event.position(), velocity
            self.stepDrawn.emit(drag.row, drag.step, velocity)
            QToolTip.showText(event.globalPosition().toPoint(), f"{velocity * 100:.0f} %", self)

    def _drag_row(self, drag: _RowDrag, event: QMouseEvent) -> None:
        way = event.position().x() - drag.start
        if not drag.moved and abs(way) < QApplication.startDragDistance():
            return
        if not drag.moved:
            drag.moved = True
            self.rowDragBegan.emit(drag.row)
        amount = round(min(1.0, max(0.0, way / ROW_DRAG_PIXELS)), 2)
        self.rowDragged.emit(drag.row, amount, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        QToolTip.showText(event.globalPosition().toPoint(), f"{amount * 100:.0f} %", self)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu of the row under the pointer, or, by key, of the one with the cursor."""
        keyed = event.reason() == QContextMenuEvent.Reason.Keyboard
        row = self.look.cursor[0] if keyed else self._hit(QPointF(event.pos()))[0]
        self.menuAsked.emit(row, event.globalPos())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a step that was on takes it away; one on a name frees its row or ends that."""
        named, self._row_drag = self._row_drag, None
        if named is not None and not named.moved:
            self.freeToggled.emit(named.row)
        drag, self._drag = self._drag, None
        if drag is not None:
            if drag.was_on and not drag.moved:
                self.stepDrawn.emit(drag.row, drag.step, 0.0)
            self.gestureEnded.emit()
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, Enter toggles, plus and minus set velocities; M mutes, F frees, V draws a voice, K keeps.

        N, Y, T, A and B ask for a new row, to vary it, towards another, answers and a fill; L locks it. While rows
        are proposed, Enter takes and Escape drops them.
        """
        row, step = self.look.cursor
        moves = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}
        key = Qt.Key(event.key())
        velocity = self._velocity(row, step)
        if self._pending() and key in TAKEN:
            self.rowAsked.emit(row, TAKEN[key])
        elif key in ASKED:
            self.rowAsked.emit(row, ASKED[key])
        elif key in moves:
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

    def _pending(self) -> bool:
        return any(row is not None for row in self.look.proposed)

    def event(self, event: QEvent) -> bool:
        """Tooltips depend on where the pointer is; keys that answer what is proposed come before those of menus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if not (self._pending() and event.key() in TAKEN):
                return super().event(event)
            event.accept()
            return True
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
