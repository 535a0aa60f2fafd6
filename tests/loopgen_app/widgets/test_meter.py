"""The meter's ballistics: up at once, down by 26 dB a second, peaks held for 1.2 s."""

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from loopgen_app.colours import DARK
from loopgen_app.widgets.meter import FALL_DB_PER_SECOND, FLOOR_DB, HOLD_SECONDS, Meter, to_db


@pytest.mark.parametrize(("amplitude", "db"), [(1.0, 0.0), (0.5, -6.02), (0.01, -40.0), (1e-9, -48.0), (0.0, -48.0)])
def test_decibels(amplitude: float, db: float) -> None:
    assert to_db(amplitude) == pytest.approx(db, abs=0.005)


class Clock:
    now = 0.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meter(qtbot: QtBot, clock: Clock) -> Meter:
    made = Meter(clock=lambda: clock.now)
    qtbot.addWidget(made)
    made.resize(96, 14)
    return made


def test_bars_rise_at_once_and_fall_at_their_pace(meter: Meter, clock: Clock) -> None:
    meter.feed(1.0, 0.1)
    assert meter.levels() == pytest.approx((0.0, -20.0))
    clock.now = 0.5
    meter.feed(0.0, 0.5)
    assert meter.levels() == pytest.approx((-FALL_DB_PER_SECOND / 2, -6.02), abs=0.01)
    clock.now = 60.0
    meter.feed(0.0, 0.0)
    assert meter.levels() == (FLOOR_DB, FLOOR_DB)


def test_peaks_are_held_and_then_fall(meter: Meter, clock: Clock) -> None:
    meter.feed(1.0, 0.0)
    for _ in range(12):
        clock.now += HOLD_SECONDS / 12 - 1e-6
        meter.feed(0.0, 0.0)
    assert meter.holds() == (0.0, FLOOR_DB) and meter.toolTip() == "Peak 0.0 dBFS"
    clock.now += 0.1
    meter.feed(0.0, 0.0)
    assert meter.holds()[0] == pytest.approx(-0.1 * FALL_DB_PER_SECOND)
    meter.feed(0.9, 0.0)  # a new peak above what is left of the old one
    assert meter.holds()[0] == pytest.approx(to_db(0.9))


def test_the_picture_is_as_long_as_the_level_and_a_full_peak_is_red(meter: Meter, clock: Clock) -> None:
    def count(name: str, y: int) -> int:
        picture = meter.grab().toImage()
        return sum(picture.pixel(x, y) == QColor(getattr(DARK, name)).rgb() for x in range(96))

    meter.feed(10 ** (-24 / 20), 1.0)
    assert count("accent", 3) == pytest.approx(48, abs=3) and count("bad", 3) == 0
    assert count("bad", 11) == 2
