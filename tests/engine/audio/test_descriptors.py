"""Curves and onsets of sounds whose loudness, centroid, onset rate and flatness are known."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.audio.descriptors import measure_curves, mel_spectrogram, onset_envelope, onset_times
from engine.errors import AudioFileError, InvalidRequest
from engine.vocabulary import CURVES

RATE = 44100
FRAMES = 345
LENGTH = 8 * RATE
LOUDNESS, BRIGHTNESS, DENSITY, NOISINESS = (CURVES.index(name) for name in CURVES)


def _sine(hertz: float, amplitude: float = 0.5) -> NDArray[np.float32]:
    wave = amplitude * np.sin(2 * np.pi * hertz * np.arange(LENGTH) / RATE)
    return np.stack([wave, wave]).astype(np.float32)


def _clicks(per_second: int) -> NDArray[np.float32]:
    audio = np.zeros((2, LENGTH), np.float32)
    audio[:, (np.arange(8 * per_second) * RATE / per_second).astype(int) + 1234] = 0.8
    return audio


def _noise(seed: int = 0) -> NDArray[np.float32]:
    return (0.1 * np.random.default_rng(seed).standard_normal((2, LENGTH))).astype(np.float32)


def test_a_sine_ten_decibels_louder_measures_ten_decibels_louder() -> None:
    quiet, loud = (measure_curves(_sine(1000, a), RATE, FRAMES)[LOUDNESS] * 60 - 60 for a in (0.05, 0.05 * 10**0.5))
    np.testing.assert_allclose(loud - quiet, 10.0, atol=1e-3)
    # EBU Tech 3341: a stereo 1 kHz sine at x dBFS reads x LUFS.
    np.testing.assert_allclose(quiet, 20 * np.log10(0.05), atol=0.05)


def test_a_mono_loop_measures_as_the_same_sound_on_both_sides() -> None:
    stereo = _noise()[[0, 0]]
    np.testing.assert_allclose(
        measure_curves(stereo[:1], RATE, FRAMES), measure_curves(stereo, RATE, FRAMES), atol=1e-5
    )
    np.testing.assert_array_equal(measure_curves(stereo[0], RATE, 7), measure_curves(stereo[:1], RATE, 7))


@pytest.mark.parametrize("hertz", [200, 440, 1000, 5000])
def test_brightness_is_the_logarithm_of_the_centroid(hertz: float) -> None:
    expected = np.log(hertz / 100) / np.log(100)
    np.testing.assert_allclose(measure_curves(_sine(hertz), RATE, FRAMES)[BRIGHTNESS], expected, atol=2e-3)


@pytest.mark.parametrize("rate", [2, 4, 8, 12, 16])
def test_clicks_at_a_known_rate_give_the_density(rate: int) -> None:
    np.testing.assert_allclose(measure_curves(_clicks(rate), RATE, FRAMES)[DENSITY], rate / 16, atol=1e-3)


def test_density_follows_the_onsets_in_time() -> None:
    audio = _clicks(8)
    audio[:, LENGTH // 2 :] = 0
    density = measure_curves(audio, RATE, FRAMES)[DENSITY]
    assert density[FRAMES // 4] == pytest.approx(0.5, abs=0.01)
    assert density[3 * FRAMES // 4] == pytest.approx(0.0, abs=0.01)


def test_noise_is_noisy_and_a_sine_is_not() -> None:
    noisy, pure = (measure_curves(a, RATE, FRAMES)[NOISINESS] for a in (_noise(), _sine(1000)))
    assert noisy.min() > 0.8 and noisy.mean() > 0.9
    assert pure.max() < 0.01


def test_steady_sounds_have_no_onsets() -> None:
    saw = sum(np.sin(2 * np.pi * 55 * k * np.arange(LENGTH) / RATE) / k for k in range(1, 280))
    for steady in (_sine(1000), _noise(), np.stack([0.3 * saw, 0.3 * saw])):
        assert measure_curves(steady, RATE, FRAMES)[DENSITY].max() == pytest.approx(0.0, abs=1e-6)


def test_rotating_a_loop_rotates_its_curves() -> None:
    rng = np.random.default_rng(3)
    length, frames = 256 * 1024, 256
    decaying = np.exp(-(np.arange(length) % 22050) / 3000) * np.linspace(0.01, 0.3, length)
    tone = np.linspace(0, 1, length) * np.sin(np.arange(length) * np.linspace(0.02, 0.2, length))
    audio = (rng.standard_normal((2, length)) + 5 * tone) * decaying
    curves = measure_curves(audio, RATE, frames)
    rotated = measure_curves(np.roll(audio, 100 * 1024, axis=-1), RATE, frames)
    np.testing.assert_allclose(
        rotated[[LOUDNESS, BRIGHTNESS, NOISINESS]],
        np.roll(curves, 100, axis=-1)[[LOUDNESS, BRIGHTNESS, NOISINESS]],
        atol=1e-4,
    )
    # Onsets are found on a 10 ms grid whose frames are not whole samples: a few may move by a frame.
    assert np.abs(rotated[DENSITY] - np.roll(curves[DENSITY], 100)).max() < 0.02
    assert curves.std(axis=-1).min() > 0.003  # the curves were not constant


def test_silence_measures_zero_and_everything_stays_in_range() -> None:
    assert not measure_curves(np.zeros((2, LENGTH)), RATE, 10).any()
    rng = np.random.default_rng(1)
    for length in (1, 5, 700, 5000, 44100):
        for scale in (1e-6, 1.0, 100.0):
            curves = measure_curves(rng.standard_normal((2, length)) * scale, RATE, 33)
            assert curves.shape == (4, 33) and curves.dtype == np.float32
            assert curves.min() >= 0 and curves.max() <= 1


@pytest.mark.parametrize("circular", [True, False])
def test_a_click_peaks_in_the_nearest_frame_of_the_envelope(circular: bool) -> None:
    hop = 256
    for position in (10_240, 44_100, 100_001):
        audio = np.zeros((1, LENGTH), np.float32)
        audio[:, position] = 1.0
        envelope = onset_envelope(audio, RATE, hop, circular=circular)
        assert envelope.shape == (-(-LENGTH // hop),)
        assert abs(int(envelope.argmax()) * hop - position) <= hop / 2


def test_an_onset_at_the_seam_is_seen_once() -> None:
    audio = np.roll(_clicks(2), -1234, axis=-1)  # the first click on sample 0
    times, strengths = onset_times(audio, RATE)
    nearest_click = np.round(times * 2) / 2
    assert len(times) == 16 and strengths.min() == 1.0
    assert np.abs(times - nearest_click).max() <= 0.01


def test_mel_picture_shows_a_sine_at_its_level_and_frequency() -> None:
    picture = mel_spectrogram(_sine(1000, 0.1), RATE, hop=512, bands=64)
    assert picture.shape == (64, -(-LENGTH // 512))
    top = 2595 * np.log10(1 + 16000 / 700)
    low = 2595 * np.log10(1 + 30 / 700)
    band = (2595 * np.log10(1 + 1000 / 700) - low) / (top - low) * 65 - 1
    assert abs(int(picture.mean(axis=-1).argmax()) - band) <= 1
    assert picture.max() == pytest.approx(-20, abs=2.5)
    assert picture.min() == pytest.approx(-80)


def test_eight_seconds_are_measured_fast_enough() -> None:
    audio = _noise()
    measure_curves(audio, RATE, FRAMES)
    best = min(_seconds(audio) for _ in range(5))
    assert best < 0.16  # CPU time; 40 ms on a quiet core, and busy caches cost up to four times that


def _seconds(audio: NDArray[np.float32]) -> float:
    start = time.thread_time()
    measure_curves(audio, RATE, FRAMES)
    return time.thread_time() - start


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(AudioFileError, match="not numbers"):
        measure_curves(np.full((2, 100), np.nan), RATE, 4)
    with pytest.raises(AudioFileError, match="shape"):
        onset_envelope(np.zeros((2, 0)), RATE, 512)
    with pytest.raises(InvalidRequest, match="at least 1"):
        measure_curves(np.zeros((2, 100)), RATE, 0)
