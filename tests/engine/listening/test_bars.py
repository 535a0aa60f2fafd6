"""Whole bars, and what a file is at the tempo that somebody wrote down."""

from pathlib import Path

import pytest

from engine.errors import InvalidRequest
from engine.listening.bars import seconds_of, tempo_of, whole_bars
from engine.listening.errors import NotWholeBars
from engine.listening.told_tempo import Finding, check_fit, fit_bars

FILE = Path("loop.wav")


def at(tempo: float) -> Finding:
    return Finding(tempo, 0, "given", 1.0)


def test_seconds_and_tempo_are_each_other_s_inverse() -> None:
    assert seconds_of(4, 120) == 8.0
    assert tempo_of(seconds_of(3, 97.3), 3) == pytest.approx(97.3)


@pytest.mark.parametrize(
    ("seconds", "share", "beats", "bars"),
    [(8.0, 0.0, 0.0, 4), (8.1, 0.0, 0.0, 0), (8.1, 0.02, 0.0, 4), (8.1, 0.0, 0.25, 4), (8.3, 0.02, 0.25, 0)],
)
def test_bars_are_whole_within_what_is_forgiven(seconds: float, share: float, beats: float, bars: int) -> None:
    assert whole_bars(seconds, 120, off_share=share, off_beats=beats) == bars


def test_a_tempo_that_was_rounded_is_put_right_and_one_that_fits_is_kept() -> None:
    assert fit_bars(FILE, 8.0, at(120.0), None) == Finding(120.0, 4, "given", 1.0)
    rounded = fit_bars(FILE, seconds_of(4, 126.4), at(126.0), None)
    assert (rounded.bars, rounded.tempo_bpm) == (4, pytest.approx(126.4))


def test_a_tail_is_cut_or_stretched_as_the_user_says() -> None:
    long = 9.0  # four and a half bars at 120
    with pytest.raises(NotWholeBars, match=r"18.00 beats at 120 BPM \(given\)"):
        fit_bars(FILE, long, at(120.0), None)
    assert fit_bars(FILE, long, at(120.0), "trim").bars == 4
    stretched = fit_bars(FILE, long, at(120.0), "stretch")
    assert stretched.bars == 4 and stretched.tempo_bpm == pytest.approx(tempo_of(long, 4))


def test_less_than_a_bar_and_more_than_can_be_are_told() -> None:
    with pytest.raises(InvalidRequest, match="less than a bar"):
        fit_bars(FILE, 0.5, at(120.0), None)
    assert fit_bars(FILE, 100.0, at(120.0), "trim").bars == 16
    with pytest.raises(NotWholeBars):
        fit_bars(FILE, 100.0, at(120.0), "stretch")
    with pytest.raises(InvalidRequest, match="possible: trim, stretch"):
        check_fit("bend")
