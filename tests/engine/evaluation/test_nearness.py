"""Copies are told by what loops that were learnt from are apart."""

import numpy as np
import pytest

from engine.evaluation.judges.nearness import bar_of, nearness


def test_a_bar_is_the_mean_of_its_bars_on_sixteenths() -> None:
    latent = np.arange(3 * 64, dtype=np.float32).reshape(3, 64)  # two bars of two frames a sixteenth
    bar = bar_of(latent, 2)
    assert bar.shape == (48,)
    assert bar[0] == pytest.approx(np.mean([0, 1, 32, 33])) and bar[16] == pytest.approx(64 + np.mean([0, 1, 32, 33]))


def test_what_is_nearer_than_one_in_a_hundred_pairs_is_a_copy() -> None:
    rng = np.random.default_rng(0)
    training = rng.normal(size=(40, 12)).astype(np.float32)
    apart = [float(np.linalg.norm(a - b)) for n, a in enumerate(training) for b in training[:n]]
    rendered = np.concatenate([training[:2] + 1e-3, 9 + rng.normal(size=(3, 12))]).astype(np.float32)
    found = nearness(rendered, training)
    assert found.limit == pytest.approx(np.percentile(apart, 1), rel=1e-5)
    assert found.copies == 2 and "2 of 5" in found.sentence
    assert "None of 3" in nearness(rendered[2:], training).sentence
