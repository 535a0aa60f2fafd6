"""The waveform strip and the spectrogram: what is drawn where, and which place a click means."""

import numpy as np
import pytest
from hand import LEFT, drag
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from loopgen_app.colours import DARK
from loopgen_app.widgets.spectrogram_view import STRIP_HEIGHT, Overlay, SpectrogramView
from loopgen_app.widgets.waveform_strip import WaveformStrip


def lit_rows(picture: QImage, x: int) -> int:
    """Pixels of a column that are neither ground nor line."""
    dull = {QColor(DARK.ground).rgb(), QColor(DARK.line).rgb()}
    return sum(picture.pixel(x, y) not in dull for y in range(picture.height()))


def test_the_outline_is_as_high_as_the_sound(qtbot: QtBot) -> None:
    strip = WaveformStrip()
    qtbot.addWidget(strip)
    strip.resize(200, 46)
    assert lit_rows(strip.grab().toImage(), 100) == 0
    upper = np.repeat([1.0, 0.0, 0.5, 9.0], 50).astype(np.float32)
    strip.setOutline(np.stack([-upper, upper]), 16)
    picture = strip.grab().toImage()
    assert [lit_rows(picture, x) for x in (25, 75, 125, 175)] == pytest.approx([41, 1, 21, 41], abs=2)
    strip.resize(100, 46)  # painted anew
    assert lit_rows(strip.grab().toImage(), 12) == pytest.approx(41, abs=2)
    strip.setOutline(None, 0)
    assert lit_rows(strip.grab().toImage(), 12) == 0


@pytest.fixture
def view(qtbot: QtBot) -> SpectrogramView:
    made = SpectrogramView()
    qtbot.addWidget(made)
    made.resize(640, 300)
    made.show()
    return made


def overlay(view: QWidget) -> Overlay:
    found = view.findChild(Overlay)
    assert isinstance(found, Overlay)
    return found


def show(view: SpectrogramView) -> None:
    view.show_image(np.full((100, 64), -40, np.float32), np.zeros((2, 64), np.float32), 16, [(50.0, "1k")])


def test_a_click_seeks_to_its_beat_and_a_drag_on(view: SpectrogramView) -> None:
    seeks: list[float] = []
    view.seekAsked.connect(seeks.append)
    QTest.mouseClick(overlay(view), LEFT, pos=QPoint(160, 100))
    assert seeks == []  # there is nothing to seek in
    show(view)
    assert view.beats() == 16
    QTest.mouseClick(overlay(view), LEFT, pos=QPoint(160, 100))
    QTest.mouseClick(overlay(view), LEFT, pos=QPoint(480, 290))  # on the waveform too
    assert seeks == pytest.approx([4.0, 12.0])
    drag(overlay(view), QPoint(320, 50), QPoint(5000, 50), QPoint(-50, 50))
    assert seeks[2:] == pytest.approx([8.0, 16.0, 0.0], abs=0.01) and max(seeks) < 16.0
    view.clear()
    QTest.mouseClick(overlay(view), LEFT, pos=QPoint(160, 100))
    assert len(seeks) == 5 and view.beats() == 0


def test_the_pointer_tells_beat_and_band(view: SpectrogramView) -> None:
    told: list[tuple[float, float]] = []
    view.hovered.connect(lambda beat, band: told.append((beat, band)))
    show(view)
    height = 300 - STRIP_HEIGHT - 2
    for y in (0, height // 4, height // 2, height + 5):
        view.mouse_at(QPointF(320, y))
    assert [beat for beat, _ in told] == [8.0] * 4
    assert [band for _, band in told] == pytest.approx([100, 75, 50, -1])


def test_the_head_is_drawn_at_its_beat_and_goes_round(view: SpectrogramView) -> None:
    show(view)
    text = QColor(DARK.text).rgb()

    def head() -> list[int]:
        picture = overlay(view).grab().toImage()
        return [x for x in range(640) if all(picture.pixel(x, y) == text for y in range(60, 200, 10))]

    assert head() == []
    for beat in (4.0, 20.0):
        view.setBeat(beat)
        assert head() == [159, 160]
    view.setBeat(-1.0)
    assert head() == []


def test_progress_is_a_line_along_the_top(view: SpectrogramView) -> None:
    accent = QColor(DARK.accent).rgb()

    def length() -> int:
        picture = overlay(view).grab().toImage()
        return sum(picture.pixel(x, 1) == accent for x in range(640))

    lengths = []
    for fraction in (-1.0, 0.0, 0.25, 1.0):
        view.setProgress(fraction)
        lengths.append(length())
    assert lengths == [0, 0, 160, 640]
