"""Third-octave levels of signals whose spectrum is known."""

import numpy as np
import pytest

from engine.audio.third_octaves import THIRD_OCTAVES_HZ, band_errors, third_octave_levels

RATE = 44100


def test_bands_run_from_forty_hertz_to_sixteen_kilohertz() -> None:
    assert len(THIRD_OCTAVES_HZ) == 27
    assert THIRD_OCTAVES_HZ[0] == pytest.approx(39.37, abs=0.01)
    assert THIRD_OCTAVES_HZ[-1] == pytest.approx(16000)


def test_a_full_scale_sine_reads_minus_three_decibel_in_its_band_only() -> None:
    sine = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)[None]
    levels = third_octave_levels(sine, RATE)
    assert levels[14] == pytest.approx(-3.01, abs=0.01)
    assert np.delete(levels, 14).max() < -80


def test_white_noise_rises_three_decibel_per_octave() -> None:
    noise = np.random.default_rng(0).standard_normal((2, 20 * RATE)) * 0.1
    levels = third_octave_levels(noise, RATE)
    np.testing.assert_allclose(np.diff(levels)[3:].mean(), 10 * np.log10(2) / 3, atol=0.05)
    assert np.log10(np.sum(10 ** (levels / 10))) * 10 == pytest.approx(-20 + 10 * np.log10(17923 / 22050), abs=0.1)


def test_band_errors_are_gains_and_ignore_silent_bands() -> None:
    noise = np.random.default_rng(0).standard_normal((1, RATE))
    np.testing.assert_allclose(band_errors(noise, 0.5 * noise, RATE), -6.02, atol=0.01)
    sine = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)[None]
    assert np.isfinite(band_errors(sine, sine, RATE)).sum() == 1
