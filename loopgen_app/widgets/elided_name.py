"""Names that are cut where there is no room, and stay apart all the same."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics


def elided_name(metrics: QFontMetrics, name: str, room: int) -> str:
    """`name` within `room` pixels, cut before its number: "warm dub… #3"; the number is what tells takes apart."""
    words, mark, number = name.rpartition(" #")
    if not (mark and number.isdigit()):
        return metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
    left = room - metrics.horizontalAdvance(mark + number)
    return metrics.elidedText(words, Qt.TextElideMode.ElideRight, left) + mark + number
