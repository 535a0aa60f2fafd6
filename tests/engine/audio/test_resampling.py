"""Resampling against sines whose samples are known in closed form."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from engine.audio.resampling import resample, resample_loop, resample_periodic
from engine.errors import InvalidRequest


def _periodic(samples: int, cycles: tuple[int, ...]) -> np.ndarray:
    t = np.arange(samples) / samples
    left = sum(np.sin(2 * np.pi * k * t + k) / (i + 1) for i, k in enumerate(cycles))
    return np.stack([left, 0.5 * np.cos(2 * np.pi * cycles[0] * t)])


@settings(max_examples=60, deadline=None)
@given(length=st.integers(64, 5000), samples=st.integers(64, 5000))
def test_band_limited_periods_are_interpolated_exactly(length: int, samples: int) -> None:
    cycles = (1, 5, 31)
    got = resample_periodic(_periodic(length, cycles).astype(np.float32), samples)
    assert got.shape == (2, samples) and got.dtype == np.float32
    assert np.abs(got - _periodic(samples, cycles)).max() < 1e-5


def test_a_long_loop_of_awkward_length_stays_exact() -> None:
    cycles = (160, 3001, 90000)
    got = resample_periodic(_periodic(352_831, cycles), 352_256)  # 352831 is prime
    assert np.abs(got - _periodic(352_256, cycles)).max() < 1e-5


@pytest.mark.parametrize("samples", [8, 9, 15, 16, 17, 64])
def test_nyquist_keeps_its_amplitude(samples: int) -> None:
    """Four cycles in 8 samples are the Nyquist bin: up gives that cosine, and back again the same samples."""
    nyquist = np.cos(np.pi * np.arange(8))[None]
    up = resample_periodic(nyquist, samples)
    if samples > 8:
        np.testing.assert_allclose(up[0], np.cos(2 * np.pi * 4 * np.arange(samples) / samples), atol=1e-6)
    np.testing.assert_allclose(resample_periodic(up, 8), nyquist, atol=1e-6)


def test_rotation_of_a_loop_by_whole_steps_rotates_the_result() -> None:
    noise = np.random.default_rng(0).standard_normal((2, 4410)).astype(np.float32)
    straight = resample_loop(noise, 44100, 48000)
    assert straight.shape == (2, 4800)
    rotated = resample_loop(np.roll(noise, 147, axis=-1), 44100, 48000)  # 147 / 44100 == 160 / 48000
    np.testing.assert_allclose(rotated, np.roll(straight, 160, axis=-1), atol=2e-6)


def test_soxr_keeps_frequency_level_and_length() -> None:
    def tone(rate: int) -> np.ndarray:
        return np.sin(2 * np.pi * 1000 * np.arange(rate) / rate)[None].astype(np.float32)

    got = resample(tone(44100), 44100, 48000)
    assert got.shape == (1, 48000)
    assert np.abs(got - tone(48000))[:, 2000:-2000].max() < 1e-5


def test_nothing_to_do_gives_a_copy() -> None:
    audio = np.ones((2, 10), dtype=np.float32)
    for same in (resample(audio, 44100, 44100), resample_periodic(audio, 10), resample_loop(audio, 8000, 8000)):
        same[:] = 0
    assert audio.min() == 1.0


@pytest.mark.parametrize("rate", [0, -1, float("nan"), 1e9])
def test_impossible_rates_are_refused(rate: float) -> None:
    with pytest.raises(InvalidRequest, match="Sample rate"):
        resample(np.zeros((1, 8), np.float32), 44100, rate)


def test_impossible_shapes_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="shape"):
        resample(np.zeros(8, np.float32), 44100, 48000)
    with pytest.raises(InvalidRequest, match="at least 1"):
        resample_periodic(np.zeros((1, 0), np.float32), 10)


@pytest.mark.parametrize(("length", "samples"), [(1024, 1000), (1024, 1009), (1009, 1024), (7, 4), (2, 5), (4, 1)])
def test_stereo_is_each_channel_by_itself(length: int, samples: int) -> None:
    noise = np.random.default_rng(1).standard_normal((2, length)).astype(np.float32)
    alone = [resample_periodic(channel[None], samples)[0] for channel in noise]
    np.testing.assert_allclose(resample_periodic(noise, samples), alone, atol=1e-7)
