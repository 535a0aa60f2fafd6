"""Voices to draw from: the same for a seed, of the style that is asked, and only of parts that play."""

import pytest
import torch

from engine.conditioning.assembly import request_conditions
from engine.conditioning.voices import EMPHASIS, MOST, SPREAD, VoiceTable, bounded
from engine.requests import LoopRequest, Pattern
from engine.tempo import LoopGeometry
from engine.vocabulary import PARTS, VOICE_DIM

KICK, SNARE, PAD = (PARTS.index(part) for part in ("kick", "snare", "pad"))


@pytest.fixture(scope="module")
def table() -> VoiceTable:
    """Kicks of 20 acid loops near (1, ..., 1) and of 30 house loops near (-1, ..., -1); snares of house; no pad."""
    draw = torch.Generator().manual_seed(0)
    voices = 0.1 * torch.randn(50, len(PARTS), VOICE_DIM, generator=draw)
    voices[:20] += 1.0
    voices[20:] -= 1.0
    given = torch.zeros(50, len(PARTS))
    given[:, KICK] = given[20:, SNARE] = 1.0
    return VoiceTable.of(voices, given, ["acid"] * 20 + ["house"] * 30)


def test_a_table_keeps_what_it_was_made_of(table: VoiceTable) -> None:
    assert table.voices.shape == (len(PARTS), MOST, VOICE_DIM)
    kicks = table.voices[KICK].round(decimals=4).unique(dim=0)
    assert len(kicks) == 50  # each of them, some twice
    assert (table.voices[SNARE] < 0).all() and not table.voices[PAD].any()
    assert (table.styles[PAD] == -1).all()
    again = VoiceTable()
    again.load_state_dict(table.state_dict())
    assert torch.equal(again.draw("kick", 5, "acid"), table.draw("kick", 5, "acid"))


def test_of_more_than_are_kept_all_loops_have_their_share() -> None:
    voices = torch.arange(1000.0)[:, None, None].expand(-1, len(PARTS), VOICE_DIM)
    kept = VoiceTable.of(voices, torch.ones(1000, len(PARTS)), [None] * 1000).voices[KICK, :, 0]
    assert len(kept.unique()) == MOST and kept.max() > 990
    assert (kept.sort().values.diff() < 4).all()


def test_draws_are_of_the_style_and_the_same_for_a_seed(table: VoiceTable) -> None:
    acid = torch.stack([table.draw("kick", seed, "acid") for seed in range(200)])
    house = torch.stack([table.draw("kick", seed, "house") for seed in range(200)])
    either = torch.stack([table.draw("kick", seed, None) for seed in range(200)])
    assert (acid.mean(1) > 0.5).all() and (house.mean(1) < -0.5).all()
    assert float((either.mean(1) > 0).float().mean()) == pytest.approx(0.4, abs=0.1)
    # Drawn voices lie farther from the middle of all kicks than those that are kept.
    farther, middle = EMPHASIS["kick"], float(table.voices[KICK].mean())
    told = middle + farther * (1 - middle)
    assert farther > 1 and float(acid.mean()) == pytest.approx(told, abs=0.03)
    assert float(acid.square().mean()) == pytest.approx(told**2 + farther**2 * (0.1**2 + SPREAD**2), abs=0.1)
    assert torch.equal(acid[7], table.draw("kick", 7, "acid"))
    assert (torch.cdist(acid, acid) + 10 * torch.eye(200)).min() > 0.05  # 200 of 20, and no two alike
    # What is added spreads 20 kicks out: 0.1 of them and 0.15 of it.
    assert float((acid - acid.mean(0)).std()) == pytest.approx(farther * (0.1**2 + SPREAD**2) ** 0.5, abs=0.03)
    # A style without a snare gets one of another style; parts have draws of their own; seeds may be any.
    assert float(table.draw("snare", 1, "acid").mean()) < -0.5
    assert not torch.equal(table.draw("kick", 1, "house"), table.draw("snare", 1, "house"))
    assert table.draw("kick", 2**63 - 1, "acid").isfinite().all()
    assert table.draw("pad", 1, "acid").isfinite().all()


def test_parts_that_play_have_the_voice_they_are_asked_for(table: VoiceTable) -> None:
    own = tuple(0.1 * number for number in range(VOICE_DIM))
    asked = {"snare": 12, "bass": own, "pad": 3}
    voices, given, _ = table.condition(["kick", "snare", "bass"], asked, 77, "house")
    assert given[0].nonzero()[:, 0].tolist() == sorted((KICK, SNARE, PARTS.index("bass")))
    assert torch.equal(voices[0, KICK], table.draw("kick", 77, "house"))
    assert torch.equal(voices[0, SNARE], table.draw("snare", 12, "house"))
    assert voices[0, PARTS.index("bass")].tolist() == pytest.approx(list(own))
    assert not voices[0, PAD].any()  # it does not play


def test_a_request_has_voices_of_the_parts_that_sound(table: VoiceTable) -> None:
    pattern = Pattern({"kick": (1.0, 0, 0, 0) * 4, "snare": (0.0,) * 16})
    request = LoopRequest(tempo_bpm=120, bars=1, pattern=pattern, tags=("acid",), seed=5, voices={"kick": 9})
    geometry = LoopGeometry(120, 1)
    conditions = request_conditions(request, geometry, table=table)
    assert conditions.voices_given[0].tolist() == [float(part == "kick") for part in PARTS]
    assert torch.equal(conditions.voices[0, KICK], table.draw("kick", 9, "acid"))
    own = request_conditions(request.with_(voices={}), geometry, table=table)
    assert torch.equal(own.voices[0, KICK], table.draw("kick", 5, "acid"))
    assert not request_conditions(request, geometry).voices_given.any()


def test_a_request_takes_any_voice_that_can_be_heard() -> None:
    """All of a voice may be in one of its numbers, as in some snares."""
    extreme = bounded(torch.tensor([-1000.0] + [0.0] * (VOICE_DIM - 1)))
    assert float(extreme[0]) == pytest.approx(-6.93, abs=0.01)
    voice = tuple(float(value) for value in extreme)
    assert LoopRequest(126.0, 1, voices={"snare": voice}).voices == {"snare": voice}
