"""Blends of conditions: exact ends, straight lines in what the network reads, unit norm of embeddings."""

from dataclasses import replace

import pytest
import torch

from engine.conditioning.assembly import request_conditions
from engine.conditioning.blending import blend_conditions, read_conditions, slice_conditions
from engine.conditioning.composition import compose
from engine.conditioning.conditions import Conditions
from engine.models.embeddings import piano_rolls, timeline
from engine.requests import LoopRequest, Pattern
from engine.tempo import LoopGeometry
from engine.vocabulary import PARTS, TAGS

GEOMETRY = LoopGeometry(160, 1)


def conditions(request: LoopRequest) -> Conditions:
    return request_conditions(request, GEOMETRY, composition=compose(request))


A = conditions(LoopRequest(tempo_bpm=160, bars=1, tags=("acid", "dark"), key="Am", seed=1))
B = conditions(
    LoopRequest(
        tempo_bpm=160, bars=1, tags=("house",), compose=False, pattern=Pattern({"kick": (1, 0, 0, 0) * 4}),
        curves={"brightness": (0.2, 0.8)},
    )
)  # fmt: skip


def test_ends_are_the_conditions_themselves() -> None:
    assert blend_conditions(A, B, 0.0) is A and blend_conditions(A, B, 1.0) is B
    same = blend_conditions(A, A, 0.4)
    assert torch.allclose(timeline(same), timeline(A), atol=1e-6)
    assert torch.allclose(same.tags, A.tags) and torch.allclose(same.key, A.key)


@pytest.mark.parametrize("t", [0.1, 0.5, 0.9])
def test_what_the_network_reads_moves_on_straight_lines(t: float) -> None:
    between = blend_conditions(A, B, t)
    for read in (timeline, piano_rolls):
        assert torch.allclose(read(between), torch.lerp(read(A), read(B), t), atol=1e-5)
    acid = TAGS.index("acid")
    assert float(between.tags[0, acid]) == pytest.approx(1 - t)
    assert float(between.pattern_given[0, PARTS.index("kick")]) == pytest.approx(1.0)


def test_embeddings_move_on_the_sphere_or_fade() -> None:
    one, other = torch.eye(512)[:1], torch.eye(512)[1:2]
    a, b = (replace(A, clap=vector, clap_given=torch.ones(1, 1)) for vector in (one, other))
    middle = blend_conditions(a, b, 0.5).clap
    assert float(middle.norm()) == pytest.approx(1.0, abs=1e-5)
    assert float(middle[0, 0]) == pytest.approx(0.5**0.5, abs=1e-5)
    fading = blend_conditions(a, A, 0.25)
    assert float(fading.clap_given) == 0.75 and torch.allclose(fading.clap, one, atol=1e-5)


def test_reading_along_a_timeline() -> None:
    frames = A.frames
    again = read_conditions(A, torch.arange(frames) + 2.0 * frames)
    assert torch.equal(again.pattern, A.pattern) and torch.equal(again.tags, A.tags)
    half = read_conditions(A, torch.arange(0, frames, 2.0))
    assert torch.equal(half.beat, A.beat[..., ::2])
    assert torch.equal(slice_conditions(A, 3, 9).curves, A.curves[..., 3:12])
    assert float(A.bars) == 1 and float(half.bars) == 0  # nobody said that they are bars


def test_voices_move_on_straight_lines_or_fade() -> None:
    one, other = torch.full((1, 8, 12), 1.0), torch.full((1, 8, 12), -0.5)
    given = torch.ones(1, 8)
    a, b = replace(A, voices=one, voices_given=given), replace(A, voices=other, voices_given=given)
    assert torch.allclose(blend_conditions(a, b, 0.5).voices, torch.full((1, 8, 12), 0.25))
    fading = blend_conditions(a, A, 0.25)
    assert torch.allclose(fading.voices_given, 0.75 * given) and torch.allclose(fading.voices, one)
    slow, quick = (replace(A, rate=torch.full((1, 1), rate), repeats=torch.full((1, 1), rate)) for rate in (0.0, 0.2))
    between = blend_conditions(slow, quick, 0.25)
    assert float(between.rate) == pytest.approx(0.05) and float(between.repeats) == pytest.approx(0.05)
