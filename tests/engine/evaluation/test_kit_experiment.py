"""Kits are measured as they are: a changed kick is a change of the kick, and a stem is nearest to itself."""

import json
from pathlib import Path

import numpy as np
import pytest
from tiny import tiny_pack

from engine.evaluation.experiments.kits import BARS, ROWS, TEMPO_BPM, changed, drum_loop, evaluate_kits, nearest
from engine.evaluation.experiments.voices import corpus_alone
from engine.pipeline import LoopPipeline
from engine.tempo import LoopGeometry

SAMPLES = LoopGeometry(TEMPO_BPM, BARS).samples


def clicks(**pitches: float) -> np.ndarray:
    """The drum loop of `ROWS` as decaying sines of a tenth of a second, one pitch a part."""
    audio = np.zeros(SAMPLES, np.float32)
    time = np.arange(4410) / 44_100
    for part, steps in ROWS.items():
        hit = 0.5 * np.sin(2 * np.pi * pitches.get(part, 1000.0) * time) * np.exp(-time / 0.02)
        for step in (bar * 16 + step for bar in range(BARS) for step in steps):
            start = round(step * SAMPLES / (BARS * 16))
            audio[start : start + 4410] += hit[: SAMPLES - start]
    return np.stack((audio, audio))


def test_another_kick_changes_the_kick_and_another_snare_the_others() -> None:
    plain = clicks(kick=60.0)
    own, others = changed(plain, clicks(kick=90.0), "kick")
    assert own > 0.2 and others < own / 5
    own, others = changed(plain, clicks(kick=60.0, snare=300.0), "kick")
    assert own < 0.1 and others > 0.5


def test_a_louder_kick_is_no_change_of_others_that_are_made_quieter_for_it() -> None:
    plain, louder = clicks(kick=60.0), clicks(kick=60.0)
    window = louder[:, : SAMPLES // (BARS * 16)]
    window *= 3.0
    own, others = changed(plain, 0.6 * louder, "kick")
    assert own > 0.1 and others < 0.02
    assert changed(plain, 0.3 * plain, "kick") == pytest.approx((0.0, 0.0), abs=1e-3)


def test_stems_are_nearest_to_themselves_and_not_to_the_next() -> None:
    stems = [audio[0] for audio in corpus_alone("snare", 6)]
    assert nearest("snare", stems, stems) == 1.0
    assert nearest("snare", [*stems[1:], stems[0]], stems) == 0.0
    assert nearest("snare", [None, *stems[1:]], stems) == pytest.approx(5 / 6)


def test_the_drum_loop_has_every_part_alone() -> None:
    rows = drum_loop(1).pattern.rows
    struck = np.array(list(rows.values())) > 0
    assert struck.sum() == 8 and struck.sum(axis=0).max() == 1


def test_it_is_written_down(tmp_path: Path) -> None:
    figures = evaluate_kits(
        LoopPipeline.from_pack(tiny_pack(tmp_path / "pack"), "cpu"), tmp_path / "out", loops=2, progress=False
    )
    told = json.loads((tmp_path / "out" / "kits.json").read_text())
    assert told["figures"] == pytest.approx(figures, abs=1e-4) and len(figures) == 7 and told["loops"] == 2
    assert all(np.isfinite(value) for value in figures.values())
    assert "kick over others" in (tmp_path / "out" / "kits.md").read_text()
