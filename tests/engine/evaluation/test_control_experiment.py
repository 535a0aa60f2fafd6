"""`evaluate controls` with a renderer that obeys or does not: figures by hand, and nothing is measured twice."""

import json
from pathlib import Path

import numpy as np
import pytest
from known_loops import house
from numpy.typing import NDArray

from engine.evaluation.experiments import words as word_experiment
from engine.evaluation.experiments.controls import ControlExperiment, monotony, summary
from engine.evaluation.judges.claims import PROPERTIES, ClaimJudges
from engine.evaluation.judges.tags import TagJudge
from engine.loop import Loop, PackInfo
from engine.requests import LoopRequest
from engine.vocabulary import STEERS, TAGS


class Player:
    """Plays a house loop whatever it is asked, and keeps what it was asked."""

    info = PackInfo("player", "1", "0" * 64, 44100)

    def __init__(self) -> None:
        self.asked: list[LoopRequest] = []

    def render(self, request: LoopRequest) -> Loop:
        self.asked.append(request)
        audio, _ = house(request.tempo_bpm, request.bars)
        return Loop(audio, 44100, request, np.zeros((2, 4), np.float32), "player", "0" * 64, -14.0, -1.0)

    def embed_sound(self, audio: NDArray[np.float32], sample_rate: int) -> tuple[float, ...]:
        heard = np.zeros(512)
        heard[int(1000 * np.abs(audio).mean()) % 512] = 1
        return tuple(heard.tolist())


@pytest.fixture
def player() -> Player:
    return Player()


@pytest.fixture
def experiment(player: Player, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ControlExperiment:
    """Two seeds; the property that a request asks away is 0, else 1; a weight of w reads as w, but "pad" as -w."""

    def measured(*_: object) -> dict[str, float]:
        request = player.asked[-1]
        away = f"{request.negative_prompt} {request.prompt.partition(', no ')[2]}"
        said, _, weight = request.prompt.rpartition(":")
        value = float(weight) * (-1 if said.endswith("pad") else 1) if said else 1.0
        return {name: 0.0 if name.removesuffix("_hat") in away else value for name in PROPERTIES}

    monkeypatch.setattr(word_experiment, "measure_properties", measured)
    size = 2 * 88 + 2
    tags = TagJudge(np.zeros(size), np.ones(size), np.zeros((size, len(TAGS))), np.zeros(len(TAGS)))
    judges = ClaimJudges(object(), tags)  # type: ignore[arg-type]  # the detector is not asked here
    return ControlExperiment(player, judges, tmp_path, seeds=2, references=3, progress=False)


def test_negations_count_loops_that_had_it_and_have_less(experiment: ControlExperiment) -> None:
    rows = experiment.negations()
    kick = next(row for row in rows if row["case"].endswith("no kick, prompt"))
    hats = next(row for row in rows if row["case"].endswith("no hats, negative prompt"))
    assert (kick["had it"], kick["less"], kick["before"], kick["after"]) == (2, 2, 1.0, 0.0)
    assert (hats["had it"], hats["less"]) == (2, 0)  # "closed" does not stand in "hats"
    assert len(rows) == 3 * 5 * 2


def test_weights_are_judged_by_their_order(experiment: ControlExperiment) -> None:
    rows = {row["case"]: row["spearman"] for row in experiment.weights()}
    assert rows["acid"] == pytest.approx(1) and rows["pad"] == pytest.approx(-1)
    assert monotony((0, 1, 2), (5.0, 5.0, 5.0)) == 0.0


def test_steers_that_move_nothing_say_so(experiment: ControlExperiment) -> None:
    rows = experiment.steers()
    assert [row["case"] for row in rows] == list(STEERS)
    assert all(row["spearman"] == 0.0 and row["moved"] == 0.0 for row in rows)
    assert summary("steers", rows)["every other attribute moved less than a third"] == 0.0


def test_references_compare_with_every_other(experiment: ControlExperiment, player: Player) -> None:
    rows = experiment.references()
    assert len(rows) == 3 and len(player.asked) == 3
    assert all(len(request.reference) == 512 for request in player.asked)
    # The same loop whatever the reference: nearer to one of three than to both others, once.
    assert sorted(row["nearer than"] for row in rows) == [0.0, 0.5, 1.0]
    assert summary("references", rows)["their own is the nearest of all"] == pytest.approx(1 / 3)


def test_files_are_written_and_nothing_is_measured_twice(
    experiment: ControlExperiment, player: Player, tmp_path: Path
) -> None:
    results = experiment.run(["weights"])
    asked = len(player.asked)
    assert asked == 6 * 5 * 2 and {request.sampler for request in player.asked} == {"euler"}
    experiment.run(["weights"])
    assert len(player.asked) == asked
    assert json.loads((tmp_path / "controls.json").read_text())["summary"]["weights"][
        "mean Spearman"
    ] == pytest.approx(results["summary"]["weights"]["mean Spearman"], rel=1e-5)
    assert "| acid | acid | 1" in (tmp_path / "controls.md").read_text()


def test_two_evaluations_are_measured_by_themselves(player: Player, tmp_path: Path) -> None:
    size = 2 * 88 + 2
    tags = TagJudge(np.zeros(size), np.ones(size), np.zeros((size, len(TAGS))), np.zeros(len(TAGS)))
    judges = ClaimJudges(object(), tags)  # type: ignore[arg-type]  # the detector is not asked here
    for sampler in ("euler", "progressive"):
        results = ControlExperiment(
            player, judges, tmp_path, seeds=1, references=2, sampler=sampler, progress=False
        ).run(["steers"])
        assert results["sampler"] == sampler
    # Nothing of the one is taken for the other: six sliders of five steps, and none at rest, once each.
    asked = [request.sampler for request in player.asked]
    assert asked.count("progressive") == asked.count("euler") == 6 * 4 + 1
    assert "guidance 3, progressive." in (tmp_path / "controls.md").read_text()
