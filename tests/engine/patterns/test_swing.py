"""Swing is heard from onsets, and what a file says of itself is believed where it can be."""

import pytest

from engine.patterns.swing import nearest_swing


def onsets(swing: float, steps: range = range(16)) -> list[float]:
    return [(step + swing * (step % 2)) / 4 for step in steps]


@pytest.mark.parametrize("swing", [0.0, 0.1, 0.237, 0.4])
def test_swing_is_heard_to_a_thousandth(swing: float) -> None:
    assert nearest_swing(onsets(swing), [], 960) == pytest.approx(swing, abs=1e-3)


def test_a_file_is_believed_within_a_tick_or_where_nothing_swings() -> None:
    rounded = [round(beat * 24) / 24 for beat in onsets(0.2)]  # 24 ticks a beat: a sixth of a step
    assert nearest_swing(rounded, ["house", "swing 0.2"], 24) == 0.2
    assert nearest_swing(onsets(0.2), ["swing 0.3"], 960) == pytest.approx(0.2, abs=1e-3)
    assert nearest_swing(onsets(0.0, range(0, 16, 2)), ["swing 0.3"], 960) == 0.3
