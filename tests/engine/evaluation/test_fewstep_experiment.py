"""Two evaluations beside many: path lengths of known maps, and the whole experiment on a tiny pack."""

import json
from pathlib import Path

import pytest
import torch
from tiny import tiny_few_steps

from engine.cli.app import run
from engine.errors import InvalidRequest
from engine.evaluation.experiments.fewsteps import FewStepSettings, evaluate_fewsteps
from engine.evaluation.judges.measurement import Judges
from engine.evaluation.judges.part_onsets import PartOnsetDetector
from engine.evaluation.judges.path_length import EPSILON, path_length
from engine.evaluation.judges.tempo import comb_tempo
from engine.evaluation.judges.tempo_estimators import TempoEstimator

COMB = TempoEstimator("comb", lambda audio, rate: comb_tempo(audio, rate).tempo_bpm)


def test_path_length_is_the_squared_speed_of_what_is_heard() -> None:
    a, b = torch.tensor([[1.0, 0.0]]).double(), torch.tensor([[0.0, 1.0]]).double()
    quarter = (torch.pi / 2) ** 2  # a quarter of a circle of radius 1 is walked at one speed
    assert path_length(lambda z: z, [(a, b)], [0.3]) == pytest.approx(quarter, rel=1e-3)
    assert path_length(lambda z: 3 * z, [(a, b)] * 2, [0.1, 0.8]) == pytest.approx(9 * quarter, rel=1e-3)
    assert path_length(lambda z: torch.ones(1, 4), [(a, b)], [0.5]) == 0
    assert EPSILON == 1e-4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_few_steps(tmp_path_factory.mktemp("pack"))


def test_the_experiment_sets_two_evaluations_beside_many(folder: Path, tmp_path: Path) -> None:
    walks = (("euler", 2), ("progressive", 2))
    settings = FewStepSettings(count=2, paths=1, voices=0, tag_loops=0, guided=2, walks=walks)
    results = evaluate_fewsteps(
        folder, tmp_path, settings, Judges((COMB,), PartOnsetDetector.load()), device="cpu", progress=False
    )
    assert [*results["samplers"]] == ["euler 2", "progressive 2"]
    assert all(row["evaluations"] == 2 for row in results["samplers"].values())
    assert {*results["path lengths"]} == {"x_0", "x_2", "z_2", "z_1"}
    assert all(length > 0 for length in results["path lengths"].values())
    assert len(results["guidance"]) == 6 and "progressive 2, guidance 4" in results["guidance"]
    table = (tmp_path / "fewsteps.md").read_text()
    assert "| progressive 2 |" in table and "| z_2 |" in table
    assert json.loads((tmp_path / "fewsteps.json").read_text())["loops"] == 2
    for picture in ("guidance", "paths"):
        assert (tmp_path / f"{picture}.png").read_bytes()[:4] == b"\x89PNG"


def test_what_cannot_be_measured_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidRequest, match="voices 1 is not possible"):
        FewStepSettings(voices=1)
    with pytest.raises(InvalidRequest, match="paths -1 is not possible"):
        FewStepSettings(paths=-1)
    assert run(["evaluate", "fewsteps", "--out", str(tmp_path / "out"), "--pack", "nowhere"], lambda: 0) == 2
    assert "nowhere" in capsys.readouterr().err
