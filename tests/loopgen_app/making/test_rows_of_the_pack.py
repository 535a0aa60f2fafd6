"""Rows that the pack writes: what is asked for them, and what of them becomes the user's own."""

from dataclasses import replace
from typing import Any

import pytest
from conftest import Desk
from fakes import FakeBackground

from engine import Pattern, PatternRequest, Written
from loopgen_app.making.rows import Proposal, Rows

DRAWN = Pattern({"kick": (1.0, 0, 0, 0) * 4, "snare": (0, 0, 0, 0, 1.0, 0, 0, 0) * 2}, 0.0)
HATS = (0.0, 0.5) * 8


class Room:
    """Rows of an instrument whose pack writes hats, whatever it is asked."""

    def __init__(self, desk: Desk) -> None:
        self.asked: list[PatternRequest] = []
        self.background = FakeBackground()
        self.studio, self.instrument = desk.studio, desk.studio.instrument
        renderer = desk.service.renderer
        renderer.info = replace(renderer.info, writes=self.write, version="2")
        desk.service.ready()
        self.rows = Rows(self.instrument, desk.studio.generation, desk.studio.messages, self.background)
        self.proposed: list[Any] = []
        self.rows.proposed.connect(self.proposed.append)
        self.instrument.set_many({"pattern": DRAWN, "swing": 0.2, "bars": 2}, "Draw")

    def write(self, asked: PatternRequest) -> Written:
        self.asked.append(asked)
        rows = {**asked.pattern.rows, "closed_hat": HATS, "kick": (0.0,) * 16}
        return Written(Pattern(rows, asked.pattern.swing), ("closed_hat",) if asked.strength else ())


@pytest.fixture
def room(desk: Desk) -> Room:
    return Room(desk)


def test_the_request_is_what_the_knobs_say(room: Room) -> None:
    room.instrument.set_many(
        {"tags": ("dark", "techno", "house"), "tempo_bpm": 131.0, "muted": ("pad",), "row_locks": ("kick", "pad")},
        "Set",
    )
    room.rows.ask("vary", "closed_hat", replace(DRAWN, rows={**DRAWN.rows, "closed_hat": HATS}), strength=0.3, seed=9)
    [asked] = room.asked
    assert (asked.style, asked.tempo_bpm, asked.bars, asked.strength, asked.seed) == ("techno", 131.0, 2, 0.3, 9)
    assert asked.locked == ("kick", "pad") and asked.pattern.swing == 0.2


def test_only_rows_that_changed_are_taken_and_one_undo_takes_them_back(room: Room) -> None:
    room.rows.ask("new", "closed_hat", DRAWN)
    [proposal] = room.proposed
    assert isinstance(proposal, Proposal) and proposal.label == "New closed hat"
    assert room.instrument.value("pattern") == DRAWN
    assert room.rows.take() and not room.rows.take()
    taken = room.instrument.value("pattern")
    assert taken.rows == {**DRAWN.rows, "closed_hat": HATS} and list(taken.rows) == ["kick", "snare", "closed_hat"]
    assert room.proposed == [proposal, None]
    room.instrument.undo()
    assert room.instrument.value("pattern") == DRAWN


@pytest.mark.parametrize(("knob", "value"), [("pattern", Pattern()), ("bars", 4), ("muted", ("kick",))])
def test_a_proposal_goes_when_what_it_was_for_is_changed(room: Room, knob: str, value: object) -> None:
    room.rows.ask("new", "closed_hat", DRAWN)
    room.instrument.set("tempo_bpm", 99.0)
    assert room.rows.proposal is not None
    room.instrument.set(knob, value)
    assert room.rows.proposal is None and room.proposed[-1] is None


def test_of_two_wishes_the_newer_is_proposed_and_a_dropped_one_never(room: Room) -> None:
    room.background.held = True
    room.rows.ask("new", "closed_hat", DRAWN, seed=1)
    room.rows.ask("new", "closed_hat", DRAWN, seed=2)
    room.background.release()
    assert [proposal.asked.seed for proposal in room.proposed] == [2]
    room.rows.ask("new", "closed_hat", DRAWN, seed=3)
    room.rows.drop()
    room.background.release()
    assert room.proposed[1:] == [None]


def test_what_changes_nothing_and_what_is_impossible_are_said(room: Room, desk: Desk) -> None:
    room.rows.ask("vary", "kick", DRAWN, strength=0.0)
    assert "nothing changes" in desk.said() and not room.proposed
    room.rows.ask("vary", "bass", DRAWN)
    assert "bass" in desk.said() and len(room.asked) == 1
    desk.service.renderer.info = replace(desk.service.renderer.info, writes=None, version="3")
    desk.service.ready()
    room.rows.ask("new", "kick", DRAWN)
    assert desk.said() == "This model pack writes no patterns; another one may."
