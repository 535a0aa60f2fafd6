"""Loudness against the figures of EBU Tech 3341, and a ceiling that nothing passes."""

import logging

import numpy as np
import pyebur128
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from engine.audio.loudness import integrated_loudness, level_match, true_peak
from engine.audio.resampling import resample_periodic
from engine.errors import AudioFileError

RATE = 44100


def _sine(dbfs: float, hertz: float = 1000, seconds: float = 4, phase: float = 0.0) -> NDArray[np.float32]:
    wave = 10 ** (dbfs / 20) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE + phase)
    return np.stack([wave, wave]).astype(np.float32)


@pytest.mark.parametrize("dbfs", [-23.0, -33.0])
def test_ebu_3341_cases_1_and_2(dbfs: float) -> None:
    assert integrated_loudness(_sine(dbfs), RATE) == pytest.approx(dbfs, abs=0.1)


def test_ebu_3341_case_3_quiet_passages_are_gated() -> None:
    loop = np.concatenate([_sine(-36, seconds=2), _sine(-23, seconds=12), _sine(-36, seconds=2)], axis=-1)
    assert integrated_loudness(loop, RATE) == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize("phase", [np.pi / 4, np.pi / 3])
def test_ebu_3341_true_peak_between_samples(phase: float) -> None:
    """Case 15 and its kin: a sine at a quarter of the rate whose samples miss its crest."""
    loop = _sine(-6.0, hertz=RATE / 4, phase=phase)
    assert 20 * np.log10(np.abs(loop).max()) < -6.2
    assert -6.4 <= true_peak(loop, RATE) <= -5.8


def test_a_loop_shorter_than_a_gating_block_is_heard_repeating() -> None:
    short = _sine(-23, seconds=0.1)
    assert integrated_loudness(short, RATE) == pytest.approx(integrated_loudness(_sine(-23), RATE), abs=0.02)


def test_rotation_does_not_change_the_loudness() -> None:
    rng = np.random.default_rng(0)
    bursts = rng.standard_normal((2, 4 * RATE)) * np.exp(-(np.arange(4 * RATE) % RATE) / 4000) * 0.3
    figures = [integrated_loudness(np.roll(bursts, k * RATE // 10, axis=-1), RATE) for k in (0, 7, 13, 26)]
    assert max(figures) - min(figures) < 0.05


def test_true_peak_sees_across_the_seam() -> None:
    """Two halves of a crest, one at either end of the loop."""
    loop = np.roll(_sine(-6.0, hertz=RATE / 4, phase=np.pi / 4), 1, axis=-1)
    loop[:, 100:-100] = 0
    assert true_peak(loop, RATE) == pytest.approx(true_peak(np.roll(loop, 1000, axis=-1), RATE), abs=0.01)


def _whole_true_peak(loop: NDArray[np.float32]) -> float:
    meter = pyebur128.R128State(2, RATE, pyebur128.MeasurementMode.MODE_TRUE_PEAK)
    twice = np.ascontiguousarray(np.tile(loop, 2).T)
    meter.add_frames(twice.reshape(-1), len(twice))
    return float(20 * np.log10(max(pyebur128.get_true_peak(meter, channel) for channel in (0, 1))))


@pytest.mark.parametrize("seed", range(5))
def test_measuring_the_loud_stretches_alone_misses_nothing(seed: int) -> None:
    loop = _hits(0.5, np.random.default_rng(seed), 300 * 4**seed)[:, seed:]  # lengths that are no whole blocks
    assert true_peak(loop, RATE) == pytest.approx(_whole_true_peak(loop), abs=1e-3)


def test_the_reported_figures_are_those_of_the_result() -> None:
    for target in (-30, -9):
        result = level_match(_hits(0.5, np.random.default_rng(1), 5000), RATE, target)
        assert result.loudness_lufs == pytest.approx(integrated_loudness(result.audio, RATE), abs=0.01)
        assert result.true_peak_dbtp == pytest.approx(_whole_true_peak(result.audio), abs=2e-3)


def test_levelling_reaches_the_target_when_the_peak_allows() -> None:
    result = level_match(_sine(-30), RATE)
    assert result.loudness_lufs == pytest.approx(-14, abs=0.05)
    assert result.gain_db == pytest.approx(16, abs=0.1) and result.limiting_db == 0.0
    np.testing.assert_allclose(result.audio, _sine(-30 + result.gain_db), atol=1e-6)


def _hits(level: float, rng: np.random.Generator, decay: float) -> NDArray[np.float32]:
    time = np.arange(2 * RATE) % (RATE // 2)
    hiss = rng.standard_normal((2, 2 * RATE))
    hiss += 2 * np.roll(hiss, 1, axis=-1) + np.roll(hiss, 2, axis=-1)  # no power at Nyquist, as in music
    hits: NDArray[np.float32] = (level * np.exp(-time / decay) * (np.sin(time * 0.01) + 0.1 * hiss)).astype("f")
    return hits


@settings(max_examples=25, deadline=None)
@given(
    level=st.floats(1e-4, 50),
    decay=st.floats(100, 30000),
    seed=st.integers(0, 1000),
    target=st.floats(-24, -6),
    ceiling=st.floats(-6, 0),
)
def test_nothing_passes_the_ceiling(level: float, decay: float, seed: int, target: float, ceiling: float) -> None:
    result = level_match(_hits(level, np.random.default_rng(seed), decay), RATE, target, ceiling)
    assert result.true_peak_dbtp <= ceiling
    # A second judge: Fourier interpolation. BS.1770 lets a meter read 0.4 dB low.
    oversampled = resample_periodic(result.audio, 8 * RATE)
    assert 20 * np.log10(np.abs(oversampled).max()) <= ceiling + 0.4
    assert result.loudness_lufs <= target + 0.1
    assert 0 <= result.limiting_db <= 6.01


def test_peaks_are_limited_gently_and_the_rest_is_left_alone() -> None:
    loop = _sine(-26)
    loop[:, 44100:44140] *= 10 ** (14 / 20)  # a peak of -12 dBFS
    result = level_match(loop, RATE, target_lufs=-10)
    assert result.true_peak_dbtp <= -1 and 3 < result.limiting_db <= 6.01
    far = slice(3 * 44100, None)
    gain = 10 ** (result.gain_db / 20)
    np.testing.assert_allclose(result.audio[:, far], loop[:, far] * gain, atol=1e-6)
    # Both channels are turned down alike: the image does not move.
    np.testing.assert_array_equal(result.audio[0], result.audio[1])


def test_the_limiter_is_circular() -> None:
    loop = _hits(0.5, np.random.default_rng(5), 900)
    shift = 32 * 1000  # whole limiter blocks
    straight = level_match(loop, RATE, -9)
    rotated = level_match(np.roll(loop, shift, axis=-1), RATE, -9)
    assert straight.limiting_db > 1
    factor = 10 ** ((straight.gain_db - rotated.gain_db) / 20)  # the loudness meter's blocks are not rotated
    np.testing.assert_allclose(np.roll(straight.audio, shift, axis=-1), factor * rotated.audio, atol=1e-2)


def test_silence_stays_silence() -> None:
    result = level_match(np.zeros((2, RATE), np.float32), RATE)
    assert not result.audio.any() and result.loudness_lufs == float("-inf") == result.true_peak_dbtp


def test_all_but_silence_is_raised_by_thirty_decibels_at_most() -> None:
    assert level_match(_sine(-60), RATE).gain_db == 30.0


def test_what_is_not_a_number_becomes_silence_and_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    loop = _sine(-20)
    loop[0, 10:14] = np.nan
    loop[1, 20] = np.inf
    with caplog.at_level(logging.ERROR):
        result = level_match(loop, RATE)
    assert result.replaced_samples == 5 and "5 samples" in caplog.text
    assert np.isfinite(result.audio).all() and not result.audio[0, 10:14].any()


def test_meters_refuse_what_is_not_audio() -> None:
    with pytest.raises(AudioFileError):
        integrated_loudness(np.full((2, 10), np.nan), RATE)
    with pytest.raises(AudioFileError):
        true_peak(np.zeros((2, 0)), RATE)
