"""The picture of a loop: a tone lies in its band, a click on its beat, the outline touches every extreme."""

import numpy as np
import pytest

from loopgen_app.state.picture import (
    BANDS,
    HIGH_HZ,
    LOW_HZ,
    MAX_COLUMNS,
    OUTLINE_COLUMNS,
    Picture,
    band_of_hertz,
    draw,
    hertz_of_band,
    outline_of,
)

RATE = 44_100


@pytest.mark.parametrize("hertz", [50.0, 100.0, 440.0, 2000.0, 8000.0])
def test_a_tone_is_loudest_in_its_band(hertz: float) -> None:
    tone = 0.5 * np.sin(2 * np.pi * hertz * np.arange(2 * RATE) / RATE).astype(np.float32)
    picture = draw(np.stack([tone, tone]), RATE, 4)
    loudest = int(np.argmax(picture.image.mean(1)))
    assert loudest == pytest.approx(band_of_hertz(hertz), abs=1.0)
    assert picture.image.shape[0] == BANDS and picture.image.shape[1] <= MAX_COLUMNS + 100
    assert picture.level(2.0, loudest) > picture.level(2.0, (loudest + 60) % BANDS) + 30
    assert picture.seconds == 2.0


def test_bands_and_hertz_are_inverses_from_end_to_end() -> None:
    for band in np.linspace(-0.5, BANDS, 40):
        assert band_of_hertz(hertz_of_band(band)) == pytest.approx(band, abs=1e-6)
    assert hertz_of_band(-0.5) == pytest.approx(LOW_HZ) and hertz_of_band(BANDS + 0.5) == pytest.approx(HIGH_HZ)
    assert hertz_of_band(BANDS + 0.5, sample_rate=16_000) == pytest.approx(8_000)  # not above what there can be


def test_the_lowest_octaves_have_room_of_their_own() -> None:
    height = 120  # pixels of the small picture
    assert (band_of_hertz(60) - band_of_hertz(30)) / BANDS * height > 6
    assert (band_of_hertz(120) - band_of_hertz(60)) / BANDS * height > 9
    assert (band_of_hertz(16_000) - band_of_hertz(1_000)) / BANDS > 0.45  # and hats have theirs


def test_clicks_are_found_at_their_beats_and_broken_samples_do_no_harm() -> None:
    audio = np.zeros((2, 2 * RATE), np.float32)
    for beat in (1, 2.5):
        start = round(beat * RATE / 2)
        audio[:, start : start + 2000] = np.random.default_rng(0).normal(0, 0.3, 2000)
    audio[0, 5] = np.nan
    picture = draw(audio, RATE, 4)
    assert picture.onsets == pytest.approx((1, 2.5), abs=0.05)
    assert np.isfinite(picture.image).all() and np.isfinite(picture.outline).all()


@pytest.mark.parametrize("samples", [1, 7, 999, 1000, 1001, 44_100])
def test_the_outline_leaves_no_sample_out(samples: int) -> None:
    audio = np.random.default_rng(samples).normal(0, 0.3, (2, samples)).astype(np.float32)
    outline = outline_of(audio)
    assert outline.shape == (2, min(OUTLINE_COLUMNS, samples)) and outline.dtype == np.float32
    assert (outline[0].min(), outline[1].max()) == (audio.min(), audio.max())
    for sample in {0, samples // 2, samples - 1}:
        moved = audio.copy()
        moved[1, sample] = 5.0
        assert outline_of(moved)[1].max() == 5.0


def test_places_outside_the_picture_are_those_at_its_edge() -> None:
    picture = Picture(np.arange(12, dtype=np.float32).reshape(3, 4), np.zeros((2, 4), np.float32), 2.0, 4)
    assert [picture.level(*at) for at in ((0, 0), (3, 2), (-9, -9), (99, 99), (1, 1.9))] == [0, 11, 0, 11, 5]
