"""What frames are told of voices: where their parts are struck, of those parts alone, and nothing of what is open."""

from dataclasses import replace

import pytest
import torch

from engine.conditioning.conditions import Conditions
from engine.conditioning.pattern import pattern_condition
from engine.models.voices import StruckVoices
from engine.tempo import LoopGeometry
from engine.vocabulary import PARTS, VOICE_DIM

GEOMETRY = LoopGeometry(129.2, 1)
KICK, SNARE = PARTS.index("kick"), PARTS.index("snare")


@pytest.fixture
def network() -> StruckVoices:
    torch.manual_seed(0)
    found = StruckVoices(outputs=6, width=4)
    torch.nn.init.normal_(found.out.weight)
    return found.eval()


@pytest.fixture
def conditions() -> Conditions:
    pattern, given = pattern_condition({"kick": [(0.0, 1.0), (2.0, 0.5)], "snare": [(1.0, 1.0)]}, GEOMETRY)
    voices = torch.randn(1, len(PARTS), VOICE_DIM, generator=torch.Generator().manual_seed(1))
    return replace(
        Conditions.open(GEOMETRY.frames),
        pattern=pattern,
        pattern_given=given,
        voices=voices,
        voices_given=torch.ones(1, len(PARTS)),
    )


def changed(conditions: Conditions, part: int) -> Conditions:
    voices = conditions.voices.clone()
    voices[:, part] *= -1
    return replace(conditions, voices=voices)


@torch.no_grad()
def test_they_begin_as_nothing(conditions: Conditions) -> None:
    told = StruckVoices(outputs=6)(conditions)
    assert told.shape == (1, GEOMETRY.frames, 6) and not told.any()


@torch.no_grad()
def test_another_kick_is_told_where_a_kick_is_struck_and_nowhere_else(
    network: StruckVoices, conditions: Conditions
) -> None:
    moved = (network(changed(conditions, KICK)) - network(conditions)).abs().amax(2)[0]
    struck = conditions.pattern[0, KICK] > 0
    assert 10 <= int(struck.sum()) < GEOMETRY.frames // 3
    assert (moved[struck] > 1e-3).all() and not moved[~struck].any()
    snare = (network(changed(conditions, SNARE)) - network(conditions)).abs().amax(2)[0] > 0
    assert torch.equal(snare, conditions.pattern[0, SNARE] > 0)
    assert torch.equal(network(changed(conditions, PARTS.index("bass"))), network(conditions))


@torch.no_grad()
def test_frames_that_no_part_strikes_in_are_told_nothing(network: StruckVoices, conditions: Conditions) -> None:
    silent = conditions.pattern.amax(1)[0] == 0
    assert silent.any() and not network(conditions)[0, silent].any()
    assert not network(conditions.without("pattern")).any()


@torch.no_grad()
def test_a_voice_that_is_open_says_nothing_of_itself(network: StruckVoices, conditions: Conditions) -> None:
    open_ = conditions.without("voices")
    assert torch.equal(network(open_), network(changed(open_, KICK)))
    assert not torch.equal(network(open_), network(conditions))
    loud, soft = (network(open_)[0, conditions.pattern[0, KICK] == height].mean(0) for height in (0.875, 0.4375))
    assert (loud - soft).abs().max() > 1e-3  # the ramp tells how loud, and how long ago
