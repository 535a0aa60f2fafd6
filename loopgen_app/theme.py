"""Dresses the program in a theme: palette, style sheet and fonts, all in the colours of one place."""

from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QApplication

from engine import RESOURCES
from loopgen_app.colours import WARDROBE, colour
from loopgen_app.icons import app_icon

FAMILIES = ["Inter", "SF Pro Text", "Segoe UI", "Noto Sans", "Open Sans", "DejaVu Sans"]
ROLES = {
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
    """The Fusion palette of the theme that is worn."""
    made = QPalette()
    for role, name in ROLES.items():
        made.setColor(role, colour(name))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        made.setColor(QPalette.ColorGroup.Disabled, role, colour("off_text"))
    return made


def style_sheet() -> str:
    """The style sheet in the colours of the theme that is worn."""
    text = (RESOURCES / "theme" / "loopgen.qss").read_text(encoding="utf-8")
    shades = WARDROBE.worn.named()
    for name in sorted(shades, key=len, reverse=True):
        text = text.replace(f"@{name}", shades[name])
    return text


def apply(app: QApplication, name: str = "dark") -> None:
    """Dress the application in the theme `name`; a window that is open changes at once."""
    WARDROBE.wear(name)
    app.setStyle("Fusion")
    app.setPalette(palette())
    app.setFont(font(13))
    app.setStyleSheet(style_sheet())
    app.setWindowIcon(app_icon())
