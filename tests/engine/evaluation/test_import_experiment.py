"""Files that are made for the purpose are imported and judged; an ear is fitted to loops whose tempo is exact."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.corpus.build import BuildOptions, build_corpus
from engine.errors import CorpusError
from engine.evaluation.experiments.importing import evaluate_import
from engine.evaluation.made_files import WRITTEN
from engine.evaluation.plain_sounds import RATE, drone, plain_drums, stroke
from engine.listening.by_ear import hear_tempo
from engine.training.tempo_ear import fit_ear


def nothing(_done: int, _total: int) -> None:
    pass


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    build_corpus(folder, BuildOptions(3, held_out=7, recording_passes=0), nothing)
    return folder


def test_made_files_are_imported_and_judged(corpus: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    soundfile.write(real / "drums_124bpm.wav", plain_drums(124, 16, np.random.default_rng(0)).T, RATE)
    told = evaluate_import(tmp_path / "out", count=10, corpus=corpus, real=real, progress=False)
    kinds = told["kinds"]
    assert sum(row["files"] for row in kinds.values()) == 10 and next(iter(kinds)) == "written"
    assert kinds["written"]["tempo right"] == kinds["written"]["loop"] == kinds["written"]["files"] == 4
    assert [kinds[kind].get("loop", 0) for kind in ("one-shot", "odd", "copy", "other")] == [0, 0, 0, 0]
    assert told["pitch off by, cents, at most"] <= 3
    assert told["real loops by ear"]["right"] == 1
    assert json.loads((tmp_path / "out" / "import.json").read_text())["kinds"] == json.loads(json.dumps(kinds))
    assert "| written | 4 |" in (tmp_path / "out" / "import.md").read_text()
    assert [path.name for path in (tmp_path / "out").iterdir() if path.is_dir()] == []
    assert len({name for name, _ in WRITTEN}) == len(WRITTEN)


def test_an_ear_learns_from_few_loops_already(corpus: Path, tmp_path: Path) -> None:
    ear, measured = fit_ear(corpus, nothing, loops=3, epochs=2)
    assert 0 <= measured["right"] <= 1 and measured["log loss"] > 0
    heard = hear_tempo(plain_drums(120, 8, np.random.default_rng(0)), RATE, ear)
    assert 0 < heard.confidence <= 1 and 60 <= heard.tempo_bpm <= 200
    with pytest.raises(CorpusError, match="no"):
        fit_ear(tmp_path, nothing)


def test_plain_sounds_are_what_they_say() -> None:
    rng = np.random.default_rng(1)
    assert plain_drums(120, 8, rng).shape == (1, 4 * RATE)
    assert np.abs(stroke(2.0, rng)).max() == pytest.approx(0.8)
    assert drone(1.5, rng).shape == (1, round(1.5 * RATE))
