"""What an ablation takes away is gone, and nothing else."""

import json
from pathlib import Path

import numpy as np
import pytest
from known_loops import house

from engine.corpus.arrangement import plan_loop
from engine.corpus.render import render_plan
from engine.evaluation.experiments.corpus import measure_set
from engine.evaluation.experiments.corpus_ablation import VARIANTS, WHOLE, evaluate_ablation, variant_audio
from engine.evaluation.judges.levels import stereo_width

PLAN = plan_loop(1_600_003, bars=1)


def test_the_whole_is_the_loop_itself() -> None:
    np.testing.assert_allclose(variant_audio(PLAN, WHOLE), render_plan(PLAN).audio, atol=1e-6)


def test_every_variant_renders_and_changes_what_it_names() -> None:
    whole = variant_audio(PLAN, WHOLE)
    assert stereo_width(whole) > 0.001
    assert stereo_width(variant_audio(PLAN, "mono")) < 1e-9
    for variant in VARIANTS:
        audio = variant_audio(PLAN, variant)
        assert audio.shape == whole.shape and np.abs(audio).max() <= 0.98
    dry = VARIANTS["none of these effects"](PLAN.mix)
    assert all(part.reverb_send == part.drive_db == part.duck_depth == 0 for part in dry.parts.values())
    assert dry.master.ratio == 1 and dry.master.loudness_db == PLAN.mix.master.loudness_db


def test_a_part_taken_away_is_silent() -> None:
    part = PLAN.parts[0]
    assert part not in VARIANTS[f"no {part}"](PLAN.mix).parts
    assert not np.array_equal(variant_audio(PLAN, f"no {part}"), variant_audio(PLAN, WHOLE))


def test_distances_are_written_beside_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {name: VARIANTS[name] for name in (WHOLE, "mono")}
    monkeypatch.setattr("engine.evaluation.experiments.corpus_ablation.VARIANTS", kept)
    real = measure_set("real", [[house(120 + i, 2)[0]] for i in range(4)], None, progress=False)
    rows = evaluate_ablation(real, tmp_path, None, count=2, progress=False)
    # The embedding hears in mono: what is mono already is the same to it.
    name = "Frechet, log-mel statistics v1"
    assert set(rows) == {WHOLE, "mono"} and rows["mono"]["loops"] == 2
    assert rows["mono"][name] == pytest.approx(rows[WHOLE][name], rel=0.25)
    written = json.loads((tmp_path / "ablation.json").read_text())
    assert written["variants"]["mono"][name] == pytest.approx(rows["mono"][name])
    assert "| mono |" in (tmp_path / "ablation.md").read_text()
