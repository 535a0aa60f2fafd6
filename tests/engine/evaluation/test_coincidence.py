"""How far hits coincide: known shares, pairs that know of each other found among those that do not."""

from itertools import permutations

import numpy as np
import pytest

from engine.evaluation.judges.coincidence import coupled_pairs, gathered, off_real, overlap, overlaps
from engine.patterns.grid import Score
from engine.vocabulary import PARTS

KICK, HAT, BASS = (PARTS.index(part) for part in ("kick", "closed_hat", "bass"))


def _scores(count: int = 60) -> list[Score]:
    """Kicks and hats anywhere, and a bass that is struck wherever the kick is not."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(count):
        velocity = np.zeros((len(PARTS), 16), np.float32)
        velocity[KICK], velocity[HAT] = rng.random((2, 16)) < 0.4
        velocity[[KICK, HAT], 0] = 1
        velocity[BASS] = (velocity[KICK] == 0) & (rng.random(16) < 0.8)
        found.append(Score(velocity, 0 * velocity, style="house"))
    return found


def test_overlap_is_the_share_of_the_sparser_row() -> None:
    dense, sparse = np.tile([True, True, False, False], 4), np.tile([True, False, False, False], 4)
    assert overlap(dense, sparse) == overlap(sparse, dense) == 1
    assert overlap(dense, ~dense) == 0 and overlap(dense, np.zeros(16, bool)) == 0
    assert overlap(dense, np.roll(dense, 1)) == 0.5


def test_pairs_that_know_of_each_other_are_found() -> None:
    pairs = coupled_pairs(_scores(), 1)
    assert list(pairs) == [("kick", "bass")] and pairs["kick", "bass"] > 0.2


def test_rows_that_collide_are_farther_from_real_ones_than_those_that_do_not() -> None:
    scores = _scores(120)
    real = gathered([overlaps(score) for score in scores[:60]])
    assert {*real} == {*permutations(("kick", "closed_hat", "bass"), 2)}
    again, spoilt = [], []
    for score in scores[60:]:
        velocity = score.velocity.copy()
        velocity[BASS] = velocity[HAT]
        again.append(overlaps(score, ("bass",)))
        spoilt.append(overlaps(Score(velocity, score.timing), ("bass",)))
    pairs = [("kick", "bass")]
    near = off_real(real, {**real, **gathered(again)}, pairs)
    far = off_real(real, {**real, **gathered(spoilt)}, pairs)
    assert near is not None and far is not None
    assert near == pytest.approx(0, abs=0.02) and far > 0.15
