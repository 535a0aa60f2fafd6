"""The tempo by ear: right where it is sure, and not sure where two tempi, or no whole bars, fit."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from sounds import RATE, drums, stroke

from engine.audio.io import read_audio, write_wav
from engine.errors import MissingDependency
from engine.evaluation.plain_sounds import plain_drums
from engine.listening.by_ear import hear_tempo, is_one_stroke
from engine.listening.candidates import FEATURES, candidates, whole_bars_of
from engine.listening.ear import TempoEar, shipped_ear
from engine.listening.errors import TempoUnsure
from engine.listening.harmony import harmonic_changes
from engine.listening.tempo import MIN_CONFIDENCE, find_tempo


@pytest.mark.parametrize(
    ("tempo_bpm", "beats"), [(120, 4), (120, 20), (120, 40), (100, 16), (128, 16), (140, 8), (174, 16), (125, 32)]
)
def test_what_is_sure_is_right(tempo_bpm: float, beats: int) -> None:
    heard = hear_tempo(drums(tempo_bpm, beats).astype(np.float32), RATE)
    assert heard.tempo_bpm == pytest.approx(tempo_bpm, rel=1e-3)
    assert heard.bars * 4 == heard.beats == beats
    assert heard.confidence > 0.4


@pytest.mark.parametrize(("tempo_bpm", "beats"), [(66, 8), (70, 8), (78, 16), (85, 16), (90, 8), (95, 16)])
def test_slow_music_is_heard_at_its_tempo_or_not_surely(tempo_bpm: float, beats: int) -> None:
    heard = hear_tempo(drums(tempo_bpm, beats).astype(np.float32), RATE)
    assert heard.tempo_bpm == pytest.approx(tempo_bpm, rel=1e-3) or heard.confidence < MIN_CONFIDENCE


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


def test_candidates_compete_in_quarters_of_beats_and_shares_are_one(tmp_path: Path) -> None:
    found = candidates(drums(120, 8).astype(np.float32), RATE)
    assert (found.places[0], found.places[-1]) == (16, 53)  # 4 beats at 60, 13.25 at 198.75 BPM
    assert found.tempi[found.places == 32][0] == pytest.approx(120)
    assert found.features.shape == (len(found.places), FEATURES)
    assert [whole_bars_of(place) for place in (16, 32, 33, 256, 272)] == [1, 2, 0, 16, 0]
    ear = shipped_ear()
    shares, none = ear.probabilities(found)
    assert shares.sum() + none == pytest.approx(1)
    assert shares.max() > 0.9 and none < 0.05
    blunt = dataclasses.replace(ear, sharpness=np.array([0.0]))
    assert blunt.probabilities(found)[0].max() == pytest.approx(1 / (len(found.places) + 1))
    kept = TempoEar.load(ear.store(tmp_path / "ear.safetensors"))
    np.testing.assert_allclose(kept.probabilities(found)[0], shares, atol=1e-6)


@pytest.mark.parametrize("seconds", [4, 5, 7])
def test_a_hiss_has_no_tempo(seconds: int) -> None:
    for seed in range(4):
        hiss = np.random.default_rng(seed).normal(0, 0.1, (2, seconds * RATE)).astype(np.float32)
        assert hear_tempo(hiss, RATE).confidence == 0.0


def test_a_lone_candidate_is_not_certain() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 0.1, (1, round(1.25 * RATE))).astype(np.float32)
    assert hear_tempo(noise, RATE).confidence < 0.6


def test_an_ear_that_is_not_there_or_of_another_version_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingDependency, match="train-ear"):
        TempoEar.load(tmp_path / "none.safetensors")
    ear = shipped_ear()
    dataclasses.replace(ear, linear=ear.linear[:-1]).store(tmp_path / "short.safetensors")
    with pytest.raises(MissingDependency, match="another version"):
        TempoEar.load(tmp_path / "short.safetensors")


@pytest.mark.parametrize(("tempo_bpm", "bars"), [(100, 4), (120, 8), (140, 8), (110, 12)])
def test_bars_of_three_beats_are_heard_as_such(tempo_bpm: float, bars: int, tmp_path: Path) -> None:
    waltz = plain_drums(tempo_bpm, 3 * bars, np.random.default_rng(2), waltz=True)
    heard = hear_tempo(waltz, RATE)
    assert heard.in_three > MIN_CONFIDENCE > heard.confidence
    path = write_wav(tmp_path / "unknown.wav", waltz, RATE, is_loop=False)
    with pytest.raises(TempoUnsure, match="sounds like 3/4"):
        find_tempo(path, read_audio(path))
    assert hear_tempo(drums(tempo_bpm, 4 * bars).astype(np.float32), RATE).in_three < 0.1


def test_harmony_changes_where_chords_do() -> None:
    time = np.arange(RATE) / RATE
    hertz = ([220.0, 277.2, 329.6], [196.0, 246.9, 293.7])
    chords = [np.sin(2 * np.pi * np.outer(chord, time)).sum(axis=0) for chord in hertz]
    audio = 0.2 * np.concatenate([*chords, *chords])[None].astype(np.float32)
    changes = harmonic_changes(audio, RATE, 400)
    away = np.abs(np.arange(400) / 100 - np.round(np.arange(400) / 100))
    assert changes[[0, 100, 200, 300]].min() > 0.5 and changes[away > 0.25].max() < 0.05
    assert harmonic_changes(np.zeros((1, RATE), np.float32), RATE, 50).max() == 0
