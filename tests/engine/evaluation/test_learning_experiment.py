"""What was learnt, held against the sounds that it was learnt from, with a tiny pack."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tiny import tiny_corpus, tiny_pack

from engine.cli.app import run
from engine.errors import CorpusError, PackError
from engine.evaluation.experiments.learning import evaluate_learning
from engine.evaluation.judges import embedding
from engine.evaluation.judges.measurement import Judges
from engine.evaluation.judges.part_onsets import PartOnsetDetector
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest
from engine.training.learning_plan import LearningPlan
from engine.training.learning_run import LearningRun

JUDGES = Judges((), PartOnsetDetector.load())
QUICK = LoopRequest(num_steps=2)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sounds, a tiny pack `base`, and `mine`, which learnt beside it for a few steps."""
    folder = tmp_path_factory.mktemp("learning")
    (folder / "sounds").mkdir()
    time = np.arange(88_200) / 44_100
    for number in range(4):
        beat = np.sin(2 * np.pi * (60 + 30 * number) * time) * np.exp(-9 * (time % 0.5))
        soundfile.write(folder / "sounds" / f"beat{number}_120bpm.wav", (0.5 * beat).astype(np.float32), 44_100)
    tiny_pack(folder / "base", clap=True)
    corpus = tiny_corpus(folder / "corpus", loops=4)
    plan = LearningPlan(str(corpus), str(folder / "base"), str(folder / "mine"), "mine", 10, rehearsal=0.0)
    learning = LearningRun(
        plan, folder / "run", lambda _: None, frames_per_batch=192, max_steps=12, validate_every=4, judged_loops=1
    )
    assert learning.learn() is not None
    return folder


def test_none_half_and_all_are_measured_beside_the_sounds(place: Path, tmp_path: Path) -> None:
    pipeline = LoopPipeline.from_pack(place / "mine", "cpu")
    found = evaluate_learning(pipeline, place / "sounds", tmp_path, JUDGES, loops=3, request=QUICK, progress=False)
    assert found["sounds"] == 4 and list(found["shares"]) == ["0", "0.5", "1"]
    way, distance = f"way to the floor, {embedding.NAME}", f"Frechet, {embedding.NAME}"
    none, _, all_ = found["shares"].values()
    assert none[way] == 0.0 and all_[distance] != none[distance]
    gone = (none[distance] - all_[distance]) / (none[distance] - found["floors"][embedding.NAME])
    assert all_[way] == pytest.approx(gone)
    for row in found["shares"].values():
        assert 0 <= row["tempo hit"] <= 1 and 0 <= row["nearer than sounds are to each other"] <= 3
        assert row["nearest"] > 0 and 0 <= row["kick F1"] <= 1
    assert json.loads((tmp_path / "learning.json").read_text())["loops"] == 3
    assert "| Frechet, " in (tmp_path / "learning.md").read_text()


def test_what_cannot_be_compared_is_refused(place: Path, tmp_path: Path) -> None:
    pipeline = LoopPipeline.from_pack(place / "base", "cpu")
    with pytest.raises(PackError, match="learnt nothing"):
        evaluate_learning(pipeline, place / "sounds", tmp_path, JUDGES, loops=2, progress=False)
    few = tmp_path / "few"
    few.mkdir()
    (few / "a_120bpm.wav").write_bytes((place / "sounds" / "beat0_120bpm.wav").read_bytes())
    with pytest.raises(CorpusError, match="1 usable"):
        evaluate_learning(
            LoopPipeline.from_pack(place / "mine", "cpu"), few, tmp_path, JUDGES, loops=2, progress=False
        )


def test_the_command_says_what_is_possible(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "learning", str(place / "sounds"), "--pack", str(place / "base"), "--out", str(tmp_path)]
    assert run([*words, "--loops", "1"], lambda: 0) == 2
    assert capsys.readouterr().err == "loopgen: --loops 1 is not possible: 2 to 10000.\n"
    assert run(words, lambda: 0) == 2
    assert "learnt nothing" in capsys.readouterr().err
