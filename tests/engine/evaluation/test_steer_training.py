"""Calibrating steers: where responses are known, sliders come out that move one attribute each."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tiny import tiny_clap, tiny_pack

from engine.clap.base import CLAP_DIM
from engine.conditioning.steers import raw_direction
from engine.errors import InvalidRequest, PackError
from engine.packs.models import load_clap, load_steers, store_clap
from engine.packs.pack import Pack
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest
from engine.training.steers import MOST, basis, better, calibrate, respond, spills, train_steers
from engine.vocabulary import STEERS

COUNT = len(STEERS)


def test_spills_are_the_greatest_others_against_the_own() -> None:
    response = 2 * np.eye(COUNT)
    response[0, 3] = -1.0
    response[1, 1], response[1, 2] = -0.5, 0.1  # the wrong way: as bad as it gets
    assert spills(response).tolist() == [0.5, 2.0, 0, 0, 0, 0]


def test_calibrated_sliders_move_their_own_attribute_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    directions = torch.randn(10, CLAP_DIM, generator=generator)
    through = torch.randn(CLAP_DIM, COUNT, generator=generator).double() / 20

    def probe(name: str, embedding: torch.Tensor) -> NDArray[np.float64]:
        response = (embedding.double() @ through).numpy()
        return np.asarray(np.tanh(response / 3) * 3)

    plain = directions[:COUNT].clone()
    plain[2] = torch.linalg.pinv(through)[2].float()  # one that cannot be bettered
    steers, (before, *responses) = calibrate(probe, plain, directions, 3)
    assert spills(before).mean() > 0.7 and spills(before)[2] < 1e-3 and len(responses) == 3
    final = respond(probe, steers)
    assert spills(final).max() < 0.1 and np.diag(final).min() > 0.5
    assert torch.equal(steers[2], plain[2])
    assert np.allclose(spills(final), np.min([spills(found) for found in (before, *responses)], axis=0), atol=1e-4)


def test_of_each_slider_the_better_is_taken() -> None:
    ours, theirs = torch.ones(COUNT, 4), torch.zeros(COUNT, 4)
    response, than = np.eye(COUNT), np.eye(COUNT)
    response[0, 1] = response[1, 0] = than[1, 2] = 0.5
    assert better(response, than, ours, theirs)[:, 0].tolist() == [0.0] * COUNT  # equals: what there was
    than[1, 2] = -0.6
    assert better(response, than, ours, theirs)[:, 0].tolist() == [0.0, 1.0, *[0.0] * (COUNT - 2)]
    response[1] *= 0.4
    assert not better(response, than, ours, theirs).any()  # a slider that is all but dead spills nothing


def test_the_basis_is_of_classifiers_and_words() -> None:
    clap = tiny_clap().eval()
    directions = basis(clap)
    assert directions.shape == (21, CLAP_DIM)
    lengths = directions.norm(dim=1)
    nothing = lengths < 1e-6  # a pair that tiny words do not tell apart
    assert bool(((lengths - 0.5).abs() < 1e-4).logical_or(nothing).all()) and not nothing[:6].any()
    assert torch.allclose(directions[0], 0.5 * raw_direction(clap, "bright"), atol=1e-6)


def test_a_pack_keeps_its_steers(tmp_path: Path) -> None:
    folder = tiny_pack(tmp_path / "pack", clap=True)
    assert load_steers(Pack.open(folder)) is None
    responses = train_steers(folder, loops=1, rounds=1, judged=12, device="cpu", progress=False)
    assert set(responses) == {"plain", "round 1", "plain, checked", "mixed, checked"} and np.array(
        responses["plain"]
    ).shape == (COUNT, COUNT)
    pack = Pack.open(folder)
    steers = load_steers(pack)
    assert steers is not None and load_clap(pack) is not None
    assert 0 < float(steers.embedding.norm(dim=1).max()) <= 0.5 * MOST * 21**0.5
    assert pack.manifest["training"]["steers"][0]["responses"] == responses
    pipeline = LoopPipeline.from_pack(folder, device="cpu")
    loops = [pipeline.render(LoopRequest(bars=1, num_steps=2, steer=steer)) for steer in ({}, {"bright": 2.0})]
    assert not np.array_equal(loops[0].audio, loops[1].audio)
    assert load_steers(store_clap(folder, tiny_clap(1), {})) is None  # along another embedder's directions


def test_what_cannot_be_calibrated_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="1 to 1000"):
        train_steers(tmp_path, loops=0)
    with pytest.raises(PackError, match="clap"):
        train_steers(tiny_pack(tmp_path / "pack"), progress=False)
