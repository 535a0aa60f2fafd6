"""The tempo by ear: right where it is sure, and not sure where two tempi, or no whole bars, fit."""

import numpy as np
import pytest
from sounds import RATE, drums, stroke

from engine.listening.by_ear import hear_tempo, is_one_stroke
from engine.listening.tempo import MIN_CONFIDENCE


@pytest.mark.parametrize(
    ("tempo_bpm", "beats"), [(120, 4), (120, 20), (120, 40), (100, 16), (128, 16), (140, 8), (174, 16), (125, 32)]
)
def test_what_is_sure_is_right(tempo_bpm: float, beats: int) -> None:
    heard = hear_tempo(drums(tempo_bpm, beats).astype(np.float32), RATE)
    assert heard.tempo_bpm == pytest.approx(tempo_bpm, rel=1e-3)
    assert heard.bars * 4 == heard.beats == beats
    assert heard.confidence > 0.4


@pytest.mark.parametrize(("tempo_bpm", "beats"), [(66, 8), (70, 8), (78, 16), (85, 16), (90, 8), (95, 16)])
def test_slow_music_may_be_heard_at_twice_its_tempo_but_not_surely(tempo_bpm: float, beats: int) -> None:
    heard = hear_tempo(drums(tempo_bpm, beats).astype(np.float32), RATE)
    assert heard.tempo_bpm == pytest.approx(2 * tempo_bpm, rel=1e-3)
    assert heard.or_half and heard.confidence < MIN_CONFIDENCE


@pytest.mark.parametrize(("tempo_bpm", "beats", "cut"), [(78, 16, 15.75), (100, 2, 2), (120, 8, 7.5), (110, 16, 14)])
def test_what_is_cut_wrong_is_no_other_tempo(tempo_bpm: float, beats: int, cut: float) -> None:
    audio = drums(tempo_bpm, beats)[:, : round(cut * 60 / tempo_bpm * RATE)].astype(np.float32)
    heard = hear_tempo(audio, RATE)
    assert heard.bars == 0 or heard.confidence < MIN_CONFIDENCE


@pytest.mark.parametrize(("seconds", "decay", "hertz"), [(2.2, 2.5, None), (1.6, 2.2, 48.0), (5.0, 1.2, None)])
def test_one_stroke_is_told_from_a_loop(seconds: float, decay: float, hertz: float | None) -> None:
    assert is_one_stroke(stroke(seconds, decay, hertz).astype(np.float32))
    twice = np.tile(stroke(seconds / 2, decay, hertz), 2).astype(np.float32)
    assert not is_one_stroke(twice)
    assert not is_one_stroke(drums(120, 4).astype(np.float32))
