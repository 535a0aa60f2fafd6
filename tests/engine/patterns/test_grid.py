"""Scores on the grid: what they are made of comes back, and what does not fit is refused in one sentence."""

import numpy as np
import pytest

from engine.corpus.arrangement import plan_loop
from engine.errors import InvalidRequest
from engine.patterns.drawn import PackedScores, draw_score, drawn_scores
from engine.patterns.grid import Score, fills
from engine.requests import Pattern
from engine.vocabulary import PARTS


def test_a_pattern_comes_back_from_its_score() -> None:
    pattern = Pattern({"kick": (1.0, 0, 0, 0) * 4, "closed_hat": (0, 0, 0.4, 0) * 8}, swing=0.12)
    score = Score.of_pattern(pattern, 2)
    assert score.hits.sum() == 8 + 8
    assert score.pattern(("kick", "closed_hat")).rows["closed_hat"] == pattern.rows["closed_hat"]
    assert score.pattern().swing == 0.12


def test_onsets_are_on_the_swung_grid_and_what_they_are_late_by_is_kept() -> None:
    score = Score.of_onsets({"snare": [(0.25 + 0.05 + 0.01, 0.7), (3.99, 0.5)]}, 1, swing=0.2)
    row = PARTS.index("snare")
    assert np.flatnonzero(score.velocity[row]).tolist() == [0, 1]
    assert score.timing[row, 1] == pytest.approx(0.04, abs=1e-6)
    assert score.timing[row, 0] == pytest.approx(-0.04, abs=1e-6)  # round the end of the loop


def test_scores_of_the_corpus_have_all_its_onsets() -> None:
    for seed in range(1_000_000, 1_000_012):
        plan, score = plan_loop(seed), draw_score(seed, lengths=False)
        struck = sum(len(onsets) for onsets in plan.onsets().values())
        assert struck - score.hits.sum() <= 0.02 * struck
        assert np.abs(score.timing).max() <= 0.1


def test_scores_are_kept_on_disk_to_a_255th(tmp_path: object) -> None:
    kept = list(drawn_scores(1_000_000, 5, tmp_path))  # type: ignore[arg-type]
    again = list(drawn_scores(1_000_000, 5, tmp_path))  # type: ignore[arg-type]
    for seed, one, other in zip(range(1_000_000, 1_000_005), kept, again, strict=True):
        drawn = draw_score(seed)
        assert (one.hits == drawn.hits).all() and (one.velocity == other.velocity).all()
        assert np.abs(one.velocity - drawn.velocity).max() <= 1 / 255 + 1e-6
        assert (one.bars, one.style) == (drawn.bars, drawn.style)
    assert len(PackedScores.of(kept)) == 5


def test_a_row_that_does_not_fill_the_bars_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="48 steps, which do not fill 4 bars"):
        Score.of_pattern(Pattern({"kick": (1.0, 0, 0, 0) * 12}), 4)


def test_a_last_beat_with_three_more_hits_is_a_fill() -> None:
    plain = Score.of_pattern(Pattern({"kick": (1.0, 0, 0, 0) * 8}), 2)
    busy = Score.of_pattern(Pattern({"kick": (1.0, 0, 0, 0) * 4 + (1.0, 0, 0, 0) * 3 + (1.0, 1, 1, 1)}), 2)
    assert not fills(plain) and fills(busy)
