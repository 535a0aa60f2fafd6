"""Both themes can be read: contrast as WCAG 2 measures it, no colour left unfilled, every icon in its tint."""

import re
from collections.abc import Iterator

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from loopgen_app import theme
from loopgen_app.colours import DARK, LIGHT, THEMES, WARDROBE, Colours, colour
from loopgen_app.icons import app_icon, icon
from loopgen_app.settings import THEME_NAMES
from loopgen_app.theme import palette, style_sheet

AA = 4.5
GROUNDS = ("ground", "panel", "raised", "hover", "well", "accent_deep", "bad_deep")
NAMED = pytest.mark.parametrize("name", THEMES)


def luminance(name: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = QColor(name).getRgbF()[:3]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.fixture
def worn(name: str) -> Iterator[Colours]:
    """The theme `name`, and the one before in the end."""
    before = WARDROBE.worn
    WARDROBE.wear(name)
    yield WARDROBE.worn
    WARDROBE.worn = before


def test_contrast_is_measured_as_the_guideline_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the guideline's own example


@NAMED
@pytest.mark.parametrize("text", ["text", "soft", "faint", "accent", "bad"])
def test_every_word_stands_out_from_every_ground_there_is(name: str, text: str) -> None:
    found = {ground: contrast(getattr(THEMES[name], text), getattr(THEMES[name], ground)) for ground in GROUNDS}
    assert min(found.values()) >= AA, found
    if text == "text":
        assert min(found.values()) >= 7.0, found


@NAMED
def test_words_on_the_accent_can_be_read(name: str) -> None:
    worn = THEMES[name]
    for ground in (worn.accent, worn.accent_bright, worn.accent_dark):
        assert contrast(worn.on_accent, ground) >= AA


@NAMED
def test_every_rule_of_the_sheet_that_sets_both_can_be_read(worn: Colours) -> None:
    """All but those of what cannot be used now, which the guideline leaves out."""
    sheet, measured = style_sheet(), 0
    assert "@" not in sheet
    for rule in re.finditer(r"([^{}]+)\{([^}]*)\}", sheet):
        found = dict(re.findall(r"(?:^|[;\s])(color|background): *(#[0-9a-f]{6})", rule[2]))
        if len(found) == 2 and ":disabled" not in rule[1]:
            measured += 1
            assert contrast(found["color"], found["background"]) >= AA, rule[1].strip()
    assert measured >= 8


@NAMED
def test_no_colour_stands_in_the_sheet_itself_and_all_are_filled_in(worn: Colours) -> None:
    raw = (theme.RESOURCES / "theme" / "loopgen.qss").read_text(encoding="utf-8")
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[ ;])", raw) == []
    assert {*re.findall(r"@(\w+)", raw)} <= {*worn.named()}
    assert worn.accent_deep in style_sheet() and f"{worn.accent}_" not in style_sheet()


def test_themes_have_the_same_names_everywhere_and_an_unknown_one_is_dark() -> None:
    assert tuple(THEMES) == THEME_NAMES
    assert [len(each.heat) for each in THEMES.values()] == [6, 6]
    before = WARDROBE.worn
    WARDROBE.wear("sepia")
    assert WARDROBE.worn is DARK
    WARDROBE.worn = before


@NAMED
def test_disabled_words_are_dimmer_and_colours_take_an_alpha(worn: Colours) -> None:
    made = palette()
    disabled = made.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text).name()
    assert contrast(disabled, worn.panel) < contrast(worn.faint, worn.panel)
    assert made.color(QPalette.ColorRole.Text).name() == worn.text
    assert (colour("bad", 30).alpha(), colour("bad").name()) == (30, worn.bad)


def tints(pixels: int) -> set[str]:
    """The colours of an icon, without those of its edges."""
    picture = icon("lock", "accent").pixmap(pixels).toImage()
    places = [(x, y) for x in range(picture.width()) for y in range(picture.height())]
    return {picture.pixelColor(x, y).name() for x, y in places if picture.pixelColor(x, y).alpha() == 255}


def test_icons_have_their_tint_at_every_size_and_change_with_the_theme(qtbot: QtBot) -> None:
    before = WARDROBE.worn
    for name in ("light", "dark"):
        WARDROBE.wear(name)
        assert tints(20) == tints(40) == {WARDROBE.worn.accent}
    WARDROBE.worn = before
    assert len(app_icon().availableSizes()) == 5


def test_a_window_that_is_open_changes_with_the_theme(qtbot: QtBot, qapp: QApplication) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    for name, worn in (("light", LIGHT), ("dark", DARK)):
        theme.apply(qapp, name)
        assert widget.palette().color(QPalette.ColorRole.WindowText).name() == worn.text
