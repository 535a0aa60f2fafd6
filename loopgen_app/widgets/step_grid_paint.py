"""How a step grid looks: its geometry and its painting."""

from dataclasses import dataclass, field

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPen

from loopgen_app.colours import colour
from loopgen_app.icons import icon
from loopgen_app.theme import font

NAME_WIDTH = 74.0
MUTE_WIDTH = 20.0
VOICE_WIDTH = 19.0
"""Widths of the dice that draws a row's voice anew, and of the lock that keeps it."""
GAP, BEAT_GAP = 2.0, 5.0
FOUND_HEIGHT = 8.0


@dataclass
class GridLook:
    """All that is shown; positions in steps count from the left edge of the cells."""

    names: tuple[str, ...]
    steps: int
    rows: list[tuple[float, ...] | None] = field(default_factory=list)
    suggested: list[tuple[float, ...] | None] = field(default_factory=list)
    muted: list[bool] = field(default_factory=list)
    kept: list[bool] = field(default_factory=list)
    locked: list[bool] = field(default_factory=list)
    proposed: list[tuple[float, ...] | None] = field(default_factory=list)
    found: tuple[float, ...] = ()
    heard: int = -1
    cursor: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        self.rows = self.rows or [None] * len(self.names)
        self.suggested = self.suggested or [None] * len(self.names)
        self.muted = self.muted or [False] * len(self.names)
        self.kept = self.kept or [False] * len(self.names)
        self.locked = self.locked or [False] * len(self.names)
        self.proposed = self.proposed or [None] * len(self.names)

    @property
    def left(self) -> float:
        """Where the cells begin."""
        return NAME_WIDTH + MUTE_WIDTH + 2 * VOICE_WIDTH + 6

    def _pitch(self, size: QSize) -> float:
        gaps = (self.steps // 4 - 1) * BEAT_GAP
        return (size.width() - self.left - gaps) / self.steps

    def x_of(self, step: float, size: QSize) -> float:
        """Left edge of a (fractional) step."""
        return self.left + step * self._pitch(size) + int(step // 4) * BEAT_GAP

    def row_height(self, size: QSize) -> float:
        """Height of one row; a strip at the bottom is left to the onsets found."""
        return (size.height() - FOUND_HEIGHT) / len(self.names)

    def cell(self, row: int, step: int, size: QSize) -> QRectF:
        """Rectangle of a cell."""
        height = self.row_height(size)
        return QRectF(self.x_of(step, size), row * height + 1.5, self._pitch(size) - GAP, height - 3)

    def column_rect(self, step: int, size: QSize) -> QRectF:
        """Rectangle of a whole column."""
        return QRectF(self.x_of(step, size), 0, self._pitch(size), size.height())

    def row_at(self, y: float, size: QSize) -> int:
        """The row at a height, clamped."""
        return min(len(self.names) - 1, max(0, int(y / self.row_height(size))))

    def step_at(self, x: float, size: QSize) -> int:
        """The step at a place, clamped at the right; -1 left of the cells."""
        if x < self.left:
            return -1
        found = [step for step in range(self.steps) if self.x_of(step, size) <= x]
        return found[-1] if found else 0

    def over_mute(self, x: float) -> bool:
        """Whether `x` is on the mute buttons."""
        return NAME_WIDTH <= x < NAME_WIDTH + MUTE_WIDTH

    def over_dice(self, x: float) -> bool:
        """Whether `x` is on the dice of voices."""
        return 0 <= x - NAME_WIDTH - MUTE_WIDTH < VOICE_WIDTH

    def over_lock(self, x: float) -> bool:
        """Whether `x` is on the locks of voices."""
        return 0 <= x - NAME_WIDTH - MUTE_WIDTH - VOICE_WIDTH < VOICE_WIDTH


def paint_grid(painter: QPainter, look: GridLook, size: QSize, *, focused: bool) -> None:
    """Paint everything."""
    if look.heard >= 0:
        painter.fillRect(look.column_rect(look.heard, size).adjusted(-1, 0, -1, 0), colour("text", 26))
    for row, name in enumerate(look.names):
        _paint_head(painter, look, row, name, size)
        for step in range(look.steps):
            _paint_cell(painter, look, row, step, look.cell(row, step, size))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour("text", 200))
    for position in look.found:
        x = look.x_of(position, size)
        painter.drawRoundedRect(QRectF(x, size.height() - FOUND_HEIGHT + 1, 3, FOUND_HEIGHT - 2), 1.2, 1.2)
    if focused:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour("accent"), 1.4))
        painter.drawRoundedRect(look.cell(*look.cursor, size).adjusted(-1.5, -1.5, 1.5, 1.5), 4, 4)


def _paint_head(painter: QPainter, look: GridLook, row: int, name: str, size: QSize) -> None:
    height = look.row_height(size)
    given, muted = look.rows[row] is not None, look.muted[row]
    painter.setFont(font(12, QFont.Weight.Medium if given else QFont.Weight.Normal))
    painter.setPen(colour("faint" if muted or not given else "text"))
    box = QRectF(6 if look.locked[row] else 0, row * height, NAME_WIDTH - 4, height)
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
    if look.locked[row]:
        painter.fillRect(QRectF(0, row * height + 3, 2.5, height - 6), colour("accent"))
    button = QRectF(NAME_WIDTH + 1, row * height + height / 2 - 8, 16, 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour("accent_deep" if muted else "well"))
    painter.drawRoundedRect(button, 4, 4)
    painter.setFont(font(10, QFont.Weight.Bold))
    painter.setPen(colour("accent" if muted else "faint"))
    painter.drawText(button, Qt.AlignmentFlag.AlignCenter, "M")
    for place, symbol in enumerate(("dice", "lock" if look.kept[row] else "unlock")):
        size_px = 14
        x, y = NAME_WIDTH + MUTE_WIDTH + place * VOICE_WIDTH + 1, row * height + (height - size_px) / 2
        painter.setOpacity(1.0 if look.kept[row] else 0.45)
        icon(symbol).paint(painter, QRect(round(x), round(y), size_px, size_px))
    painter.setOpacity(1.0)


def _paint_cell(painter: QPainter, look: GridLook, row: int, step: int, cell: QRectF) -> None:
    velocities, muted = look.rows[row], look.muted[row]
    painter.setPen(Qt.PenStyle.NoPen)
    if (proposed := look.proposed[row]) is not None:
        _paint_proposed(painter, cell, proposed[step], velocities[step] if velocities is not None else 0.0)
        return
    if velocities is None and not muted:
        suggested = look.suggested[row]
        if suggested is not None and suggested[step] > 0:
            height = max(3.0, cell.height() * suggested[step])
            painter.setBrush(colour("accent", 80))
            painter.drawRoundedRect(cell.adjusted(0, cell.height() - height, 0, 0), 3, 3)
            return
        painter.setBrush(colour("faint", 190 if step % 4 == 0 else 95))
        painter.drawEllipse(cell.center(), 2.4, 2.4)
        return
    painter.setBrush(colour("well_deep" if step % 4 == 0 else "well"))
    painter.drawRoundedRect(cell, 3, 3)
    velocity = velocities[step] if velocities is not None else 0.0
    if velocity > 0:
        painter.setBrush(colour("faint", 90) if muted else colour("accent", 70))
        painter.drawRoundedRect(cell, 3, 3)
        height = max(3.0, cell.height() * velocity)
        painter.setBrush(colour("faint") if muted else colour("accent"))
        painter.drawRoundedRect(cell.adjusted(0, cell.height() - height, 0, 0), 3, 3)


def _paint_proposed(painter: QPainter, cell: QRectF, velocity: float, before: float) -> None:
    """What a step would be, dimmed; framed where it is struck and was not, or was and is not."""
    painter.setBrush(colour("well"))
    painter.drawRoundedRect(cell, 3, 3)
    if velocity > 0:
        height = max(3.0, cell.height() * velocity)
        painter.setBrush(colour("accent", 120))
        painter.drawRoundedRect(cell.adjusted(0, cell.height() - height, 0, 0), 3, 3)
    if (velocity > 0) != (before > 0):
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour("accent" if velocity > 0 else "faint"), 1.2))
        painter.drawRoundedRect(cell.adjusted(0.6, 0.6, -0.6, -0.6), 3, 3)
