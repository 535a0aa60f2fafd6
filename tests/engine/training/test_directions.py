"""Directions in the semantic latent: found where they are, kept in the pack, and led along at two evaluations."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import tiny_corpus, tiny_few_steps, tiny_pack

from engine.applications.interpolation import End
from engine.applications.morph import morph
from engine.applications.noise_path import render_path
from engine.cli.app import run
from engine.errors import CorpusError, InvalidRequest, PackError
from engine.evaluation.judges.tags import TagJudge
from engine.models.fewsteps import FewStepConfig, FewSteps
from engine.models.semantic_directions import DirectionConfig, SemanticDirections
from engine.packs.directions import load_directions, store_directions
from engine.packs.models import load_codec, load_denoiser, load_fewsteps, store_fewsteps
from engine.packs.pack import Pack
from engine.pipeline import LoopPipeline
from engine.rendering.guided import Aim
from engine.rendering.progressive import FewStepSampling, StagedFlow, StageLatents
from engine.requests import LoopRequest, NoisePad
from engine.training.directions import find_directions, mixed, support_vector, told_apart, train_directions
from engine.training.encoding import encode_corpus
from engine.training.steers import spills
from engine.vocabulary import STEERS, TAGS

JUDGE = TagJudge(np.zeros(1), np.ones(1), np.zeros((1, len(TAGS))), np.zeros(len(TAGS)))
ASKED = LoopRequest(bars=1, seed=3, tags=("techno", "kick"), sampler="progressive")


def led(*names: str, length: float = 3.0) -> SemanticDirections:
    """Sliders `names` lead along an axis each."""
    found = SemanticDirections(DirectionConfig(8))
    for name in names:
        found.steers[list(STEERS).index(name), list(STEERS).index(name)] = length
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_few_steps(tmp_path / "pack")


def test_the_vector_stands_on_the_plane_between_two_clouds() -> None:
    random = np.random.default_rng(0)
    across = np.array([3.0, 4.0, 0, 0, 0]) / 5
    has = random.random(400) < 0.2  # one side has few: it counts as much
    spread = np.array([1.0, 1.0, 5.0, 0.2, 1.0])
    z = random.standard_normal((400, 5)) * spread
    z += np.where(has, 1.0, -1.0)[:, None] * (3 - z @ across * np.where(has, 1.0, -1.0))[:, None] * across * 0.8
    vector = support_vector(z, has)
    assert np.linalg.norm(vector) == pytest.approx(1) and float(vector @ across) > 0.99
    direction, right = told_apart(z, has)
    assert right > 0.98 and np.array_equal(direction, vector)


def test_what_too_few_have_and_what_nothing_tells_has_no_direction() -> None:
    random = np.random.default_rng(1)
    z = random.standard_normal((200, 4))
    assert told_apart(z, np.arange(200) < 5) == (pytest.approx(np.zeros(4)), 0.5)
    assert 0.3 < told_apart(z, random.random(200) < 0.5)[1] < 0.7


def test_steers_go_from_the_opposite_to_the_tag() -> None:
    random = np.random.default_rng(2)
    z = random.standard_normal((600, 6))
    z[:, 0] += np.repeat([2.0, -2.0, 0.0], 200)  # bright, dark, neither
    z[:, 1] += np.tile([1.5, -1.5], 300)
    tags = [[*(["bright"], ["dark"], [])[row // 200], *(["acid"] * (row % 2 == 0))] for row in range(600)]
    found, right = find_directions(z, tags)
    rows = dict(zip(STEERS, found.steers, strict=True))
    assert float(rows["bright"][0]) > 0.9 * float(rows["bright"].norm())
    assert float(rows["acid"][1]) > 0.9 * float(rows["acid"].norm())
    assert right["steer bright"] > 0.9 and right["acid"] > 0.9 and right["kick"] == 0.5
    assert not found.steers[list(STEERS).index("dub")].any() and found.led == {"bright", "acid"}
    assert torch.allclose(found.move({"acid": -0.5}), -0.5 * rows["acid"][None])
    assert found.tags[TAGS.index("dark")] @ rows["bright"] < 0
    deviation = (z[:, 0].var() + 0.2**2) ** 0.5  # of what the generator was trained with
    assert float(rows["bright"].norm()) == pytest.approx(deviation, rel=0.05)


def test_sliders_lead_in_z_2_and_the_others_in_the_embedding(folder: Path) -> None:
    plain = LoopPipeline.from_pack(folder, device="cpu")
    store_directions(folder, led("bright"), {})
    pipeline = LoopPipeline.from_pack(folder, device="cpu")
    aims = [pipeline.aim(ASKED.with_(steer=steer)) for steer in ({}, {"bright": 1.0}, {"dub": 1.0, "bright": -2.0})]
    moves = [aim.steered for aim in aims]
    assert all(move is not None for move in moves)
    assert [float(move[0, 0]) for move in moves if move is not None] == [0.0, 3.0, -6.0]
    assert torch.equal(aims[0].towards.clap, aims[1].towards.clap)  # its words stay
    assert not torch.equal(aims[0].towards.clap, aims[2].towards.clap)  # dub's do not
    rest, up, down = (pipeline.render(ASKED.with_(steer={"bright": at})).latent for at in (0.0, 1.0, -1.0))
    assert np.array_equal(rest, plain.render(ASKED).latent)
    assert np.abs(up - rest).max() > 1e-3 and np.abs(up - down).max() > 1e-3
    many = ASKED.with_(sampler="euler", num_steps=2, steer={"bright": 1.0})
    assert np.array_equal(pipeline.render(many).latent, plain.render(many).latent)
    batch = pipeline.render_batch([ASKED.with_(steer={"bright": at}) for at in (1.0, -1.0)])
    assert np.abs(batch[0].latent - up).max() < 0.1 and np.abs(batch[1].latent - down).max() < 0.1


def test_passages_and_morphs_are_led_as_well(folder: Path) -> None:
    store_directions(folder, led("bright"), {})
    pipeline = LoopPipeline.from_pack(folder, device="cpu")
    pad = ASKED.with_(noise=NoisePad((3, 4, 5, 6)))
    paths = [
        render_path(pipeline, pad.with_(steer=steer), [(0, 0), (1, 1)], 2).latent for steer in ({}, {"bright": 1.0})
    ]
    assert np.abs(paths[0] - paths[1]).max() > 1e-3
    ends = [End.of_request(pipeline, ASKED.with_(steer={"bright": at})) for at in (1.0, -1.0)]
    loops = morph(pipeline, *ends, [0.0, 1.0])
    assert np.abs(loops[0].latent - pipeline.render(ends[0].request).latent).max() < 0.3
    assert np.abs(loops[0].latent - loops[1].latent).max() > 1e-3


def test_a_pack_keeps_its_directions_until_its_model_is_trained_on(folder: Path, tmp_path: Path) -> None:
    assert load_directions(Pack.open(folder)) is None
    before = Pack.open(folder).hash
    kept = led("acid")
    kept.tags.normal_()
    store_directions(folder, kept, {"run": "a"})
    pack = Pack.open(folder)
    assert pack.hash != before
    found = load_directions(pack)
    assert found is not None and found.led == {"acid"}
    assert torch.allclose(found.tags, kept.tags, atol=2e-3)
    store_directions(folder, SemanticDirections(DirectionConfig(4)), {})
    with pytest.raises(PackError, match="in the latent of another model"):
        load_directions(Pack.open(folder))
    store_directions(folder, kept, {})
    denoiser = load_denoiser(Pack.open(folder))
    few = load_fewsteps(Pack.open(folder), denoiser)
    assert few is not None
    assert "directions" not in store_fewsteps(folder, few, {}).components
    other = FewSteps.over(denoiser, replace(few.config, semantic_dim=4))
    store_fewsteps(folder, other, {})
    assert load_directions(Pack.open(folder)) is None and isinstance(other.config, FewStepConfig)


def test_directions_are_trained_into_a_pack(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = tiny_corpus(tmp_path / "corpus", loops=8)
    line = ["train", "directions", str(corpus), "--pack", str(folder), "--loops", "0"]
    assert run(line, lambda: 0) == 2
    assert "corpus encode" in capsys.readouterr().err
    encode_corpus(corpus, load_codec(Pack.open(folder)), lambda *_: None)
    assert run(line, lambda: 0) == 0
    assert "led in z_2: none" in capsys.readouterr().out  # six loops that all have the same tags tell nothing
    train_directions(corpus, folder, loops=1, device="cpu", progress=False)  # nor can anything be mixed
    record = Pack.open(folder).manifest["training"]["directions"]
    assert len(record) == 1 and record[0]["settings"]["corpus"] == 6 and record[0]["told"]["kick"] == 0.5


def test_of_each_slider_the_better_of_both_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attributes are the axes of what the encoder hears in a loop, so that what leads in z_2 moves one each."""
    heard: list[np.ndarray] = []

    def attributes(_judge: TagJudge, _audio: np.ndarray, _rate: int) -> np.ndarray:
        return heard.pop()

    class Heard(FewStepSampling):
        def flow(self, request: LoopRequest, aim: Aim, latents: StageLatents | None = None) -> StagedFlow:
            flow = super().flow(request, aim, latents)
            moved = np.zeros(6) if aim.steered is None else aim.steered[0, :6].double().numpy()
            # Mixed up, and "lo_fi" out of reach; what embeddings do is heard in that alone.
            moved = moved @ (np.eye(6) + 0.6 * np.eye(6, k=1)) * [1, 1, 1, 1, 1, 0]
            embedded = float(aim.towards.clap.abs().sum())
            heard.append(moved + np.eye(6)[5] * 1e-3 * embedded)
            return flow

    monkeypatch.setattr("engine.training.steers.steered_attributes", attributes)
    monkeypatch.setattr("engine.pipeline.FewStepSampling", Heard)
    found = led(*STEERS, length=0.5)
    kept, responses = mixed(folder, JUDGE, found, 1, 2, device="cpu", progress=False)
    assert [*responses] == ["as found", "round 1", "round 2", "embedding, checked", "mixed, checked"]
    assert {"bright", "dense", "hard", "dub"} <= kept.led and "lo_fi" not in kept.led
    assert spills(np.array(responses["as found"]))[0] > 0.5 > 3 * spills(np.array(responses["round 2"]))[0]


def test_what_cannot_be_found_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="--rounds 9 is not possible: 1 to 8"):
        train_directions(tmp_path, folder, rounds=9)
    with pytest.raises(PackError, match="no model of two evaluations; see `loopgen train fewsteps`"):
        train_directions(tmp_path, tiny_pack(tmp_path / "without"))
    with pytest.raises(CorpusError, match="not encoded by this pack's codec"):
        train_directions(tmp_path, folder)
