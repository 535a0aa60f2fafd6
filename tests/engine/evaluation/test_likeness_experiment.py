"""`evaluate likeness`: cosines by hand; files written, prompts that want nothing left out, nothing rendered twice."""

import json
from pathlib import Path

import numpy as np
import pytest
from known_loops import house
from tiny import tiny_clap

from engine.evaluation.experiments import likeness as likeness_experiment
from engine.evaluation.experiments.likeness import evaluate_likeness, likeness
from engine.evaluation.experiments.words import Claim, HandWritten
from engine.loop import Loop, PackInfo
from engine.requests import LoopRequest


def test_likeness_by_hand() -> None:
    said = np.eye(2)
    heard = np.array([[[1.0, 0.0], [0.8, 0.6]], [[0.6, 0.8], [1.0, 0.0]]])
    figures = likeness(said, heard)
    assert figures["cosine, own prompt"] == pytest.approx((1 + 0.8 + 0.8 + 0) / 4)
    assert figures["cosine, other prompts"] == pytest.approx((0.6 + 1 + 0 + 0.6) / 4)
    # Of the first prompt, 1 and .8 against .6 and 1; of the second, .8 and 0 against 0 and .6.
    assert figures["own above mismatched"] == pytest.approx((1 + 1 + 2 + 0) / 8)


class House:
    """Plays house whatever it is asked."""

    info = PackInfo("house", "1", "0" * 64, 44100)

    def __init__(self) -> None:
        self.asked: list[LoopRequest] = []

    def render(self, request: LoopRequest) -> Loop:
        self.asked.append(request)
        audio, _ = house(request.tempo_bpm, request.bars)
        return Loop(audio, 44100, request, np.zeros((2, 4), np.float32), "house", "0" * 64, -14.0, -1.0)


def test_files_are_written_and_nothing_is_rendered_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = tuple(Claim(text, {}) for text in ("warm techno", "dark house", "no kick"))
    monkeypatch.setattr(HandWritten, "load", lambda: HandWritten(prompts, {}))
    monkeypatch.setattr(likeness_experiment, "CORPUS_LOOPS", 3)
    player, clap = House(), tiny_clap().eval()
    for _ in range(2):
        results = evaluate_likeness(player, clap, tmp_path, scales=(0.0, 3.0), seeds=2, progress=False)
    assert results["prompts"] == 2  # "no kick" wants nothing
    assert len(player.asked) == 2 * 2 * 2
    assert results["guidance"]["3"]["distance between seeds"] == pytest.approx(0, abs=1e-6)
    written = json.loads((tmp_path / "likeness.json").read_text())
    assert set(written["guidance"]) == {"0", "3"}
    assert "own above mismatched" in (tmp_path / "likeness.md").read_text()
    assert (tmp_path / "likeness.png").read_bytes().startswith(b"\x89PNG")
