"""Looking closer at a loop: by wheel, by command, page by page along the play head, and back."""

import numpy as np
import pytest
from hand import LEFT, SHIFT, wheel
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from loopgen_app.widgets.spectrogram_overlay import NOTCH, Overlay
from loopgen_app.widgets.spectrogram_view import SpectrogramView
from loopgen_app.widgets.time_window import NARROWEST, TimeWindow


def test_what_is_under_the_pointer_stays_where_it_is() -> None:
    window = TimeWindow()
    window.show(16)
    for share in (0.0, 0.3, 1.0):
        beat = window.first + share * window.span
        assert window.zoom(share, 2.0)
        assert window.first + share * window.span == pytest.approx(beat)
    assert window.span == 2.0 and window.zoomed
    assert window.zoom(0.5, 1e9) and window.span == NARROWEST
    assert not window.zoom(0.5, 2.0)
    assert window.zoom(0.5, 1e-9) and (window.first, window.last) == (0.0, 16.0)


def test_nothing_outside_of_the_loop_is_shown_and_a_loop_of_another_length_is_shown_whole() -> None:
    window = TimeWindow()
    assert window.share_of(1.0) == -1.0 and not window.zoomed
    window.show(16)
    window.zoom(0.0, 4.0)
    assert window.move(100.0) and (window.first, window.last) == (12.0, 16.0)
    assert not window.move(1.0)
    assert window.beat_at(5.0) < 16.0
    window.show(16)
    assert window.zoomed
    window.show(8)
    assert (window.first, window.last) == (0.0, 8.0)


def test_the_page_turns_with_the_play_head() -> None:
    window = TimeWindow()
    window.show(16)
    assert not window.follow(15.0)
    window.zoom(0.0, 4.0)
    assert not window.follow(3.9)
    assert window.follow(4.0) and (window.first, window.last) == (4.0, 8.0)
    assert window.follow(0.1) and window.first == 0.0


@pytest.fixture
def view(qtbot: QtBot) -> SpectrogramView:
    made = SpectrogramView()
    qtbot.addWidget(made)
    made.resize(640, 300)
    made.show()
    made.show_image(np.full((100, 64), -40, np.float32), np.zeros((2, 64), np.float32), 16, [])
    return made


def test_the_wheel_looks_closer_and_a_double_click_shows_all(view: SpectrogramView) -> None:
    overlay = view.findChild(Overlay)
    assert overlay is not None
    wheel(overlay, 4)
    assert view.part.span == pytest.approx(16 / NOTCH**4)
    assert view.part.first + view.part.span / 2 == pytest.approx(8.0, abs=0.05)
    first = view.part.first
    wheel(overlay, -1, SHIFT)
    assert view.part.first > first
    seeks: list[float] = []
    view.seekAsked.connect(seeks.append)
    QTest.mouseClick(overlay, LEFT, pos=QPoint(320, 100))
    assert seeks == pytest.approx([view.part.beat_at(0.5)])
    QTest.mouseDClick(overlay, LEFT, pos=QPoint(320, 100))
    assert not view.part.zoomed


def test_the_play_head_is_where_its_beat_is_in_sight(view: SpectrogramView) -> None:
    view.zoom(4.0, 0.0)
    view.setBeat(1.0)
    assert view.head_x() == pytest.approx(160.0)
    view.setBeat(9.0)  # the page turns
    assert (view.part.first, view.head_x()) == (8.0, pytest.approx(160.0))
    view.mouse_at(QPointF(10, 10))
    view.setBeat(13.0)  # not under the pointer
    assert view.part.first == 8.0 and view.head_x() < 0
    view.leave()
    view.setBeat(13.0)
    assert view.part.first == 12.0
