"""Onset F1 against counts done by hand."""

import numpy as np
import pytest

from engine.evaluation.judges.onset_score import OnsetScore, score_onsets


def test_hits_misses_and_extras_are_counted_one_to_one() -> None:
    score = score_onsets([0.5, 1.0, 1.5], [0.52, 1.04, 1.06, 3.0], 4.0)
    assert score == OnsetScore(hit=2, missed=1, extra=2)
    assert score.f1 == pytest.approx(4 / 7)


def test_the_first_beat_is_found_at_the_end_of_the_loop() -> None:
    assert score_onsets([0.0], [3.99], 4.0) == OnsetScore(hit=1)


def test_tolerance_is_fifty_milliseconds() -> None:
    assert score_onsets([1.0], [1.049], 4.0).hit == 1
    assert score_onsets([1.0], [1.051], 4.0).hit == 0


def test_scores_add_and_silence_as_asked_is_perfect() -> None:
    assert OnsetScore(1, 2, 3) + OnsetScore(4, 0, 1) == OnsetScore(5, 2, 4)
    assert score_onsets([], [], 4.0).f1 == 1.0
    assert score_onsets([], [1.0], 4.0).f1 == 0.0


def test_detecting_everywhere_does_not_pay() -> None:
    grid = np.arange(0, 8, 0.125)
    assert score_onsets(grid[::4], grid, 8.0).f1 == pytest.approx(2 * 16 / (2 * 16 + 48))
