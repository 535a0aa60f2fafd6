"""What measures patterns measures right: known answers for agreement, the judge and the curves, and one whole run."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.corpus.seeds import PATTERN_HELD_OUT, PATTERN_JUDGE
from engine.evaluation.experiments.pattern_asking import of_pattern, requested
from engine.evaluation.experiments.pattern_company import new_rows
from engine.evaluation.experiments.patterns import evaluate_patterns
from engine.evaluation.judges.coherence import spoil, train_judge
from engine.patterns.agreement import reconstruction, struck_share
from engine.patterns.drawn import PackedScores, drawn_scores
from engine.patterns.grid import Score
from engine.patterns.network import DecodedSteps, PatternConfig, PatternNetwork, Told
from engine.patterns.writer import PatternWriter
from engine.vocabulary import PARTS, TODAY

SMALL = PatternConfig(latent=8, hidden=32, recurrent=16, features=2, width=16, blocks=1)


class Echo(PatternNetwork):
    """Gives back every hit of its scores but those of the kick, and strikes every first step of the pad."""

    def embedded(self, steps: torch.Tensor) -> torch.Tensor:
        self.seen = steps
        return super().embedded(steps)

    def decode(self, features: torch.Tensor, told: Told) -> DecodedSteps:
        logits = self.seen[..., 0] * 2 - 1
        logits[:, PARTS.index("kick")] = -1
        logits[:, PARTS.index("pad"), 0] = 1
        return DecodedSteps(logits, self.seen[..., 1] * 0 + 0.5, self.seen[..., 2] * 0)


def test_agreement_counts_what_comes_back_over_all_scores() -> None:
    rows = np.zeros((len(PARTS), 16), np.float32)
    rows[PARTS.index("kick"), ::4] = 0.7
    rows[PARTS.index("pad"), 0] = rows[PARTS.index("lead"), 3] = 0.7
    empty = np.zeros_like(rows)
    scores = PackedScores.of([Score(rows, 0 * rows), Score(empty, empty)])
    found = reconstruction(Echo(SMALL).eval(), scores)
    # Four kicks are lost in one score, a pad is added in the other: 5 of 256 steps.
    assert found.accuracy == pytest.approx(251 / 256)
    assert found.iou[PARTS.index("kick")] == 0 and found.iou[PARTS.index("lead")] == 1
    assert found.iou[PARTS.index("pad")] == 0.5
    assert found.velocity_off == pytest.approx(0.2, abs=3e-3)
    assert struck_share(scores, TODAY)[0].item() == pytest.approx(4 / 32)


def test_the_judge_tells_whole_scores_from_ones_put_together() -> None:
    velocity = np.zeros((len(PARTS), 32), np.float32)
    velocity[0, ::4] = velocity[2, 2::4] = 0.8  # kicks on the beat, hats off it, always
    whole = [Score(velocity, 0 * velocity, style="house") for _ in range(20)]
    told = train_judge(whole, whole, steps=60)
    assert told.accuracy > 0.65  # a half of the others has rows of other loops, which are the same ones here
    flipped = Score(np.roll(velocity, 3, 1), 0 * velocity, style="house")
    [one, other] = told.judge.judge([whole[0], flipped])
    assert one > other


def test_a_spoilt_score_is_another_one_and_never_the_same_object() -> None:
    scores = [
        score for score in drawn_scores(PATTERN_JUDGE.first, 30) if score.bars == 4 and score.hits.any(1).sum() > 2
    ]
    rng = np.random.default_rng(0)
    spoilt = [spoil(scores[0], scores, rng) for _ in range(20)]
    assert np.mean([(each.velocity != scores[0].velocity).any() for each in spoilt]) > 0.9
    assert all(each.velocity.max() <= 1 and each.velocity.min() >= 0 for each in spoilt)


def test_locked_rows_are_counted_and_none_change() -> None:
    torch.manual_seed(0)
    writer = PatternWriter(PatternNetwork(SMALL))
    scores = [score for score in drawn_scores(PATTERN_HELD_OUT.first, 12) if score.hits.any(1).sum() > 1]
    found = new_rows(writer, [("kick", "closed_hat"), ("kick", "bass")], scores, progress=False)
    assert found["locked rows that changed"] == 0 and 0 < found["loops"] <= len(scores)
    asked = requested(scores[0], "answer", ("kick",)) if scores[0].hits[0].any() else None
    if asked is not None:
        assert of_pattern(asked.pattern, scores[0]).hits[0].sum() == scores[0].hits[0].sum()


def test_a_whole_run_writes_its_figures_and_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.evaluation.experiments.patterns.train_judge", partial(train_judge, steps=40))
    torch.manual_seed(0)
    network = PatternNetwork(SMALL)
    results = evaluate_patterns(
        network, tmp_path, scores=40, tried=12, judged=40, variants={"another": lambda: PatternNetwork(SMALL).eval()},
        progress=False,
    )  # fmt: skip
    assert json.loads((tmp_path / "patterns.json").read_text())["scores"] == 40
    assert "| another |" in (tmp_path / "patterns.md").read_text()
    assert (tmp_path / "iou.png").stat().st_size > 1000 and (tmp_path / "ablations.png").stat().st_size > 1000
    assert {*results["fill"]} == {"written", "corpus", "corpus without"} and len(results["pairs"]) <= 4
    assert results["fill"]["corpus"]["end in a fill"] == 1 and results["fill"]["corpus without"]["end in a fill"] == 0
    assert results["towards"]["both ends exact"] == 1.0 and results["towards"]["valid"] == 1.0
    assert results["vary"]["same at 0"] == 1.0 and results["vary"]["distance"][0] == 0.0
    assert 0 <= results["answer"]["preferred over the rules"] <= 1
