"""The colours of both themes, and the theme that is worn: the one place that widgets take their colours from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from PySide6.QtGui import QColor


@dataclass(frozen=True)
class Colours:
    """Every colour of a theme. Words are in `text`, `soft`, `faint`, `accent`, `bad`, and on the accent in
    `on_accent`; `off_text` is for what cannot be used now. Tracks and cells are `well`s; `heat` are the shades of a
    spectrogram, quiet to loud."""

    ground: str
    panel: str
    raised: str
    hover: str
    well: str
    well_deep: str
    edge: str
    line: str
    line_strong: str
    text: str
    soft: str
    faint: str
    accent: str
    accent_bright: str
    accent_dark: str
    accent_soft: str
    accent_deep: str
    on_accent: str
    focus: str
    bad: str
    bad_line: str
    bad_deep: str
    off_text: str
    off_line: str
    off_ground: str
    heat: tuple[str, ...]

    def named(self) -> dict[str, str]:
        """The single colours by name."""
        return {name: shade for name, shade in vars(self).items() if isinstance(shade, str)}


DARK: Final = Colours(
    ground="#0e1014", panel="#15181e", raised="#1e222b", hover="#282e39", well="#1e222b", well_deep="#282e39",
    edge="#1d2129", line="#2a303b", line_strong="#3a4250",
    text="#eceff4", soft="#aab3c1", faint="#8b95a5",
    accent="#ffb454", accent_bright="#ffc67c", accent_dark="#e39a3c", accent_soft="#6e5330", accent_deep="#33291c",
    on_accent="#1d1304", focus="#fff1da",
    bad="#ff7b6e", bad_line="#6b3a36", bad_deep="#34201f",
    off_text="#565e6b", off_line="#20252d", off_ground="#181c22",
    heat=("#0e1014", "#17151b", "#3d2a22", "#a8662a", "#ffb454", "#fff4e2"),
)  # fmt: skip

LIGHT: Final = Colours(
    ground="#e9ebef", panel="#f7f8fa", raised="#ffffff", hover="#e3e7ed", well="#e8ebf0", well_deep="#d7dce4",
    edge="#d5d9e0", line="#c9cfd8", line_strong="#9aa4b2",
    text="#14171c", soft="#434c5a", faint="#5b6573",
    accent="#a34700", accent_bright="#b95505", accent_dark="#8a3c00", accent_soft="#dfa873", accent_deep="#fbe9d7",
    on_accent="#ffffff", focus="#3b1a00",
    bad="#b3261e", bad_line="#e0a19c", bad_deep="#fce8e6",
    off_text="#9aa3af", off_line="#dde1e7", off_ground="#eff1f4",
    heat=("#f7f8fa", "#f5efe6", "#ecd0ab", "#d08a45", "#a34700", "#451d00"),
)  # fmt: skip

THEMES: Final[Mapping[str, Colours]] = {"dark": DARK, "light": LIGHT}
HEAT_STOPS: Final = (0.0, 0.2, 0.42, 0.66, 0.84, 1.0)
"""Where the shades of `Colours.heat` lie between the quietest and the loudest."""


class Wardrobe:
    """Which theme is worn: one for the whole program, as Qt has one style for it."""

    def __init__(self) -> None:
        self.worn = DARK

    def wear(self, name: str) -> None:
        """Wear the theme `name`, the dark one where there is none of that name."""
        self.worn = THEMES.get(name, DARK)


WARDROBE: Final = Wardrobe()


def shade(name: str) -> str:
    """A colour of the theme that is worn, as `#rrggbb`."""
    return WARDROBE.worn.named()[name]


def colour(name: str, alpha: int = 255) -> QColor:
    """A colour of the theme that is worn, with an alpha of 0 to 255."""
    found = QColor(shade(name))
    found.setAlpha(alpha)
    return found
