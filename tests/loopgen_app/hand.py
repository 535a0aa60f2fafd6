"""A hand on a single widget: wheel, drags with keys held, and files that are dropped."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
NO_KEY, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


def wheel(widget: QWidget, notches: float, keys: Qt.KeyboardModifier = NO_KEY, *, sideways: bool = False) -> None:
    """Turn the wheel over the middle of a widget; `sideways` as a wheel does while Alt is held."""
    middle, turned = QPointF(widget.rect().center()), round(120 * notches)
    turn = QPoint(turned, 0) if sideways else QPoint(0, turned)
    event = QWheelEvent(
        middle, widget.mapToGlobal(middle), QPoint(), turn, NONE, keys, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(widget, event)


def move(widget: QWidget, to: QPoint, keys: Qt.KeyboardModifier = NO_KEY) -> None:
    """Move the pointer with the left button held; unlike `QTest.mouseMove` it holds keys too."""
    place = QPointF(to)
    QApplication.sendEvent(
        widget, QMouseEvent(QEvent.Type.MouseMove, place, widget.mapToGlobal(place), NONE, LEFT, keys)
    )


def drag(widget: QWidget, start: QPoint, *stops: QPoint, keys: Qt.KeyboardModifier = NO_KEY) -> None:
    """Press at `start`, move over `stops`, let go at the last."""
    QTest.mousePress(widget, LEFT, keys, start)
    for stop in stops:
        move(widget, stop, keys)
    QTest.mouseRelease(widget, LEFT, keys, (stops or (start,))[-1])


def drop(widget: QWidget, urls: Sequence[Path | str]) -> bool:
    """Drop files, or addresses given as text, on a widget; whether it took the drag when it came over it."""
    mime = QMimeData()
    if urls:
        mime.setUrls([QUrl.fromLocalFile(str(url)) if isinstance(url, Path) else QUrl(url) for url in urls])
    else:
        mime.setText("only words")
    middle, copy = widget.rect().center(), Qt.DropAction.CopyAction
    over = QDragEnterEvent(middle, copy, mime, LEFT, NO_KEY)
    over.ignore()
    QApplication.sendEvent(widget, over)
    if over.isAccepted():
        QApplication.sendEvent(widget, QDropEvent(QPointF(middle), copy, mime, LEFT, NO_KEY))
    return over.isAccepted()
