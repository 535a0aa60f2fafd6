"""Denoisers of different shapes on equal budgets: what is compared, and that it is not trained twice."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny import DENOISER, tiny_corpus, tiny_pack

from engine.codec.spectral import SpectralCodec
from engine.errors import InvalidRequest
from engine.evaluation.experiments.architectures import ARCHITECTURES, GROUPS, evaluate_architectures
from engine.models.unet import Denoiser, learned_norms
from engine.packs.models import load_codec
from engine.packs.pack import Pack
from engine.training.bench import ArchitectureBench
from engine.training.denoiser import DenoiserTrainer, DenoiserTraining
from engine.training.encoding import encode_corpus
from engine.training.run import TrainingOptions, TrainingRun


def test_every_architecture_can_be_built() -> None:
    sizes = {name: sum(w.numel() for w in Denoiser(config).parameters()) for name, config in ARCHITECTURES.items()}
    assert {config.groups for config in ARCHITECTURES.values()} == {8, 16, 32}
    assert sizes["narrow"] < 0.7 * sizes["medium, 16 groups"] < 0.5 * sizes["wide"]
    assert sizes["medium, 8 groups"] == sizes["medium, 32 groups"]


def test_groups_are_compared_contiguous_and_learned_with_and_without_information() -> None:
    assert len(GROUPS) == 9 and {config.groups for config in GROUPS.values()} == {8, 16, 32}
    plain, learned = Denoiser(GROUPS["contiguous, 8 groups"]), Denoiser(GROUPS["learned, 8 groups, informed"])
    assert not learned_norms(plain) and len(learned_norms(learned)) == 9
    assert plain.reader is None and learned.reader is not None


@pytest.mark.slow
def test_shapes_are_compared_on_equal_budgets(tmp_path: Path) -> None:
    pytest.importorskip("accelerate")
    corpus = tiny_corpus(tmp_path / "corpus")
    codec = load_codec(Pack.open(tiny_pack(tmp_path / "pack")))
    assert isinstance(codec, SpectralCodec)
    encode_corpus(corpus, codec, lambda done, total: None)
    bench = ArchitectureBench(corpus, steps=8, frames=96)
    trained = []

    def train(config: object) -> dict[str, object]:
        trained.append(config)
        return bench.train(config)  # type: ignore[arg-type]

    shapes = {"few": DENOISER, "many": replace(DENOISER, groups=16), "few again": replace(DENOISER)}
    out = tmp_path / "out"
    (out / "run").mkdir(parents=True)
    (out / "run" / "mine.txt").write_text("kept")
    results = evaluate_architectures(train, corpus, out, bench.budget, architectures=shapes, progress=False)
    few, many, again = results["rows"]
    assert few["validation loss"] == again["validation loss"] != many["validation loss"]
    assert 0.5 < few["validation loss"] < 1.5 and few["parameters"] == many["parameters"]
    assert [row[0] for row in few["curve"]] == [4, 8, 8]
    assert len(trained) == 2 and (out / "run" / "mine.txt").read_text() == "kept"
    evaluate_architectures(train, corpus, out, bench.budget, architectures=shapes, progress=False)
    assert len(trained) == 2
    assert bench.train(DENOISER)["validation loss"] == pytest.approx(few["validation loss"], abs=1e-5)
    assert "| many |" in (out / "architectures.md").read_text()
    assert torch.is_grad_enabled()
    with pytest.raises(InvalidRequest, match="4 to 100000"):
        ArchitectureBench(corpus, steps=1, frames=96)


def test_learned_groups_learn_along_with_their_denoiser(tmp_path: Path) -> None:
    pytest.importorskip("accelerate")
    corpus = tiny_corpus(tmp_path / "corpus")
    codec = load_codec(Pack.open(tiny_pack(tmp_path / "pack")))
    assert isinstance(codec, SpectralCodec)
    encode_corpus(corpus, codec, lambda done, total: None)
    torch.manual_seed(0)
    denoiser = Denoiser(replace(DENOISER, grouping="learned", informed=True))
    before = [norm.grouping.membership.detach().clone() for _, norm in learned_norms(denoiser)]
    trainer = DenoiserTrainer(denoiser, DenoiserTraining(corpus, 96), lambda *_: None)
    first = trainer.loss(denoiser)[1]
    assert {*first} == {"grouping", "information"} and 0 < first["grouping"] < 1
    TrainingRun(trainer, tmp_path / "run", TrainingOptions(10, 20, 2e-2, 2, validate_every=20)).run()
    assert float(trainer.loss(denoiser)[1]["grouping"]) < float(first["grouping"])
    after = [norm.grouping.membership for _, norm in learned_norms(denoiser)]
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
