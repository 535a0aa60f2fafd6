"""Composing: what is asked for is in the arrangement, what is drawn stays, and a seed decides the rest."""

from typing import Any

import pytest
import torch

from engine.conditioning.assembly import request_conditions
from engine.conditioning.composition import Composition, compose, pitched
from engine.requests import LoopRequest, Pattern
from engine.tempo import LoopGeometry
from engine.vocabulary import KEYS, PARTS, STYLES, TAGS

ROW = (1.0, 0, 0, 0) * 4

A_MINOR = {9, 10, 11, 0, 2, 4, 5, 6, 7}  # with the degrees of dorian and phrygian


def composed(**asked: object) -> Composition:
    found = compose(LoopRequest.from_dict({"bars": 2, **asked}))
    assert found is not None
    return found


@pytest.mark.parametrize("style", STYLES)
def test_parts_and_style_asked_for_are_there(style: str) -> None:
    for seed in range(5):
        found = composed(tags=(style, "kick", "bass"), negative_tags=("snare",), seed=seed)
        assert {style, "kick", "bass"} <= set(found.tags)
        assert found.onsets["kick"] and found.onsets["bass"]
        assert found.onsets["snare"] == () and "snare" not in found.tags
        assert found.key in KEYS
        assert all(0 <= beat < 8 and 0 < velocity <= 1 for part in PARTS for beat, velocity in found.onsets[part])


def test_an_arrangement_that_nobody_named_a_part_of_has_four_or_more() -> None:
    playing = [sum(map(bool, composed(seed=seed).onsets.values())) for seed in range(20)]
    assert min(playing) >= 4
    assert len({composed(seed=seed).tags for seed in range(20)}) > 10


def test_the_seed_decides_and_what_is_not_musical_changes_nothing() -> None:
    first = composed(seed=5)
    assert composed(seed=5, guidance_scale=4.0, num_steps=4, prompt="warm", temperature=1.0) == first
    assert composed(seed=6).onsets != first.onsets and composed(seed=6).notes != first.notes


def test_drawn_rows_stay_and_silent_rows_stay_silent() -> None:
    found = composed(pattern={"rows": {"kick": ROW, "lead": (0.0,) * 16}}, seed=3)
    assert not {"kick", "lead"} & set(found.onsets)
    assert "lead" not in found.tags
    geometry = LoopGeometry(126, 2)
    request = LoopRequest(bars=2, seed=3, pattern=Pattern({"kick": ROW}))
    open_, whole = (request_conditions(request, geometry, composition=c) for c in (None, compose(request)))
    assert open_.pattern_given.sum() == 1
    assert whole.pattern_given.sum() == len(PARTS)
    kick = PARTS.index("kick")
    assert torch.equal(whole.pattern[0, kick], open_.pattern[0, kick])
    assert open_.key.sum() == 0 and whole.key.sum() == 1


def test_a_drawn_row_changes_no_other_part() -> None:
    """Nor does a silent one; were the arrangement chosen anew, all others would change under the hand."""
    for seed in range(20):
        plain = composed(seed=seed)
        for drawn in PARTS:
            for row in (ROW, (0.0,) * 16):
                found = composed(seed=seed, pattern={"rows": {drawn: row}})
                assert found.onsets == {part: onsets for part, onsets in plain.onsets.items() if part != drawn}
                assert {part: n for part, n in found.notes.items() if part != drawn} == {
                    part: n for part, n in plain.notes.items() if part != drawn
                }
                assert (found.swing, found.key) == (plain.swing, plain.key)
                assert (drawn in found.tags) == any(row)


def test_a_bass_drawn_into_an_arrangement_without_one_plays_in_its_key() -> None:
    for seed in range(20):
        found = composed(seed=seed, key="Am", negative_tags=("lead", "pad", "bass"), pattern={"rows": {"bass": ROW}})
        assert [beat for beat, _, _ in found.notes["bass"]] == [float(beat) for beat in range(8)]
        assert all(pitch % 12 in A_MINOR for _, _, pitch in found.notes["bass"])


@pytest.mark.parametrize(
    "change",
    [
        {"guidance_scale": 1.0},
        {"num_steps": 4},
        {"temperature": 0.2},
        {"sampler": "heun"},
        {"steer": {"bright": 1.5}},
    ],
)
def test_requests_of_one_score_compose_the_same(change: dict[str, Any]) -> None:
    asked = LoopRequest(bars=1, seed=8, tags=("house",), pattern=Pattern({"kick": ROW}))
    changed = asked.with_(**change)
    assert changed != asked and changed.score() == asked.score() and compose(changed) == compose(asked)
    denser = asked.with_(steer={"dense": 2.0})
    assert denser.score() != asked.score() and compose(denser) != compose(asked)


def test_a_drawn_bass_line_gets_pitches_of_the_key() -> None:
    for seed in range(10):
        found = composed(bars=1, key="Am", pattern=Pattern(dict.fromkeys(PARTS, ROW)), seed=seed)
        assert not found.onsets and not found.tags  # everything was drawn: only the pitches are new
        assert [beat for beat, _, _ in found.notes["bass"]] == [0.0, 1.0, 2.0, 3.0]
        assert all(0 < beats <= 1 and pitch % 12 in A_MINOR for _, beats, pitch in found.notes["bass"])
    silent = composed(pattern={"rows": {"bass": (0.0,) * 16}})
    assert silent.notes["bass"] == ()


def test_pitches_are_those_played_nearest_around_the_loop() -> None:
    played = ((0.0, 1.0, 40.0), (2.0, 0.5, 45.0), (2.0, 0.5, 52.0), (3.9, 0.2, 47.0))
    assert pitched([0.25, 1.75, 3.5], played, 4) == (
        (0.25, 1.0, 40.0),
        (1.75, 0.5, 45.0),
        (1.75, 0.5, 52.0),
        (3.5, 0.2, 47.0),
    )
    assert pitched([3.97], ((0.0, 8.0, 40.0),), 4) == ((3.97, 4.0, 40.0),)  # 0.03 beats before the loop begins again


def test_composed_notes_strike_with_their_onsets() -> None:
    for seed in range(10):
        found = composed(seed=seed, tags=("bass", "lead", "pad"))
        for part in found.notes:
            assert {beat for beat, _, _ in found.notes[part]} == {beat for beat, _ in found.onsets[part]}


def test_characters_asked_for_are_sought() -> None:
    for character in ("four_on_the_floor", "sparse"):
        hits = [character in composed(tags=("techno", character), seed=seed).tags for seed in range(20)]
        plain = [character in composed(tags=("techno",), seed=seed).tags for seed in range(20)]
        assert sum(hits) > sum(plain)


def test_busy_loops_strike_at_more_steps_with_notes_for_each() -> None:
    def steps(composed: Composition) -> int:
        return len({round(4 * beat) for onsets in composed.onsets.values() for beat, _ in onsets})

    found = []
    for seed in range(12):
        request = LoopRequest(seed=seed, bars=2)
        plain, busy = compose(request), compose(request.with_(tags=("busy",)))
        assert plain is not None and busy is not None
        assert {beat for beat, *_ in busy.notes["bass"]} == {beat for beat, _ in busy.onsets.get("bass", ())}
        found.append((steps(plain), steps(busy)))
    assert sum(busy for _, busy in found) >= 1.1 * sum(plain for plain, _ in found)


def test_nothing_is_composed_when_nothing_is_open_or_the_request_says_so() -> None:
    assert compose(LoopRequest(compose=False)) is None
    silent = dict.fromkeys(("bass", "lead", "pad"), (0.0,) * 16)
    assert compose(LoopRequest(pattern=Pattern(dict.fromkeys(PARTS, ROW) | silent))) is None


def test_every_tag_may_be_asked_for_or_away() -> None:
    assert set(composed(tags=TAGS).tags) <= set(TAGS)
    assert composed(negative_tags=TAGS).tags == ()


def without(part: str, **asked: object) -> int:
    """How many of 60 seeds leave a part out."""
    return sum(not composed(seed=seed, **asked).onsets[part] for seed in range(60))


@pytest.mark.parametrize("tags", [("deep_house", "warm"), ("dub_techno",), ("house", "bass"), ()])
def test_what_a_style_cannot_do_without_is_there(tags: tuple[str, ...]) -> None:
    assert without("kick", tags=tags) == 0


def test_what_a_style_cannot_do_without_is_left_out_when_that_is_asked() -> None:
    assert without("kick", tags=("deep_house", "warm"), negative_tags=("kick",)) == 60
    assert without("kick", tags=("techno", "sparse")) > 10
