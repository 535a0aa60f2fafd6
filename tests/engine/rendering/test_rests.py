"""Rests of a score: between what was asked for, round the end, and none where anything is open."""

import pytest

from engine.conditioning.composition import Composition
from engine.rendering.rests import HELD_BEATS, PICTURED_SECONDS, rests
from engine.requests import PICTURED, LoopRequest, Pattern
from engine.tempo import LoopGeometry
from engine.vocabulary import PARTS

GEOMETRY = LoopGeometry(120.0, 1)
BEAT = 22_050


def drawn(**rows: tuple[int, ...]) -> LoopRequest:
    steps = {part: tuple(float(step in rows.get(part, ())) for step in range(16)) for part in PARTS}
    return LoopRequest(tempo_bpm=120.0, bars=1, pattern=Pattern(steps))


def test_a_loop_rests_between_its_hits_and_round_its_end() -> None:
    held = round(HELD_BEATS * BEAT)
    assert rests(drawn(kick=(4,), snare=(8,)), None, GEOMETRY) == [
        (2 * BEAT + held - 4 * BEAT, BEAT),
        (BEAT + held, 2 * BEAT),
    ]
    [alone] = rests(drawn(kick=(0,)), None, GEOMETRY)
    assert (alone[1] - alone[0], alone[1] % (4 * BEAT)) == (4 * BEAT - held, 0)
    assert rests(drawn(closed_hat=tuple(range(16))), None, GEOMETRY) == []


def test_notes_sound_as_long_as_they_last_and_pictured_drums_as_long_as_their_picture() -> None:
    notes = {"bass": ((0.0, 3.0, 40.0),), "lead": (), "pad": ()}
    written = Composition({}, notes, 0.0, (), None)
    [rest] = rests(drawn(bass=(0,)), written, GEOMETRY)
    assert (rest[1] - rest[0]) == BEAT
    pictured = drawn(kick=(0,)).with_(voices={"kick": (0.0,) * PICTURED})
    [shown] = rests(pictured, None, GEOMETRY)
    assert shown[1] - shown[0] == pytest.approx(4 * BEAT - PICTURED_SECONDS * 44_100, abs=1)


def test_what_is_open_may_sound_anywhere_and_silence_rests_nowhere() -> None:
    assert rests(LoopRequest(bars=1), None, GEOMETRY) == []
    assert rests(drawn(), None, GEOMETRY) == []
    assert rests(drawn(lead=(0,)), None, GEOMETRY) == []  # nobody knows how long
    assert rests(drawn(lead=(0,)), Composition({}, {"lead": ()}, 0.0, (), None), GEOMETRY) == []
