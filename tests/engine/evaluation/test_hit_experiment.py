"""Hits that were asked for: counted on loops that are known."""

import numpy as np
import pytest

from engine.evaluation.experiments.hits import BANDS_HZ, BARS, TEMPO_BPM, alone, drawn_row, measure_hits
from engine.tempo import LoopGeometry
from engine.vocabulary import PARTS

GEOMETRY = LoopGeometry(TEMPO_BPM, BARS)
HERTZ = {"kick": 80.0, "snare": 900.0, "closed_hat": 9000.0}


def played(part: str, levels: dict[int, float]) -> np.ndarray:
    """Decaying tones in the part's band at steps of the loop, each at a level."""
    audio = np.zeros(GEOMETRY.samples)
    time = np.arange(8000) / 44100
    tone = np.sin(2 * np.pi * HERTZ[part] * time) * np.exp(-40 * time)
    for step, level in levels.items():
        start = GEOMETRY.beat_to_sample(step / 4)
        np.add.at(audio, (start + np.arange(8000)) % len(audio), level * tone)
    return np.stack((audio, audio)).astype(np.float32)


@pytest.mark.parametrize("part", BANDS_HZ)
def test_what_is_played_as_asked_counts_whole(part: str) -> None:
    row = tuple(0.85 if step in (0, 4, 7, 12) else 0.0 for step in range(16))
    steps = [step for step in range(32) if row[step % 16]]
    hits = measure_hits(part, played(part, dict.fromkeys(steps, 0.5)), 44100, row)
    assert (hits.asked, hits.played, hits.silent, hits.struck) == (8, 8, 24, 0)


def test_a_lost_hit_and_one_too_many_are_counted() -> None:
    row = tuple(0.85 if step % 4 == 0 else 0.0 for step in range(16))
    levels = dict.fromkeys(range(0, 32, 4), 0.5)
    levels[8] = 0.05  # 20 dB below the others
    levels[18] = 0.4  # nobody asked for it
    hits = measure_hits("kick", played("kick", levels), 44100, row)
    assert (hits.asked, hits.played, hits.silent, hits.struck) == (8, 7, 24, 1)


def test_rows_are_drawn_alike_each_time_and_alone() -> None:
    rows = [drawn_row(seed, "snare") for seed in range(50)]
    assert rows == [drawn_row(seed, "snare") for seed in range(50)]
    assert {sum(velocity > 0 for velocity in row) for row in rows} == {2, 3, 4, 5, 6}
    pattern = alone("snare", rows[0])
    assert pattern.rows["snare"] == rows[0]
    assert not any(any(pattern.rows[part]) for part in PARTS if part != "snare")
