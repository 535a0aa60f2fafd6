"""`evaluate words` on tiny things: places and recall by hand, files written, prompts judged against no words."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from known_loops import house
from tiny import tiny_clap

from engine.evaluation.experiments import words as word_experiment
from engine.evaluation.experiments.words import (
    Claim,
    HandWritten,
    evaluate_prompts,
    evaluate_retrieval,
    places,
    recall,
)
from engine.evaluation.judges.claims import PROPERTIES, ClaimJudges
from engine.loop import Loop, PackInfo
from engine.requests import LoopRequest


def test_places_and_recall_by_hand() -> None:
    sounds = np.eye(4, dtype=np.float32)
    texts = np.array([[1, 0, 0, 0], [0.9, 0.5, 0.1, 0], [0, 0, 0.1, 0.2]], np.float32)
    owners = np.array([0, 2, 2])
    assert places(texts, sounds, owners).tolist() == [0, 2, 1]
    assert recall(texts, sounds, owners, 1) == pytest.approx(1 / 3)
    assert recall(texts, sounds, owners, 2) == pytest.approx(2 / 3)


def test_retrieval_writes_its_figures(tmp_path: Path) -> None:
    figures = evaluate_retrieval(tiny_clap().eval(), tmp_path, count=3, progress=False)
    assert figures["loops"] == 3 and figures["paraphrases"] == 3
    assert figures["captions, recall at 10"] == 1.0  # there are but three
    written = json.loads((tmp_path / "retrieval.json").read_text())
    assert written["chance, recall at 10"] == pytest.approx(10 / 3, rel=1e-5)
    assert "recall at 10" in (tmp_path / "retrieval.md").read_text()


class Obedient:
    """Plays a house loop; its request is what the fake measurement reads."""

    info = PackInfo("obedient", "1", "0" * 64, 44100)

    def render(self, request: LoopRequest) -> Loop:
        audio, _ = house(request.tempo_bpm, request.bars)
        return Loop(audio, 44100, request, np.zeros((2, 4), np.float32), "obedient", "0" * 64, -14.0, -1.0)


def test_prompts_are_judged_against_no_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = (Claim("more kick", {"kick": 1}), Claim("more kick, less bass", {"kick": 1, "bass": -1}))
    monkeypatch.setattr(HandWritten, "load", lambda: HandWritten(prompts, {}))
    asked: list[str] = []
    shares: list[float] = []
    render = Obedient.render

    def spied(self: Obedient, request: LoopRequest) -> Loop:
        asked.append(request.prompt)
        shares.append(request.learnt)
        return render(self, request)

    def measured(*_: Any) -> dict[str, float]:
        return dict.fromkeys(PROPERTIES, 0.0) | {"kick": float("kick" in asked[-1])}

    monkeypatch.setattr(Obedient, "render", spied)
    monkeypatch.setattr(word_experiment, "measure_properties", measured)
    judges: ClaimJudges = object()  # type: ignore[assignment]  # nothing is asked of them here
    base = LoopRequest(bars=2, learnt=0.75)
    results = evaluate_prompts(Obedient(), judges, tmp_path, seeds=2, base=base, progress=False)
    assert asked.count("") == 2 and asked.count("more kick") == 2
    assert dict(zip(asked, shares, strict=True)) == {
        "": 0.0,
        "more kick": 0.75,
        "more kick, less bass": 0.75,
    }
    assert results["learnt"] == 0.75
    assert [row["held"] for row in results["prompts"]] == [True, False]
    assert results["prompts that do what they say"] == 0.5
    assert "50% of 2" in (tmp_path / "prompts.md").read_text()
