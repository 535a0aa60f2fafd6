"""Spectra in absolute levels: a full-scale sine reads what it should, wherever a loop is cut."""

import numpy as np
import pytest

from engine.audio.spectrum import check_audio, mel_filters, mel_spectrogram, power_spectra
from engine.errors import AudioFileError

RATE = 44_100


def sine(bin_: int, window: int, samples: int) -> np.ndarray:
    return np.sin(2 * np.pi * bin_ * np.arange(samples) / window).astype(np.float32)[None]


def test_a_full_scale_sine_on_a_bin_reads_a_quarter() -> None:
    power = power_spectra(sine(40, 1024, 4096), np.array([0, 1000]), 1024)
    assert power.shape == (2, 513)
    assert power[:, 40] == pytest.approx(0.25, rel=1e-4)
    assert power[:, 60:].max() < 1e-9


def test_a_loop_goes_on_beyond_its_ends_and_a_recording_does_not() -> None:
    audio = sine(40, 1024, 2048)
    loop, recording = (power_spectra(audio, np.array([-512]), 1024, circular=c)[0, 40] for c in (True, False))
    assert loop == pytest.approx(0.25, rel=1e-4)
    assert recording == pytest.approx(0.25 / 4, rel=0.05)  # half a window, so half of the amplitude


def test_mel_filters_have_unit_sums_and_rising_centres() -> None:
    filters = mel_filters(64, 1025, float(RATE), 30.0, 16_000.0)
    assert filters.shape == (1025, 64)
    assert filters.sum(axis=0) == pytest.approx(1.0, abs=1e-5)
    centres = (filters * np.arange(1025)[:, None]).sum(axis=0)
    assert (np.diff(centres) > 0).all()
    with pytest.raises(ValueError, match="read-only"):
        filters[0, 0] = 1.0


def test_the_picture_shows_levels_from_0_to_the_floor() -> None:
    audio = 0.1 * sine(186, 2048, RATE // 2)  # 4 kHz at -20 dB
    picture = mel_spectrogram(audio, RATE, hop=441, bands=96)
    assert picture.shape == (96, 50)
    assert picture.max() == pytest.approx(-20.0, abs=1.0)
    assert picture.min() == pytest.approx(-80.0)
    assert not (mel_spectrogram(0 * audio, RATE) > -80.0).any()


@pytest.mark.parametrize("bad", [np.zeros((2, 0)), np.zeros((1, 2, 3)), np.array([[0.0, np.nan]])])
def test_what_cannot_be_measured_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(AudioFileError, match="cannot be measured"):
        check_audio(bad)
