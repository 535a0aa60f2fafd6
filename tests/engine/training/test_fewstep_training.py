"""Training the few-step model on a tiny pack: it comes nearer to its teacher, goes on, and stops in time."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import tiny_corpus, tiny_pack
from torch import Tensor, nn

from engine.conditioning.pattern import onset_ramps
from engine.errors import PackError
from engine.models.fewsteps import FewStepConfig
from engine.packs.models import load_codec, load_denoiser, load_fewsteps
from engine.packs.pack import Pack
from engine.tempo import LoopGeometry
from engine.training.checkpoints import load_checkpoint
from engine.training.encoding import encode_corpus
from engine.training.fewsteps import FewStepTrainer, FewStepTraining, steered, strike_weights
from engine.training.fewsteps_run import train_fewsteps
from engine.training.latents import LatentCorpus
from engine.training.run import MOST_UNSOUND, TrainingDiverged, TrainingOptions
from engine.training.stage_discriminator import StageDiscriminator, steepness, taken_for_real, told_apart
from engine.training.teacher import Teacher, TeacherSettings
from engine.vocabulary import PARTS

SMALL = FewStepConfig(rank=4, semantic_dim=8, encoder_width=16, told_width=16, prior_width=16)
OPTIONS = TrainingOptions(
    minutes=30, max_steps=40, warmup_steps=5, learning_rate=5e-3, validate_every=20, ema_decay=0.8
)
Taught = tuple[FewStepTraining, Path]


@pytest.fixture
def taught(tmp_path: Path) -> Taught:
    """Settings for a tiny corpus, and the tiny pack that encoded it."""
    pack, corpus = tiny_pack(tmp_path / "pack"), tiny_corpus(tmp_path / "corpus")
    encode_corpus(corpus, load_codec(Pack.open(pack)), lambda *_: None)
    settings = FewStepTraining(corpus, frames_per_batch=96, heard_stages=2, teacher=TeacherSettings(steps=4))
    return settings, pack


def rows(run: Path, kind: str) -> list[dict[str, Any]]:
    lines = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return [row for row in lines if row["kind"] == kind]


def test_it_comes_nearer_to_its_teacher_and_lands_in_its_pack(taught: Taught, tmp_path: Path) -> None:
    training, pack = taught
    train_fewsteps(training, pack, tmp_path / "run", OPTIONS, config=SMALL)
    first, *_, last = rows(tmp_path / "run", "validation")
    assert last["semantics"] < first["semantics"]
    opened = Pack.open(pack)
    kept = load_fewsteps(opened, load_denoiser(opened))
    assert kept is not None and kept.config == SMALL
    record = opened.manifest["training"]["fewsteps"][-1]
    assert record["step"] == 40 and len(record["denoiser"]) == 64
    assert {"judge", "pushed", "prior"} <= {*rows(tmp_path / "run", "train")[-1]}
    lessons = len(list((tmp_path / "run" / "lessons" / "training").iterdir()))
    train_fewsteps(training, pack, tmp_path / "run", replace(OPTIONS, max_steps=4))
    assert rows(tmp_path / "run", "validation")[-1]["step"] == 44  # goes on where it stopped
    assert len(list((tmp_path / "run" / "lessons" / "training").iterdir())) <= lessons + 2  # with lessons it had


def test_losses_that_are_no_numbers_end_a_run_and_leave_its_checkpoint(
    taught: Taught, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training, pack = taught
    few = replace(OPTIONS, max_steps=2)
    train_fewsteps(training, pack, tmp_path / "run", few, config=SMALL)
    before = (tmp_path / "run" / "checkpoint.safetensors").read_bytes()
    honest = FewStepTrainer.loss

    def spoilt(self: FewStepTrainer, model: nn.Module) -> tuple[Tensor, dict[str, Tensor]]:
        loss, terms = honest(self, model)
        return loss * torch.nan, terms

    monkeypatch.setattr(FewStepTrainer, "loss", spoilt)
    with pytest.raises(TrainingDiverged, match=rf"no number in {MOST_UNSOUND} steps in a row, up to step \d+; the"):
        train_fewsteps(training, pack, tmp_path / "run", replace(OPTIONS, max_steps=100), config=SMALL)
    assert (tmp_path / "run" / "checkpoint.safetensors").read_bytes() == before
    saved = load_checkpoint(tmp_path / "run")
    assert saved is not None and all(tensor.isfinite().all() for tensor in saved[0].values())


def test_lessons_are_made_once_and_know_what_they_were_asked(taught: Taught, tmp_path: Path) -> None:
    training, pack = taught
    corpus = LatentCorpus(training.corpus, held_out=False, frames_per_batch=96)
    denoiser = load_denoiser(Pack.open(pack)).requires_grad_(False)
    teacher = Teacher(corpus, denoiser, tmp_path / "lessons", training.teacher)
    first = teacher.batch(0)
    assert teacher.made() == 1 and 0 < first.x_1.std() < 10
    written = next((tmp_path / "lessons").iterdir()).stat().st_mtime_ns
    again = Teacher(corpus, denoiser, tmp_path / "lessons", training.teacher).batch(0)
    assert torch.equal(again.x_1, first.x_1) and torch.equal(again.x_0, first.x_0)
    assert next((tmp_path / "lessons").iterdir()).stat().st_mtime_ns == written
    changed = replace(training.teacher, dropout=replace(training.teacher.dropout, group=0.9))
    assert not torch.equal(Teacher(corpus, denoiser, tmp_path / "lessons", changed).batch(0).x_1, first.x_1)
    plain = Teacher(corpus, denoiser, tmp_path / "plain", replace(training.teacher, guided=False)).batch(0)
    assert not list((tmp_path / "plain").iterdir()) and plain.guidance[:, -1].sum() == 0  # the corpus itself


def test_pulls_are_as_strong_as_their_share_whatever_they_come_from() -> None:
    made = torch.randn(2, 4, 8, requires_grad=True)
    distance = made.abs().mean()
    (own,) = torch.autograd.grad(distance, made, retain_graph=True)
    huge = 1e6 * torch.randn(2, 4, 8)
    loss = steered(made, [(0.3, huge), (0.5, torch.full((2, 4, 8), torch.nan))])
    (pulled,) = torch.autograd.grad(loss, made)
    assert loss.item() == 0 and pulled.norm() == pytest.approx(0.3 * own.norm().item(), rel=1e-4)
    assert torch.nn.functional.cosine_similarity(pulled.flatten(), huge.flatten(), dim=0) > 0.999


def test_the_judge_tells_real_from_fake_and_is_held_flat() -> None:
    torch.manual_seed(0)
    judge = StageDiscriminator((12, 16), latent_dim=6, width=16)
    optimizer = torch.optim.Adam(judge.parameters(), lr=3e-3)

    marks = torch.randn(1, 12, 1), torch.randn(1, 16, 1)

    def features(marked: float) -> list[Tensor]:
        return [
            marked * mark + torch.randn(4, mark.shape[1], length)
            for mark, length in zip(marks, (32, 16), strict=True)
        ]

    for _ in range(60):
        earlier = torch.randn(4, 6, 32)
        real = [each.requires_grad_(True) for each in features(1.0)]
        scores = judge(real, earlier, 2)
        loss = told_apart(scores, judge(features(0.0), earlier, 2)) + 0.01 * steepness(scores, real)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        true, false = (taken_for_real(judge(features(marked), torch.randn(4, 6, 32), 2)) for marked in (1.0, 0.0))
        assert true < 0.8 * false
        turned = [each.roll(8, 2) for each in features(1.0)][:1]
        head, earlier = judge[0], torch.randn(4, 6, 32)
        assert torch.allclose(
            head(turned[0].roll(4, 2), earlier.roll(4, 2), 1), head(turned[0], earlier, 1).roll(4, 1), atol=1e-5
        )


def test_a_pack_without_a_denoiser_says_so(tmp_path: Path) -> None:
    pack, corpus = tiny_pack(tmp_path / "pack", denoiser=False), tiny_corpus(tmp_path / "corpus")
    with pytest.raises(PackError, match="has no denoiser to start from"):
        train_fewsteps(FewStepTraining(corpus), pack, tmp_path / "run", OPTIONS)


def test_frames_that_strike_weigh_more_the_harder_they_are_struck() -> None:
    """Two strikes of a bar, one at half the velocity, on the frame itself and the one behind."""
    pattern = torch.zeros(1, len(PARTS), 80)
    pattern[0, 0] = onset_ramps([(0, 1.0), (1, 0.5)], LoopGeometry(120, 1, 44100))
    weights = strike_weights(pattern, 2.0)[0, 0]
    assert float(weights.mean()) == pytest.approx(1)
    resting = weights[40]
    struck = 2.0 * float(pattern[0, 0].max())
    assert (weights / resting - 1)[[0, 1, 20, 21]].tolist() == pytest.approx([struck, struck, struck / 2, struck / 2])
    assert torch.equal(weights[2:20], resting.expand(18))
    assert torch.equal(strike_weights(pattern, 0.0), torch.ones(1, 1, 80))
