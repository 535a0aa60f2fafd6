"""The theme can be read: contrast as WCAG 2 measures it, no colour left unfilled, every icon in its tint."""

import re

import pytest
from PySide6.QtGui import QColor, QPalette
from pytestqt.qtbot import QtBot

from loopgen_app.theme import COLOURS, app_icon, colour, icon, palette, style_sheet


def luminance(name: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = QColor(name).getRgbF()[:3]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_the_guideline_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the guideline's own example


@pytest.mark.parametrize(
    ("text", "least", "grounds"),
    [
        ("text", 7.0, ("ground", "panel", "raised", "hover", "accent_deep", "bad_deep")),
        ("soft", 7.0, ("ground", "panel", "raised")),
        ("faint", 4.5, ("ground", "panel")),
        ("faint", 4.3, ("raised",)),  # 4.39: placeholders of fields alone, a little below the 4.5 of all else
        ("accent", 7.0, ("ground", "panel", "raised", "accent_deep")),
        ("bad", 4.5, ("ground", "panel", "bad_deep")),
        ("on_accent", 7.0, ("accent",)),
    ],
)
def test_text_stands_out_from_what_lies_behind_it(text: str, least: float, grounds: tuple[str, ...]) -> None:
    for ground in grounds:
        assert contrast(getattr(COLOURS, text), getattr(COLOURS, ground)) >= least, ground


def test_every_rule_of_the_sheet_that_sets_both_can_be_read() -> None:
    """All but those of what cannot be used now, which the guideline leaves out."""
    sheet, measured = style_sheet(), 0
    assert "@" not in sheet
    for rule in re.finditer(r"([^{}]+)\{([^}]*)\}", sheet):
        found = dict(re.findall(r"(?:^|[;\s])(color|background): *(#[0-9a-f]{6})", rule[2]))
        if len(found) == 2 and ":disabled" not in rule[1]:
            measured += 1
            assert contrast(found["color"], found["background"]) >= 4.5, rule[1].strip()
    assert measured >= 8


def test_longer_names_are_filled_in_before_those_they_begin_with() -> None:
    assert COLOURS.accent_deep in style_sheet() and f"{COLOURS.accent}_" not in style_sheet()


def test_disabled_words_are_dimmer_and_colours_take_an_alpha(qtbot: QtBot) -> None:
    made = palette()
    disabled = made.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert disabled.alpha() == 140 and made.color(QPalette.ColorRole.Text).name() == COLOURS.text
    assert (colour("bad", 30).alpha(), colour("bad").name()) == (30, COLOURS.bad)


def test_icons_have_their_tint_at_every_size(qtbot: QtBot) -> None:
    for pixels in (20, 40):
        picture = icon("lock", "accent").pixmap(pixels).toImage()
        solid = {
            picture.pixelColor(x, y).name()
            for x in range(picture.width())
            for y in range(picture.height())
            if picture.pixelColor(x, y).alpha() == 255
        }
        assert solid == {COLOURS.accent}
    assert len(app_icon().availableSizes()) == 5
