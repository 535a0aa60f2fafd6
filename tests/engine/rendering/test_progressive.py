"""The sampler "progressive": two evaluations, the same request the same loop, the pad smooth, words obeyed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny import tiny_few_steps, tiny_pack

from engine.applications.inversion import Walk
from engine.applications.noise_path import render_path
from engine.errors import InvalidRequest, PackError
from engine.models.adapters import Adapter, AdapterConfig
from engine.models.sampling import SamplingDenoiser
from engine.packs.models import load_codec, load_denoiser, load_fewsteps
from engine.packs.pack import Pack
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest, NoisePad, Pattern

ASKED = LoopRequest(
    bars=1, seed=3, tags=("techno", "kick"), pattern=Pattern({"kick": (1.0, 0, 0, 0) * 4}), sampler="progressive"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_few_steps(tmp_path_factory.mktemp("pack"))


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> LoopPipeline:
    return LoopPipeline.from_pack(folder, device="cpu")


def distance(a: LoopPipeline, one: LoopRequest, other: LoopRequest) -> float:
    x, y = a.render(one).latent, a.render(other).latent
    return float(np.linalg.norm(x - y) / np.linalg.norm(x))


def test_it_takes_two_evaluations_however_many_steps_are_asked(
    pipeline: LoopPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies: list[int] = []
    predict = SamplingDenoiser.predict

    def counted(self: SamplingDenoiser, x: torch.Tensor, *rest: Any) -> torch.Tensor:
        copies.append(len(x))
        return predict(self, x, *rest)

    monkeypatch.setattr(SamplingDenoiser, "predict", counted)
    few = pipeline.render(ASKED.with_(num_steps=16, guidance_scale=3.0))
    assert copies == [1, 1]  # guidance is an input, not a second copy
    assert ASKED.with_(num_steps=16).evaluated_steps == 2
    assert np.array_equal(pipeline.render(ASKED.with_(num_steps=3)).latent, few.latent)
    copies.clear()
    pipeline.render(ASKED.with_(negative_tags=("dark",)))
    assert copies == [3, 3]  # what is kept away from is none


def test_the_same_request_gives_the_same_loop_and_seeds_differ(pipeline: LoopPipeline, folder: Path) -> None:
    first = pipeline.render(ASKED)
    pipeline.render(ASKED.with_(seed=9))
    again = LoopPipeline.from_pack(folder, device="cpu").render(ASKED)
    assert np.array_equal(first.audio, again.audio)
    assert distance(pipeline, ASKED, ASKED.with_(seed=4)) > 0.05
    batch = pipeline.render_batch([ASKED, ASKED.with_(seed=4)])
    assert np.abs(batch[0].latent - first.latent).max() < 0.1  # in a batch products may round otherwise


def test_corners_of_the_pad_are_seeds_and_the_way_between_has_no_leap(pipeline: LoopPipeline) -> None:
    pad = NoisePad((3, 4, 5, 6), 0.0, 0.0)
    assert np.array_equal(pipeline.render(ASKED.with_(noise=pad)).latent, pipeline.render(ASKED).latent)
    near = distance(pipeline, ASKED.with_(noise=replace(pad, x=0.5)), ASKED.with_(noise=replace(pad, x=0.52)))
    far = distance(pipeline, ASKED.with_(noise=replace(pad, x=0.0)), ASKED.with_(noise=replace(pad, x=1.0)))
    assert near < 0.35 * far
    path = render_path(pipeline, ASKED.with_(noise=pad), [(0.0, 0.0), (1.0, 1.0)], 2)
    assert np.isfinite(path.audio).all() and np.abs(path.audio).max() > 0


def test_guidance_and_its_weights_are_heard(pipeline: LoopPipeline) -> None:
    strong, weak = (ASKED.with_(guidance_scale=scale) for scale in (4.0, 1.0))
    assert distance(pipeline, strong, weak) > 1e-3
    assert distance(pipeline, strong, strong.with_(guidance={"tags": 0.2})) > 1e-3
    off = strong.with_(guidance={"tags": 0.0, "pattern": 0.0})
    assert distance(pipeline, off, ASKED.with_(guidance_scale=0.0)) == 0  # what weighs nothing is not asked
    assert distance(pipeline, off, strong) > 1e-3
    nothing = LoopRequest(bars=1, seed=3, compose=False, sampler="progressive")
    assert distance(pipeline, nothing.with_(guidance_scale=4.0), nothing) == 0  # nothing is asked: nothing to weigh


def test_no_weight_leaps_where_it_leaves_the_usual_one(folder: Path) -> None:
    exact = LoopPipeline.from_pack(folder, device="cpu", dtype=torch.float32)
    for asked in (ASKED, ASKED.with_(sampler="euler", num_steps=2)):
        lighter, nearly = (distance(exact, asked, asked.with_(guidance={"tags": at})) for at in (0.2, 0.98))
        assert 0 < nearly < lighter / 10


def test_packs_without_it_say_so_and_loops_are_not_walked_back_with_it(tmp_path: Path) -> None:
    without = LoopPipeline.from_pack(tiny_pack(tmp_path / "pack"), device="cpu")
    assert not without.info.progressive
    with pytest.raises(
        PackError, match=r"no model of two evaluations; choose another sampler: euler, heun, midpoint"
    ):
        without.render(ASKED)
    with pytest.raises(InvalidRequest, match=r"Unknown sampler 'progressive'; possible: euler, heun, midpoint"):
        Walk(sampler="progressive")


def test_a_pack_that_learnt_does_not_play_what_it_was_before(folder: Path) -> None:
    """The model of two evaluations knows nothing of an adapter: it is not offered beside one."""
    pack = Pack.open(folder)
    denoiser = load_denoiser(pack)
    few = load_fewsteps(pack, denoiser)
    adapter = Adapter.beside(denoiser, AdapterConfig(rank=2))
    info = LoopPipeline.from_pack(folder).info
    assert few is not None and info.progressive
    learnt = LoopPipeline(load_codec(pack), denoiser, info, torch.device("cpu"), learnt=adapter, fewsteps=few)
    assert learnt.info.learnt and not learnt.info.progressive
    with pytest.raises(PackError, match="no model of two evaluations"):
        learnt.render(ASKED)
    assert learnt.render(ASKED.with_(sampler="euler", num_steps=2)).audio.shape[1] == learnt.geometry(ASKED).samples
