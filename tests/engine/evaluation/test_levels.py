"""Levels of signals whose figures are known."""

import numpy as np
import pytest

from engine.evaluation.judges.levels import crest_factor, measure_levels, stereo_width

RATE = 44100
SINE = np.sin(2 * np.pi * 997 * np.arange(4 * RATE) / RATE).astype(np.float32)


def test_a_sine() -> None:
    levels = measure_levels(np.stack([SINE, SINE]) * 0.5, RATE)
    # BS.1770: a full-scale 997 Hz sine on one channel reads -3.01 LUFS; two channels add 3.01.
    assert levels.loudness_lufs == pytest.approx(-6.02, abs=0.1)
    assert levels.true_peak_dbtp == pytest.approx(-6.02, abs=0.1)
    assert levels.crest_db == pytest.approx(3.01, abs=0.01)
    assert levels.width == 0


def test_width_and_crest_of_extremes() -> None:
    assert stereo_width(np.stack([SINE, -SINE])) == 1
    assert stereo_width(np.stack([SINE, 0 * SINE])) == pytest.approx(0.5)
    assert stereo_width(np.random.default_rng(0).standard_normal((2, RATE))) == pytest.approx(0.5, abs=0.02)
    assert stereo_width(SINE[None]) == 0
    assert crest_factor(np.sign(SINE + 1e-9)) == pytest.approx(0, abs=0.01)
    assert crest_factor(np.zeros((2, 100))) == 0
