"""Curves: the pairing of requested and measured, and when a correlation means something."""

import numpy as np
import pytest
from known_loops import RATE

from engine.evaluation.judges.curves import correlation, curve_pairs


def test_a_swell_correlates_with_itself_and_not_with_its_mirror() -> None:
    noise = np.random.default_rng(0).standard_normal((2, 4 * RATE)).astype(np.float32)
    swell = 0.01 + 0.2 * (1 - np.cos(2 * np.pi * np.arange(4 * RATE) / (4 * RATE)))
    audio = noise * swell.astype(np.float32)
    rise_and_fall = tuple(np.log10(swell[:: RATE // 8]) / 2 + 1)
    same = curve_pairs({"loudness": rise_and_fall}, audio, RATE, 2)["loudness"]
    mirrored = curve_pairs({"loudness": rise_and_fall[16:] + rise_and_fall[:16]}, audio, RATE, 2)["loudness"]
    assert same.shape == (2, 64)
    assert correlation(same) > 0.9
    assert correlation(mirrored) < 0


def test_a_steady_request_has_no_correlation() -> None:
    audio = np.random.default_rng(0).standard_normal((2, RATE)).astype(np.float32) * 0.1
    pairs = curve_pairs({"loudness": (0.5,)}, audio, RATE, 1)["loudness"]
    np.testing.assert_allclose(pairs[0], 0.5)
    assert np.isnan(correlation(pairs))


def test_correlation_of_a_line_is_one() -> None:
    x = np.linspace(0, 1, 10)
    assert correlation(np.stack([x, 3 - 2 * x])) == pytest.approx(-1)
