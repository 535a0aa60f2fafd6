"""The icons of `resources/icons`, in the colours of the theme that is worn."""

from functools import cache

from PySide6.QtCore import QByteArray, QLibraryInfo, QPoint, QRect, QRectF, QSize, Qt, QVersionNumber
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from engine import RESOURCES
from loopgen_app.colours import shade

LOGICAL_SIZES = QLibraryInfo.version() >= QVersionNumber(6, 8)
"""Before, Qt asked for icons in pixels of the screen."""


class TintedIcon(QIconEngine):
    """Drawn anew at every size and in the theme of the moment: nothing has to be set again when another is worn."""

    def __init__(self, name: str, tint: str, active: str) -> None:
        super().__init__()
        self._name, self._tint, self._active = name, tint, active

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """The icon in its tint, in `active` where it is checked, dim where it cannot be used."""
        tint = self._active if state == QIcon.State.On else self._tint
        dim = mode == QIcon.Mode.Disabled
        _drawing(self._name, shade("line_strong" if dim else tint)).render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The icon as a picture."""
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        """The icon as a picture with `scale` pixels of the screen for each of the window's."""
        size = size * scale if LOGICAL_SIZES else size
        made = QPixmap(size)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self.paint(painter, QRect(QPoint(), size), mode, state)
        painter.end()
        return made

    def clone(self) -> QIconEngine:
        """Another one like it."""
        return TintedIcon(self._name, self._tint, self._active)


@cache
def _drawing(name: str, tint: str) -> QSvgRenderer:
    svg = (RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", tint)
    return QSvgRenderer(QByteArray(svg.encode()))


@cache
def icon(name: str, tint: str = "soft", active: str = "accent") -> QIcon:
    """An icon of `resources/icons` in a colour of the theme; `active` is that of its checked state."""
    return QIcon(TintedIcon(name, tint, active))


@cache
def app_icon() -> QIcon:
    """The application's own icon, which is the same in every theme."""
    made = QIcon()
    for size in (16, 32, 64, 128, 256):
        picture = QPixmap(size, size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        _drawing("loopgen", "#eceff4").render(painter, QRectF(picture.rect()))
        painter.end()
        made.addPixmap(picture)
    return made
