"""How every knob looks, large or small: a track, lit up to the value, a handle where it is, a word inside."""

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen

from loopgen_app.colours import colour
from loopgen_app.theme import font

SWEEP, START = 270.0, 225.0
"""Degrees from the lowest value to the highest, and where the lowest is: at the lower left."""
TRACK = 0.085
"""Breadth of the track, and half the size of the handle, over the size of the knob."""


@dataclass(frozen=True)
class KnobFace:
    """What a knob shows: lit from `origin` to `at` (fractions of its range), or, without `at`, a dotted track: the
    knob is free. `text` is the word inside, of so many `pixels`."""

    at: float | None
    text: str
    pixels: int = 12
    origin: float = 0.0
    live: bool = True
    focused: bool = False


def paint_face(painter: QPainter, circle: QRectF, face: KnobFace) -> None:
    """Paint a knob into the square `circle`."""
    breadth = circle.width() * TRACK
    ring = circle.adjusted(breadth, breadth, -breadth, -breadth)
    pen = QPen(colour("well_deep" if face.live else "well"), breadth)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    if face.at is None:
        pen.setStyle(Qt.PenStyle.DotLine)
        pen.setColor(colour("line_strong"))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen)
    painter.drawArc(ring, round((START - SWEEP) * 16), round(SWEEP * 16))
    if face.focused:
        painter.setPen(QPen(colour("accent", 160), 1.2))
        inside = ring.width() / 2 - 0.8 * breadth  # along the track: further in it would strike out the word
        painter.drawEllipse(ring.center(), inside, inside)
    if face.at is not None:
        if face.at != face.origin:
            pen.setColor(colour("accent" if face.live else "faint"))
            painter.setPen(pen)
            painter.drawArc(ring, *_span(face.origin, face.at))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("text" if face.live else "faint"))
        painter.drawEllipse(_on(ring, face.at), breadth * 0.75, breadth * 0.75)
    painter.setPen(colour("text" if face.live and face.at is not None else "faint"))
    painter.setFont(font(face.pixels, QFont.Weight.DemiBold))
    painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, face.text)


def _span(origin: float, at: float) -> tuple[int, int]:
    return round((START - SWEEP * origin) * 16), round(-SWEEP * (at - origin) * 16)


def _on(ring: QRectF, at: float) -> QPointF:
    angle = math.radians(START - SWEEP * at)
    return ring.center() + QPointF(math.cos(angle), -math.sin(angle)) * (ring.width() / 2)
