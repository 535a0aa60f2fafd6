"""Words that are painted and words of Qt's own widgets, measured on the window itself in both themes."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from conftest import Stage
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from test_theme import AA, contrast

from engine import Pattern
from loopgen_app import theme
from loopgen_app.colours import THEMES, WARDROBE
from loopgen_app.widgets.spectrogram_view import SpectrogramView

LEAST_WORDS = {"painted": 60, "labels": 40}
Word = tuple[str, QColor, QRectF]


@pytest.fixture
def stage(make_stage: Callable[..., Stage], qapp: QApplication) -> Iterator[Stage]:
    made = make_stage()
    made.wait(lambda: made.studio.generation.state.model == "ready")
    made.generate()
    made.wait(lambda: made.window.findChild(SpectrogramView).beats() > 0)  # type: ignore[union-attr]
    rows = {"kick": (1.0, 0.0, 0.0, 0.0) * 4, "bass": (0.5,) * 16}
    made.studio.instrument.set_many({"pattern": Pattern(rows), "muted": ("pad",), "steer_dub": 1.0}, "Test")
    made.studio.messages.complain("The disk is full.", "Retry", int)
    yield made
    theme.apply(qapp, "dark")


def ground_of(picture: QImage, box: QRectF) -> str:
    """The colour that most of a part of a picture has."""
    part = box.toAlignedRect().intersected(picture.rect())
    shades = Counter(
        picture.pixel(x, y)
        for x in range(part.left(), part.right() + 1)
        for y in range(part.top(), part.bottom() + 1)
    )
    return QColor(shades.most_common(1)[0][0]).name() if shades else ""


def over(ink: QColor, ground: str) -> str:
    """What a colour that is not opaque looks like on a ground."""
    share, below = ink.alphaF(), QColor(ground)
    pairs = zip(ink.getRgb()[:3], below.getRgb()[:3], strict=True)
    return QColor(*(round(share * top + (1 - share) * low) for top, low in pairs)).name()


def painted(window: QWidget, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Word], QImage]:
    """Every word that a widget of ours paints, where it would be, and the window without them."""
    words: list[Word] = []

    def note(painter: QPainter, *told: object) -> None:
        device = painter.device()
        place = next((each for each in told if isinstance(each, QRectF)), None)
        text = next(each for each in reversed(told) if isinstance(each, str))
        if place is None or not isinstance(device, QWidget) or not text.strip():
            return
        flags = told[1]
        box = painter.boundingRect(place, int(flags.value), text)  # type: ignore[union-attr, attr-defined]
        corner = QPointF(device.mapTo(window, box.topLeft().toPoint()))
        words.append((text, painter.pen().color(), QRectF(corner, box.size())))

    with monkeypatch.context() as patch:
        patch.setattr(QPainter, "drawText", note)
        picture = window.grab().toImage()
    return words, picture


@pytest.mark.parametrize("name", THEMES)
def test_every_painted_word_stands_out_from_what_is_painted_behind_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, qapp: QApplication, name: str
) -> None:
    theme.apply(qapp, name)
    QApplication.processEvents()
    words, picture = painted(stage.window, monkeypatch)
    measured = 0
    for text, ink, box in words:
        ground = ground_of(picture, box)
        if ground:
            measured += 1
            assert contrast(over(ink, ground), ground) >= AA, (text, ink.name(), ground)
    assert measured >= LEAST_WORDS["painted"]


@pytest.mark.parametrize("name", THEMES)
def test_every_label_and_button_stands_out_from_its_ground(stage: Stage, qapp: QApplication, name: str) -> None:
    theme.apply(qapp, name)
    QApplication.processEvents()
    picture, measured = stage.window.grab().toImage(), 0
    shades = WARDROBE.worn.named()
    dim = {shades[each] for each in ("off_text", "line_strong")}
    for widget in stage.window.findChildren(QWidget):
        words = widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""
        if not words.strip() or not widget.isEnabled() or widget.visibleRegion().boundingRect() != widget.rect():
            continue  # what is scrolled away is measured where it is in sight
        box = QRectF(QPointF(widget.mapTo(stage.window, widget.rect().topLeft())), widget.size())
        ground = ground_of(picture, box.adjusted(2, 2, -2, -2))
        part = box.toAlignedRect().intersected(picture.rect())
        inks = {
            picture.pixelColor(x, y).name()
            for x in range(part.left(), part.right())
            for y in range(part.top(), part.bottom())
        } - dim
        measured += 1
        assert max(contrast(ink, ground) for ink in inks) >= AA, (words, ground)
    assert measured >= LEAST_WORDS["labels"]
