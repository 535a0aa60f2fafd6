"""Guidance of requests: what it leads away from, and where it ends."""

from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.conditioning.assembly import negative_conditions, request_conditions
from engine.conditioning.conditions import Conditions
from engine.rendering.guided import (
    GUIDED_UNTIL,
    RESTING,
    Guidance,
    GuidedDenoiser,
    silenced,
)
from engine.requests import LoopRequest, Pattern
from engine.tempo import LoopGeometry
from engine.vocabulary import PARTS

GEOMETRY = LoopGeometry(120, 2)
KICK, SNARE, LEAD = (PARTS.index(part) for part in ("kick", "snare", "lead"))
ROWS = {"kick": (1.0, 0.0, 0.0, 0.0) * 4, "snare": (0.0,) * 16}


class Embedded:
    """Conditions as they are, of which some loops can be taken."""

    def __init__(self, conditions: Conditions) -> None:
        self.pattern, self.pattern_given = conditions.pattern, conditions.pattern_given

    def __len__(self) -> int:
        return len(self.pattern)

    def of(self, loops: Tensor) -> "Embedded":
        taken = copy(self)
        taken.pattern, taken.pattern_given = self.pattern[loops], self.pattern_given[loops]
        return taken


class Counting:
    """Predicts for each copy the sum of its rows that are given, and remembers how many copies it was asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def parameters(self) -> Iterator[nn.Parameter]:
        return iter([nn.Parameter(torch.zeros(1))])

    def embed(self, conditions: Conditions) -> Embedded:
        return Embedded(conditions)

    def predict(self, x: Tensor, alpha: Tensor, embedded: Embedded) -> Tensor:
        assert len(x) == len(alpha) == len(embedded)
        self.asked.append(len(x))
        heard = embedded.pattern * embedded.pattern_given[:, :, None]
        return heard.sum((1, 2))[:, None, None].expand(x.shape).clone()


def sides(request: LoopRequest) -> tuple[Conditions, Conditions]:
    return request_conditions(request, GEOMETRY), negative_conditions(request, GEOMETRY)


def guided(request: LoopRequest) -> tuple[GuidedDenoiser, Counting]:
    towards, away = sides(request)
    counting: Any = Counting()
    return GuidedDenoiser(counting, away, Guidance.of(request, towards), rescaling=0.0), counting


def test_guidance_leads_away_from_rows_without_their_strikes() -> None:
    towards, away = sides(LoopRequest(tempo_bpm=120, bars=2, pattern=Pattern(ROWS)))
    null = silenced(away, towards)
    assert towards.pattern_given[0, [KICK, SNARE, LEAD]].tolist() == [1, 1, 0]
    assert null.pattern_given[0, [KICK, SNARE, LEAD]].tolist() == [1, 1, 0]
    assert silenced(away, towards, rests=False).pattern_given[0, [KICK, SNARE, LEAD]].tolist() == [1, 0, 0]
    assert not null.pattern.any() and torch.equal(null.beat, away.beat)


def test_rows_that_are_masked_alone_are_silent_too() -> None:
    towards, _ = sides(LoopRequest(tempo_bpm=120, bars=2, pattern=Pattern(ROWS)))
    null = silenced(towards.without("pattern"), towards)
    assert towards.pattern.any() and not null.pattern.any()
    assert torch.equal(null.pattern_given, towards.pattern_given)


def test_what_is_led_away_from_keeps_rows_of_its_own() -> None:
    towards, away = sides(LoopRequest(tempo_bpm=120, bars=2, pattern=Pattern({"kick": ROWS["kick"]})))
    own = replace(away, pattern=torch.roll(towards.pattern, KICK - LEAD, dims=1), pattern_given=torch.zeros(1, 8))
    own.pattern_given[0, LEAD] = 1
    null = silenced(own, towards)
    assert null.pattern_given[0].nonzero().flatten().tolist() == [KICK, LEAD]
    assert torch.equal(null.pattern[0, LEAD], own.pattern[0, LEAD])


@pytest.mark.parametrize(("scale", "copies"), [(3.0, [2, 1]), (1.0, [1, 1]), (0.5, [2, 2]), (0.0, [1, 1])])
def test_guidance_ends_where_details_begin(scale: float, copies: list[int]) -> None:
    flow, counting = guided(LoopRequest(tempo_bpm=120, bars=2, guidance_scale=scale, pattern=Pattern(ROWS)))
    x = torch.zeros(1, 4, GEOMETRY.frames)
    early, late = (flow(x, torch.tensor(alpha)) for alpha in (GUIDED_UNTIL - 0.01, GUIDED_UNTIL))
    assert counting.asked == copies
    strikes = float(sides(LoopRequest(tempo_bpm=120, bars=2, pattern=Pattern(ROWS)))[0].pattern.sum())
    assert float(early[0, 0, 0]) == pytest.approx(scale * strikes)
    assert float(late[0, 0, 0]) == pytest.approx(min(scale, 1) * strikes)


@pytest.mark.parametrize(("weight", "scale", "copies"), [(0.5, 3.0, [3, 2]), (1.5, 1.0, [2, 2]), (2.0, 0.5, [3, 3])])
def test_a_weight_counts_what_a_condition_adds_to_the_others(weight: float, scale: float, copies: list[int]) -> None:
    asked = LoopRequest(tempo_bpm=120, bars=2, tags=("acid",), pattern=Pattern(ROWS), guidance_scale=scale)
    flow, counting = guided(asked.with_(guidance={"pattern": weight}))
    early, late = (flow(torch.zeros(1, 4, GEOMETRY.frames), torch.tensor(alpha)) for alpha in (0.0, 0.9))
    assert counting.asked == copies
    strikes = float(sides(asked)[0].pattern.sum())
    assert float(early[0, 0, 0]) == pytest.approx(scale * weight * strikes)
    assert float(late[0, 0, 0]) == pytest.approx(min(scale, 1) * weight * strikes)


def test_a_condition_without_weight_is_not_heard_and_the_usual_weight_costs_nothing() -> None:
    asked = LoopRequest(tempo_bpm=120, bars=2, tags=("acid",), pattern=Pattern(ROWS))
    for weights, copies, told in (({"pattern": 0.0}, 2, 0.0), ({"pattern": 1.0, "curves": 2.0}, 2, 3.0)):
        flow, counting = guided(asked.with_(guidance=weights))
        found = flow(torch.zeros(1, 4, GEOMETRY.frames), torch.tensor(0.2))
        assert counting.asked == [copies]
        assert float(found[0, 0, 0]) == pytest.approx(told * float(sides(asked)[0].pattern.sum()))
    nothing, counting = guided(asked.with_(guidance={"pattern": 0.0, "tags": 0.0}))
    nothing(torch.zeros(1, 4, GEOMETRY.frames), torch.tensor(0.2))
    assert counting.asked == [1]


def test_rows_that_rest_are_led_away_from_what_may_play_at_first() -> None:
    class Told(Counting):
        def predict(self, x: Tensor, alpha: Tensor, embedded: Embedded) -> Tensor:
            self.rows = embedded.pattern_given[0, [KICK, SNARE]].tolist()
            return super().predict(x, alpha, embedded)

    towards, away = sides(LoopRequest(tempo_bpm=120, bars=2, pattern=Pattern(ROWS)))
    told: Any = Told()
    flow = GuidedDenoiser(told, away, Guidance(towards, 3.0))
    seen = []
    for alpha in (0.0, RESTING, GUIDED_UNTIL):
        flow(torch.zeros(1, 4, GEOMETRY.frames), torch.tensor(alpha))
        seen.append(told.rows)
    assert seen == [[1, 0], [1, 1], [1, 1]]
