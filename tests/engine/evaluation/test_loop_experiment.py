"""The loop experiments on a renderer that plays the corpus: its figures must be those of the corpus."""

import json
from pathlib import Path

import numpy as np
import pytest
from corpus_player import CorpusPlayer

from engine.errors import ExportError, InvalidRequest
from engine.evaluation.experiments import loops as loop_experiment
from engine.evaluation.experiments.loops import evaluate_guidance, evaluate_loops
from engine.evaluation.judges.measurement import Judges
from engine.evaluation.judges.tempo import comb_tempo
from engine.evaluation.judges.tempo_estimators import TempoEstimator
from engine.evaluation.loop_items import LoopSettings, corpus_items, rendered_items

COMB = Judges((TempoEstimator("comb", lambda audio, rate: comb_tempo(audio, rate).tempo_bpm),))
SETTINGS = LoopSettings(count=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the corpus side has been measured once."""
    out = tmp_path_factory.mktemp("loops")
    corpus_items(out, SETTINGS, COMB, progress=False)
    return out


def test_playing_the_corpus_gives_the_figures_of_the_corpus(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_experiment, "DIVERSITY_REQUESTS", 0)
    monkeypatch.setattr(loop_experiment, "seed_diversity", lambda *args, **kwargs: {})
    player = CorpusPlayer()
    results = evaluate_loops(player, folder, SETTINGS, COMB, tag_loops=0, progress=False)
    figures = results["figures"]
    for name, value in figures["corpus"].items():
        if "Frechet" not in name:
            assert figures["rendered"][name] == pytest.approx(value, rel=1e-4, nan_ok=True), name
    assert figures["rendered"]["length errors"] == 0
    assert figures["rendered"]["Frechet distance to the corpus (log-mel statistics v1)"] == pytest.approx(0, abs=1e-3)
    assert figures["rendered"]["loudness curve, correlation over all"] > 0.95
    assert json.loads((folder / "loops.json").read_text())["settings"]["count"] == 3
    assert "| tempo hit, comb, octave |" in (folder / "loops.md").read_text()
    assert (folder / "loops.png").read_bytes()[:4] == b"\x89PNG"


def test_an_evaluation_goes_on_where_it_was(folder: Path) -> None:
    requests = [item.request for item in corpus_items(folder, SETTINGS, COMB, progress=False)]
    first, second = CorpusPlayer(), CorpusPlayer()
    rendered_items(first, requests[:2], folder, LoopSettings(count=3, num_steps=3), COMB, progress=False)
    items = rendered_items(second, requests, folder, LoopSettings(count=3, num_steps=3), COMB, progress=False)
    assert (first.rendered, second.rendered, len(items)) == (2, 1, 3)
    damaged = next(folder.glob(f"rendered-*/{requests[0].seed}.json"))
    for path in folder.glob(f"rendered-*/{requests[0].seed}.json"):
        path.write_text("{")
    third = CorpusPlayer()
    rendered_items(third, requests, folder, LoopSettings(count=3, num_steps=3), COMB, progress=False)
    assert third.rendered == 1
    assert damaged.exists()


def test_a_late_renderer_is_caught(folder: Path) -> None:
    corpus = corpus_items(folder, SETTINGS, COMB, progress=False)
    settings = LoopSettings(count=3, num_steps=5)
    late = 0.1 / 16  # a tenth of a beat of a four-bar loop
    items = rendered_items(CorpusPlayer(late), [i.request for i in corpus], folder, settings, COMB, progress=False)
    for item, reference in zip(items, corpus, strict=True):
        beats = 4 * item.request.bars
        expected = late * beats * 60_000 / item.request.tempo_bpm
        assert item.measured["lag_ms"] - reference.measured["lag_ms"] == pytest.approx(expected, abs=3)


def test_guidance_is_told_as_a_curve(folder: Path) -> None:
    results = evaluate_guidance(CorpusPlayer(), folder, SETTINGS, COMB, scales=(2.0,), progress=False)
    assert set(results["figures"]) == {"2"}
    assert np.isfinite(results["figures"]["2"]["seam ratio, median"])
    assert (folder / "guidance.png").exists() and "guidance 2 |" in (folder / "guidance.md").read_text()


def test_impossible_settings_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="2 to"):
        LoopSettings(count=1)
    with pytest.raises(InvalidRequest, match="at least one"):
        evaluate_guidance(CorpusPlayer(), tmp_path, SETTINGS, COMB, scales=())
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="Cannot make the folder"):
        evaluate_loops(CorpusPlayer(), tmp_path / "file", SETTINGS, COMB)
