"""Drums brought to their pictures: nearer to the sound that was heard, in time, as loud; all else is as it was."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.audio.voice_image import voice_image
from engine.conditioning.beat import timed_conditions
from engine.conditioning.conditions import Conditions
from engine.conditioning.pattern import pattern_condition
from engine.rendering.voicing import pictures, shaped, voiced
from engine.requests import LoopRequest, Pattern
from engine.stems.network import StemConfig, StemNetwork
from engine.tempo import LoopGeometry
from engine.vocabulary import PARTS, PICTURE_BANDS, PICTURE_COLUMNS, VOICE_DIM

RATE = 44_100
GEOMETRY = LoopGeometry(120.0, 1)
ONSETS = [0, 44_100]


def noise_drum(pace: float, tilt: float, rate: int = RATE, late: int = 0) -> np.ndarray:
    """A loop of two hits of noise that dies away at a `pace`, brighter the higher `tilt`, each `late` by samples."""
    rng = np.random.default_rng(3)
    audio = 1e-4 * rng.standard_normal((2, 2 * rate))
    time = np.arange(rate // 2) / rate
    spectrum = np.fft.rfft(rng.standard_normal((2, len(time)))) * (np.arange(len(time) // 2 + 1) + 20.0) ** tilt
    hit = np.fft.irfft(spectrum, len(time))
    hit = 0.3 * hit / np.abs(hit).max() * np.exp(-pace * time)
    for onset in (0, rate):
        audio[:, onset + late : onset + late + len(time)] += hit
    return audio.astype(np.float32)


def picture(audio: np.ndarray, rate: int = RATE) -> np.ndarray:
    heard = audio if rate == RATE else audio.repeat(RATE // rate, axis=1)
    image = voice_image(heard.mean(axis=0), RATE, [(onset, 1.0) for onset in ONSETS])
    assert image is not None
    return image


def apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(72 * np.abs(a - b).mean())


@pytest.mark.parametrize("late", [0, 350, -300])
def test_hits_take_on_the_levels_of_a_picture_in_time_and_as_loud(late: int) -> None:
    played, wanted = noise_drum(12, -0.5, late=max(late, 0)), picture(noise_drum(30, 0.2))
    played = np.roll(played, min(late, 0), axis=1)
    after = shaped(played, RATE, ONSETS, wanted)
    assert apart(picture(played), wanted) > 10 and apart(picture(after), wanted) < 3
    assert np.square(after).mean() == pytest.approx(np.square(played).mean(), rel=1e-3)
    assert after.shape == played.shape and after.dtype == np.float32


def test_a_picture_is_the_same_at_another_rate() -> None:
    played, wanted = noise_drum(12, -0.5, rate=22_050), picture(noise_drum(30, 0.2))
    before, after = (picture(x, 22_050) for x in (played, shaped(played, 22_050, [0, 22_050], wanted)))
    low = slice(0, PICTURE_BANDS // 2)
    assert apart(after[low], wanted[low]) < 0.5 * apart(before[low], wanted[low])


def test_silence_stays_silent() -> None:
    silent = np.zeros((2, 88_200), np.float32)
    np.testing.assert_array_equal(shaped(silent, RATE, ONSETS, picture(noise_drum(30, 0.2))), silent)


def request(**voices: tuple[float, ...]) -> LoopRequest:
    rows = {part: tuple(float(part == "kick" and step in (0, 8)) for step in range(16)) for part in PARTS}
    return LoopRequest(tempo_bpm=120.0, bars=1, pattern=Pattern(rows), voices=voices)


def score() -> Conditions:
    onsets = {part: ((0.0, 1.0), (2.0, 1.0)) if part == "kick" else () for part in PARTS}
    pattern, given = pattern_condition(onsets, GEOMETRY)
    return replace(timed_conditions(GEOMETRY), pattern=pattern, pattern_given=given)


def test_only_drums_that_were_heard_in_a_sound_have_pictures() -> None:
    numbers, levels = (0.0,) * VOICE_DIM, (0.5,) * (PICTURE_BANDS * PICTURE_COLUMNS)
    asked = request(kick=(*numbers, *levels), snare=numbers, bass=(*numbers, *levels))
    found = pictures(asked.with_(voices={**asked.voices, "closed_hat": 7}))
    assert list(found) == ["kick"]
    assert found["kick"].shape == (PICTURE_BANDS, PICTURE_COLUMNS) and (found["kick"] == 0.5).all()


def test_a_loop_is_brought_to_a_picture_by_a_pack_that_takes_it_apart() -> None:
    torch.manual_seed(0)
    network = StemNetwork(StemConfig(fft_size=1024, bands=24, width=16, dilations=(1, 2))).eval()
    played, wanted = noise_drum(12, -0.5), picture(noise_drum(30, 0.2))
    asked = request(kick=(*(0.0,) * VOICE_DIM, *wanted.ravel().tolist()))
    told = {"sample_rate": RATE, "conditions": score()}
    after = voiced(played, asked, None, network=network, **told)
    assert apart(picture(after), wanted) < 3 < apart(picture(played), wanted)
    for plain in (
        voiced(played, asked, None, network=None, **told),
        voiced(played, request(), None, network=network, **told),
    ):
        np.testing.assert_array_equal(plain, played)
