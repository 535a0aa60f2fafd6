"""What is heard in imported loops: strokes where they are, the notes of a bass."""

from pathlib import Path

import numpy as np
import pytest

from engine.corpus.build import measure_and_store
from engine.corpus.score import Annotation, CorpusLoop
from engine.corpus.store import stored_loops
from engine.evaluation.plain_sounds import plain_drums
from engine.training.hearing import RATE, bass_notes, hear_corpus

PLAIN = Annotation(0, 120.0, 2, None, None, (), {}, source="folder")


def tones(pitches: list[float], seconds: float) -> np.ndarray:
    """`[2, T]`: each of `pitches` for an equal part of `seconds`, a few partials each, with soft edges."""
    each = round(seconds * RATE / len(pitches))
    time = np.arange(each) / RATE
    edges = np.minimum(1, np.minimum(np.arange(each), np.arange(each)[::-1]) / 400)
    notes = [
        sum(np.sin(2 * np.pi * n * 440 * 2 ** ((pitch - 69) / 12) * time) / n**1.5 for n in (1, 2, 3)) * edges
        for pitch in pitches
    ]
    return np.stack([0.3 * np.concatenate(notes)] * 2).astype(np.float32)


def test_the_notes_of_a_bass_are_read_behind_its_onsets() -> None:
    pitches = [33.0, 36.0, 40.0, 45.0, 28.0, 43.0, 38.0, 31.0]
    audio = tones(pitches, 4.0)
    onsets = tuple((float(beat), 1.0) for beat in range(8))
    assert [pitch for _, _, pitch in bass_notes(PLAIN, audio, onsets)] == pitches
    assert all(0.7 <= beats <= 1.0 for _, beats, _ in bass_notes(PLAIN, audio, onsets))
    assert bass_notes(PLAIN, np.zeros((2, 4 * RATE), np.float32), onsets) == ()


def test_imported_loops_are_listened_to_once(tmp_path: Path) -> None:
    drums = np.repeat(plain_drums(120, 8, np.random.default_rng(0)), 2, axis=0)
    measure_and_store(tmp_path, "folder-00000-x", CorpusLoop(drums, PLAIN), True)
    assert hear_corpus(tmp_path, lambda _done, _total: None) == 1
    (loop,) = stored_loops(tmp_path)
    assert loop.is_heard and set(loop.annotation.onsets) == {"kick", "snare", "closed_hat", "bass"}
    kicks = [beat for beat, _ in loop.annotation.onsets["kick"]]
    assert kicks == pytest.approx(range(8), abs=0.05)
    assert hear_corpus(tmp_path, lambda _done, _total: None) == 0
