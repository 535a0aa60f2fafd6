"""Which groups move which part: codes that are turned are those of the network, figures are by hand."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import DENOISER, tiny_few_steps

from engine.cli.app import run
from engine.conditioning.conditions import Conditions
from engine.errors import InvalidRequest
from engine.evaluation.experiments.groups import ROWS, GroupFigures, evaluate_groups, summary
from engine.models.blocks import AdaptiveGroupNorm, ConditionedBlock
from engine.models.group_codes import GroupPlace, group_places, turned
from engine.models.groups import LearnedGroupNorm
from engine.models.sampling import SamplingDenoiser
from engine.models.unet import Denoiser
from engine.pipeline import LoopPipeline


def figures(kept: float = 1.0, **moved: float) -> GroupFigures:
    return GroupFigures(GroupPlace(0, 0), {part: moved.get(part, 0.1) for part in ROWS}, kept)


def test_a_group_is_one_parts_where_it_moves_it_three_times_as_much() -> None:
    kick, snare = figures(0.8, kick=3.0, bass=1.0), figures(snare=2.9, kick=1.0)
    unheard = figures(kick=0.9)  # nine times as much as any other, and hardly at all
    assert (kick.part, kick.over_others, kick.is_own) == ("kick", 3.0, True)
    assert (snare.part, snare.is_own, unheard.is_own) == ("snare", False, False)
    found = summary([kick, snare, unheard, figures()])
    assert (found["groups"], found["heard"], found["own"], found["twice as much"]) == (4, 2, 1, 0.5)
    assert found["share of one part's"] == 0.25 and found["share of one part's among those heard"] == 0.5
    assert found["whose"]["kick"] == 1 and sum(found["whose"].values()) == 1
    assert found["onsets kept by them (F1)"] == 0.8
    assert summary([snare])["onsets kept by them (F1)"] is None


@pytest.mark.parametrize("grouping", ["contiguous", "learned"])
@torch.no_grad()
def test_what_is_turned_is_the_code_of_the_group(grouping: str) -> None:
    torch.manual_seed(2)
    denoiser = Denoiser(replace(DENOISER, grouping=grouping)).eval()
    torch.nn.init.normal_(denoiser.out.weight, std=0.05)
    asked = replace(Conditions.open(48, 3), bars=torch.ones(3, 1), tags=torch.randn(1, 38).sign().expand(3, -1))
    x, alpha = torch.randn(1, 16, 48).expand(3, -1, -1), torch.full((3,), 0.3)
    network = SamplingDenoiser(denoiser)
    prepared = network.embed(asked)
    places = group_places(prepared, DENOISER.groups)
    assert len(places) == 7 * 8 and places[9] == GroupPlace(1, 1)
    plain = network.predict(x, alpha, prepared)
    rows = network.predict(x, alpha, turned(prepared, (None, GroupPlace(3, 5), GroupPlace(0, 2)), 8, 2.0))
    assert torch.equal(rows[0], plain[0]) and not torch.allclose(rows[1], plain[1], atol=1e-3)
    same = turned(prepared, (None, *places[:2]), 8, 1.0)
    assert torch.allclose(network.predict(x, alpha, same), plain, atol=1e-6)
    twice = turned(network.embed(Conditions.stack([asked, asked])), (None, GroupPlace(3, 5), None), 8, 2.0)
    moved = network.predict(torch.cat((x, x)), torch.cat((alpha, alpha)), twice)
    assert torch.allclose(moved[1], rows[1], atol=1e-5) and torch.allclose(moved[4], rows[1], atol=1e-5)
    assert torch.allclose(moved[3], plain[0], atol=1e-5)
    norm = [block for block in denoiser.modules() if isinstance(block, ConditionedBlock)][3].second_norm
    if isinstance(norm, LearnedGroupNorm):
        norm.across.weight[5] *= 2
        norm.across.bias[5] = 2 * norm.across.bias[5] + 1
    else:
        assert isinstance(norm, AdaptiveGroupNorm)
        norm.stationary.weight[20:24] *= 2  # the sixth of eight groups of 32 channels
        norm.stationary.bias[20:24] = 2 * norm.stationary.bias[20:24] + 1
    assert torch.allclose(denoiser(x, alpha, asked)[1], rows[1], atol=1e-4)


@pytest.mark.parametrize("sampler", ["euler", "progressive"])
def test_every_group_is_turned_on_a_real_pack(sampler: str, tmp_path: Path) -> None:
    pipeline = LoopPipeline.from_pack(tiny_few_steps(tmp_path / "pack"), device="cpu")
    found = evaluate_groups(pipeline, tmp_path, loops=1, sampler=sampler, steps=2, progress=False)
    told = json.loads((tmp_path / "groups.json").read_text())
    assert found["groups"] == len(told["each"]) == 56
    assert all(set(row["moved"]) == set(ROWS) and 0 <= row["onsets kept"] <= 1 for row in told["each"])
    assert np.mean([max(row["moved"].values()) for row in told["each"]]) > 0
    assert (tmp_path / "groups.png").read_bytes()[:4] == b"\x89PNG"
    assert f"1 loops, {sampler} 2" in (tmp_path / "groups.md").read_text()


def test_numbers_of_loops_out_of_range_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = LoopPipeline.from_pack(tiny_few_steps(tmp_path / "pack"), device="cpu")
    with pytest.raises(InvalidRequest, match="--loops 0 is not possible: 1 to 1000"):
        evaluate_groups(pipeline, tmp_path / "out", loops=0)
    assert not (tmp_path / "out").exists()
    assert run(["evaluate", "groups", "--out", str(tmp_path / "out"), "--loops", "0"], lambda: 0) == 2
    assert run(["evaluate", "groups", "--out", str(tmp_path / "out"), "--sampler", "warp"], lambda: 0) == 2
    assert "warp" in capsys.readouterr().err
