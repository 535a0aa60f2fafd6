"""Is a drum one drum from hit to hit: what is measured of the corpus's own voices, and of loops made to be known."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny import tiny_pack

from engine.evaluation.experiments.voices import BARS, STEPS, TEMPO_BPM, corpus_alone, evaluate_voices, measure_voice
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest
from engine.tempo import LoopGeometry

GEOMETRY = LoopGeometry(TEMPO_BPM, BARS)


def test_the_corpus_s_kick_is_one_kick_and_its_silence_is_silent() -> None:
    kick = measure_voice("kick", corpus_alone("kick", 4))
    assert kick.sameness < 0.35 and kick.between > 1
    assert kick.silence_db < -20


def struck(hertz: list[float], floor: float = 0.0) -> NDArray[np.float32]:
    """A loop whose hits at the kick's steps are decaying sines of `hertz`, over and over, above noise."""
    audio = floor * np.random.default_rng(0).standard_normal(GEOMETRY.samples)
    time = np.arange(5000) / 44_100
    for number, step in enumerate(range(0, 16 * BARS, 4)):
        start = GEOMETRY.beat_to_sample(step / 4)
        tone = np.sin(2 * np.pi * hertz[number % len(hertz)] * time) * np.exp(-25 * time)
        audio[np.arange(start, start + len(time)) % GEOMETRY.samples] += 0.5 * tone
    return np.stack((audio, audio)).astype(np.float32)


def test_hits_that_are_alike_and_hits_that_are_not_are_told_apart() -> None:
    same = measure_voice("kick", [struck([60.0]), struck([400.0]), struck([3000.0])])
    assert same.sameness < 0.1
    mixed = [60.0, 400.0, 3000.0, 1200.0]
    other = measure_voice("kick", [struck(mixed), struck(mixed[1:] + mixed[:1]), struck(mixed[2:] + mixed[:2])])
    assert 0.6 < other.sameness < 1.0
    assert same.silence_db == pytest.approx(-120, abs=25)


def test_silence_is_measured_beside_the_hits() -> None:
    """Noise at -60 dB lies as far below the hits as their own mean power is above it."""
    loop = struck([60.0], floor=1e-3)
    edges = np.linspace(0, loop.shape[1], 16 * BARS + 1).astype(int)
    hits = np.mean([np.square(loop[:, edges[step] : edges[step + 1]]).mean() for step in range(0, 16 * BARS, 4)])
    expected = 10 * np.log10(1e-6 / hits)
    assert measure_voice("kick", [loop, loop]).silence_db == pytest.approx(expected, abs=0.3)


@pytest.mark.slow
def test_figures_are_written_of_every_part(tmp_path: Path) -> None:
    pipeline = LoopPipeline.from_pack(tiny_pack(tmp_path / "pack"), "cpu")
    found = evaluate_voices(pipeline, tmp_path / "out", loops=2, request=LoopRequest(num_steps=1))
    assert set(found) == set(STEPS)
    assert found["kick"]["sameness"] > 0.5  # random weights have no voice
    told = json.loads((tmp_path / "out" / "voices.json").read_text())
    assert told["loops"] == 2 and told["pack"] == pipeline.info.hash
    assert told["parts"]["kick"] == pytest.approx(found["kick"], rel=1e-4)
    assert "| kick |" in (tmp_path / "out" / "voices.md").read_text()
