"""Frechet distance against its closed form, and the embedding it is taken on."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from known_loops import RATE, hat, house, place

from engine.errors import InvalidRequest
from engine.evaluation.judges.distribution import diversity, frechet_distance, split_half_floor
from engine.evaluation.judges.embedding import embed
from engine.tempo import LoopGeometry


def test_frechet_distance_of_gaussians_is_the_closed_form() -> None:
    rng = np.random.default_rng(0)
    a = rng.standard_normal((50_000, 3)) * [1, 2, 3]
    b = rng.standard_normal((50_000, 3)) * [2, 2, 1] + [1, 0, -2]
    expected = 1 + 4 + (1 - 2) ** 2 + (3 - 1) ** 2  # squared means plus squared differences of deviations
    assert frechet_distance(a, b) == pytest.approx(expected, rel=0.03)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), size=st.integers(2, 40))
def test_frechet_distance_is_symmetric_and_zero_on_itself(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((size, 5)), rng.standard_normal((size + 3, 5)) + 1
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-6, abs=1e-6)
    assert frechet_distance(a, b) > 0


def test_the_split_half_floor_is_below_the_distance_to_something_else() -> None:
    rng = np.random.default_rng(0)
    groups = [rng.standard_normal((8, 4)) for _ in range(40)]
    low, high = split_half_floor(groups, rng)
    assert 0 <= low <= high < 0.5
    assert frechet_distance(np.concatenate(groups), rng.standard_normal((300, 4)) + 1) > 3


def test_too_few_embeddings_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="at least two"):
        frechet_distance(np.zeros((1, 4)), np.zeros((9, 4)))
    with pytest.raises(InvalidRequest, match="two files"):
        split_half_floor([np.zeros((9, 4))], np.random.default_rng(0))


def test_diversity_is_the_mean_distance_of_pairs() -> None:
    assert diversity(np.array([[0.0], [3.0], [3.0]])) == pytest.approx(2)
    assert diversity(np.zeros((1, 4))) == 0


def test_the_embedding_hears_sound_and_not_level() -> None:
    audio, _ = house(126)
    rows = embed(audio, RATE)
    assert rows.dtype == np.float32 and rows.shape[1] == 88 and len(rows) >= 3
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(embed(audio * 0.1, RATE), rows, atol=0.02)
    geometry = LoopGeometry(126, 4)
    hats = place([(b + 0.5, hat()) for b in range(16)], geometry)
    other = np.linalg.norm(embed(hats, RATE).mean(0) - rows.mean(0))
    same = np.linalg.norm(embed(house(127)[0], RATE).mean(0) - rows.mean(0))
    assert other > 5 * same


def test_short_and_silent_loops_have_an_embedding() -> None:
    assert np.isfinite(embed(np.zeros((2, 20_000), np.float32), RATE)).all()
