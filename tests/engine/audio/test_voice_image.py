"""Pictures of hits: the same at any level and at any place, the clearest of many, none of silence."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.audio.voice_image import attack, voice_image
from engine.vocabulary import PICTURE_BANDS, PICTURE_COLUMNS

RATE, BEAT = 44_100, 22_050
LENGTH = 4 * BEAT


def sine(hertz: float, seconds: float) -> NDArray[np.float32]:
    time = np.arange(round(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * hertz * time) * np.exp(-12 * time)).astype(np.float32)


def placed(*hits: tuple[int, float, NDArray[np.float32]]) -> NDArray[np.float32]:
    loop = np.zeros(LENGTH, np.float32)
    for start, gain, hit in hits:
        np.add.at(loop, np.arange(start, start + len(hit)) % LENGTH, gain * hit)
    return loop


def test_the_same_hit_at_another_level_and_place_is_the_same_picture() -> None:
    kick = sine(60, 0.3)
    image = voice_image(placed((0, 0.8, kick)), RATE, [(0, 1.0)])
    assert image is not None and image.shape == (PICTURE_BANDS, PICTURE_COLUMNS)
    assert float(image.max()) == pytest.approx(1.0) and float(image.min()) == 0.0
    for start, gain in ((0, 0.02), (12_345, 0.8), (LENGTH - 1000, 0.3)):
        other = voice_image(placed((start, gain, kick)), RATE, [(start, 0.2)])
        assert other is not None and np.abs(other - image).max() < 1e-3, (start, gain)


def test_a_picture_shows_pitch_and_decay() -> None:
    images = {hertz: voice_image(placed((0, 0.5, sine(hertz, 0.4))), RATE, [(0, 1.0)]) for hertz in (60, 3000)}
    low, high = images[60], images[3000]
    assert low is not None and high is not None
    assert int(low[:, 4].argmax()) < 4 and int(high[:, 4].argmax()) >= PICTURE_BANDS // 2
    # exp(-12 t) falls by 104 dB a second: 1.21 dB in a column, of 72 dB.
    row = high[int(high[:, 4].argmax())]
    assert np.diff(row[3:28]).mean() == pytest.approx(-20 * 12 * np.log10(np.e) * 512 / RATE / 72, rel=0.1)


def test_of_many_hits_the_clearest_is_shown_and_the_next_one_is_cut_off() -> None:
    kick, tone = sine(60, 0.15), sine(3000, 0.15)
    # The kick has most room; the high tones are louder, and close to what follows them.
    loop = placed((0, 0.5, tone), (3000, 0.9, tone), (6000, 0.9, tone), (15_000, 0.5, kick))
    onsets = [(0, 0.5), (3000, 1.0), (6000, 0.9), (15_000, 0.5)]
    alone = voice_image(placed((15_000, 0.5, kick)), RATE, [(15_000, 1.0)])
    found = voice_image(loop, RATE, onsets)
    assert alone is not None and found is not None
    assert np.abs(found - alone).max() < 1e-3
    # With 3000 samples before the next hit, six columns are heard and the rest is silence.
    near = voice_image(placed((0, 0.5, kick), (3000, 0.5, kick)), RATE, [(0, 1.0), (3000, 0.9)])
    short = voice_image(placed((0, 0.5, kick)), RATE, [(0, 1.0), (3000, 0.9), (3001, 0.1)])
    assert near is not None and short is not None
    assert not short[:, 9:].any()
    # Of two with as much room the louder is taken.
    two = placed((0, 0.2, kick), (2 * BEAT, 0.9, tone))
    loud = voice_image(two, RATE, [(0, 0.2), (2 * BEAT, 0.9)])
    assert loud is not None and int(loud[:, 4].argmax()) >= PICTURE_BANDS // 2


def test_silence_has_no_picture() -> None:
    assert voice_image(np.zeros(LENGTH, np.float32), RATE, [(0, 1.0)]) is None
    assert voice_image(placed((0, 0.5, sine(60, 0.3))), RATE, []) is None
    assert voice_image(placed((0, 5e-5, sine(60, 0.3))), RATE, [(0, 1.0)]) is None


@pytest.mark.parametrize(("late", "ringing"), [(0, 0.0), (230, 0.0), (-400, 0.0), (230, 0.1)])
def test_a_hit_begins_where_it_rises_above_what_rings_before_it(late: int, ringing: float) -> None:
    loop = placed((BEAT + late, 0.8, sine(400, 0.3)))
    loop += (ringing * np.sin(2 * np.pi * 50 * np.arange(LENGTH) / RATE)).astype(np.float32)
    assert attack(loop, BEAT) == pytest.approx(late, abs=30)
    assert attack(np.zeros(LENGTH, np.float32), BEAT) == 0
