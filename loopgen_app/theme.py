"""One dark theme with one accent: colours, palette, style sheet, fonts and icons."""

from dataclasses import asdict, dataclass
from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from engine import RESOURCES


@dataclass(frozen=True)
class Colours:
    """Every colour of the window. Text on `panel` has at least 7:1 contrast (`text`, `soft`), `faint` 4.5:1."""

    ground: str = "#0e1014"
    panel: str = "#15181e"
    raised: str = "#1e222b"
    hover: str = "#282e39"
    line: str = "#2a303b"
    text: str = "#eceff4"
    soft: str = "#aab3c1"
    faint: str = "#7d8797"
    accent: str = "#ffb454"
    accent_soft: str = "#6e5330"
    accent_deep: str = "#33291c"
    on_accent: str = "#1d1304"
    bad: str = "#ff7b6e"
    bad_deep: str = "#34201f"


COLOURS = Colours()
FAMILIES = ["Inter", "SF Pro Text", "Segoe UI", "Noto Sans", "Open Sans", "DejaVu Sans"]
SCALES = (1.0, 1.5, 2.0, 3.0)
"""Icons are rendered for each of these, so that they are crisp at 100, 150 and 200 % scaling."""


def colour(name: str, alpha: int = 255) -> QColor:
    """A theme colour by name, with an optional alpha of 0-255."""
    found = QColor(getattr(COLOURS, name))
    found.setAlpha(alpha)
    return found


def font(pixels: int, weight: QFont.Weight = QFont.Weight.Normal, *, spaced: bool = False) -> QFont:
    """The window's font at a size in pixels; `spaced` for small capitals of headings."""
    made = QFont()
    made.setFamilies(FAMILIES)
    made.setPixelSize(pixels)
    made.setWeight(weight)
    if spaced:
        made.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 108)
    return made


def palette() -> QPalette:
    """The Fusion palette of the theme."""
    made = QPalette()
    roles = {
        QPalette.ColorRole.Window: "ground",
        QPalette.ColorRole.WindowText: "text",
        QPalette.ColorRole.Base: "raised",
        QPalette.ColorRole.AlternateBase: "panel",
        QPalette.ColorRole.Text: "text",
        QPalette.ColorRole.Button: "raised",
        QPalette.ColorRole.ButtonText: "text",
        QPalette.ColorRole.ToolTipBase: "raised",
        QPalette.ColorRole.ToolTipText: "text",
        QPalette.ColorRole.Highlight: "accent",
        QPalette.ColorRole.HighlightedText: "on_accent",
        QPalette.ColorRole.PlaceholderText: "faint",
        QPalette.ColorRole.BrightText: "accent",
        QPalette.ColorRole.Link: "accent",
    }
    for role, name in roles.items():
        made.setColor(role, colour(name))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        made.setColor(QPalette.ColorGroup.Disabled, role, colour("faint", 140))
    return made


def style_sheet() -> str:
    """The style sheet with the theme's colours filled in."""
    text = (RESOURCES / "theme" / "loopgen.qss").read_text(encoding="utf-8")
    names = sorted(asdict(COLOURS), key=len, reverse=True)
    for name in names:
        text = text.replace(f"@{name}", getattr(COLOURS, name))
    return text


def apply(app: QApplication) -> None:
    """Dress the application."""
    app.setStyle("Fusion")
    app.setPalette(palette())
    app.setFont(font(13))
    app.setStyleSheet(style_sheet())
    app.setWindowIcon(app_icon())


@cache
def icon(name: str, tint: str = "soft", active: str = "accent") -> QIcon:
    """An icon of `resources/icons` in a theme colour; `active` is the colour of its checked state."""
    made = QIcon()
    for scale in SCALES:
        made.addPixmap(_pixmap(name, COLOURS.__dict__[tint], 20, scale), QIcon.Mode.Normal, QIcon.State.Off)
        made.addPixmap(_pixmap(name, COLOURS.__dict__[active], 20, scale), QIcon.Mode.Normal, QIcon.State.On)
        made.addPixmap(_pixmap(name, COLOURS.line, 20, scale), QIcon.Mode.Disabled, QIcon.State.Off)
    return made


@cache
def app_icon() -> QIcon:
    """The application's own icon."""
    made = QIcon()
    for size in (16, 32, 64, 128, 256):
        made.addPixmap(_pixmap("loopgen", COLOURS.text, size, 1.0))
    return made


def _pixmap(name: str, tint: str, size: int, scale: float) -> QPixmap:
    svg = (RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", tint)
    pixmap = QPixmap(round(size * scale), round(size * scale))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap
