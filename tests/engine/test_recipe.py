"""Recipes: one schema for every kind of sound, those written before, and when one is not believed."""

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from engine.errors import InvalidRequest
from engine.recipe import Origin, Recipe, find_recipe
from engine.requests import LoopRequest, NoisePad
from engine.tempo import LoopGeometry, TempoRamp

REQUEST = LoopRequest(prompt="warm dub", tempo_bpm=126.5, bars=2, seed=7, key="Am")
PAD = REQUEST.with_(noise=NoisePad((1, 2, 3, 4), 0.25, 0.5))
PACK = {"name": "starter", "hash": "abc"}
VARIED = Origin("vary", source="groove.wav", strength=0.3, keep="rhythm", noise_seed=2**63 - 1)
KINDS = {
    "loop": Recipe(REQUEST, "starter", "abc", {"bars": 2, "pattern": {"rows": {"kick": [1.0, 0.0]}}}),
    "variation": Recipe(REQUEST, "starter", "abc", origin=VARIED),
    "blend": Recipe(REQUEST, origin=Origin("blend", over="both", at=0.0)),
    "motion": Recipe.of_motion([Recipe(PAD, "starter", "abc", {"pad_on": True})] * 8),
    "passage": Recipe.of_passage(PAD, TempoRamp(90, 126.5, 20), "starter", "abc", Origin("path", points=((0, 1),))),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_sound_comes_back_from_its_recipe(kind: str) -> None:
    assert Recipe.from_json(KINDS[kind].to_json()) == KINDS[kind]


def test_a_motion_is_as_long_as_its_loops_and_begins_as_the_first() -> None:
    loops = [Recipe(REQUEST.with_(noise=NoisePad((1, 2, 3, 4), x / 10, 0.5))) for x in range(8)]
    motion = Recipe.of_motion(loops)
    assert (motion.kind, motion.bars, motion.beats) == ("motion", 16, 64)
    assert motion.seconds == pytest.approx(64 * 60 / 126.5)
    assert motion.request == loops[0].request
    assert motion.origin is not None and motion.origin.points[3] == (0.3, 0.5)


@pytest.mark.parametrize("kind", ["motion", "passage"])
def test_a_reader_of_the_old_schema_cannot_take_a_motion_or_passage_for_a_loop(kind: str) -> None:
    assert "request" not in json.loads(KINDS[kind].to_json())


def old(request: LoopRequest = REQUEST, name: str = "request", **more: Any) -> str:
    """A recipe as it was written before the schema had a number."""
    return json.dumps({name: request.to_dict(), "pack": PACK, **more})


def test_recipes_that_the_command_line_wrote_before_are_read() -> None:
    assert Recipe.from_json(old()) == Recipe(REQUEST, "starter", "abc")
    varied = {"verb": "vary", "source": "a.wav", "strength": 0.5, "keep": "all", "noise_seed": 3}
    read = Recipe.from_json(old(origin=varied))
    assert read.origin == Origin("vary", source="a.wav", strength=0.5, keep="all", noise_seed=3)
    assert (read.kind, read.bars, read.noise_seed) == ("loop", 2, None)
    assert Recipe.from_json(json.dumps(REQUEST.to_dict())).request == REQUEST


def test_recipes_that_the_window_wrote_before_are_read() -> None:
    knobs = {"pad_x": 0.25, "muted": ["kick"]}
    assert Recipe.from_json(old(knobs=knobs)) == Recipe(REQUEST, "starter", "abc", knobs)
    way = {"verb": "transition", "source": "a.wav", "to": "b.wav", "bars": 20, "from_bpm": 89.97}
    passage = Recipe.from_json(old(name="leads_to", knobs={}, origin=way))
    assert (passage.kind, passage.bars) == ("passage", 20)
    samples = TempoRamp(89.9684, 126.5, 20).samples  # the tempo was written in hundredths
    assert passage.fits(samples, 44_100) and not passage.fits(samples // 2, 44_100)
    path = {"verb": "path", "points": [[0.0, 1.0], [0.5, 0.25]], "bars": 16, "from_bpm": 126.5}
    read = Recipe.from_json(old(PAD, "leads_to", origin=path))
    assert read.origin is not None and read.origin.points == ((0.0, 1.0), (0.5, 0.25))


@pytest.mark.parametrize(
    "comment",
    [
        "", "nothing", "{", "[]", "3", "null", "{}", '{"bars": 2}', '{"prompt": "lofi beat", "seed": 12}',
        '{"request": {"prompt": "lofi beat", "seed": 12}}', '{"request": {}}', '{"request": [1], "pack": {}}',
        "[" * 200_000, '{"a":' * 200_000, '{"request": ' + "[" * 5000 + "]" * 5000 + "}",
        json.dumps({"pack": PACK, "origin": {"verb": "transition", "source": "a.wav"}}),
        json.dumps({"leads_to": REQUEST.to_dict(), "pack": PACK, "origin": {"verb": "path"}}),
        json.dumps({"begins_as": REQUEST.to_dict(), "pack": PACK, "origin": {"verb": "motion", "bars": 3}}),
        json.dumps({"request": REQUEST.to_dict() | {"tempo_bpm": 1e9}}),
        json.dumps({"request": REQUEST.to_dict() | {"tempo_bpm": float("nan")}}),
        json.dumps({"request": REQUEST.to_dict() | {"bars": 10**400}}),
        json.dumps({"request": REQUEST.to_dict() | {"theremin": 1}}),
    ],
    ids=range(22),
)  # fmt: skip
def test_what_is_no_recipe_of_ours_is_not_taken_for_one(comment: str) -> None:
    with pytest.raises(InvalidRequest):
        Recipe.from_json(comment)
    assert find_recipe(comment) is None


def test_deep_nesting_beside_a_good_request_is_refused() -> None:
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    for name in ("knobs", "origin", "pack"):
        assert find_recipe(old(**{name: {"pattern": deep}})) is None


def test_a_recipe_of_a_newer_schema_is_named() -> None:
    with pytest.raises(InvalidRequest, match="newer LoopGen"):
        Recipe.from_json(json.dumps({"loopgen_recipe": 3, "request": REQUEST.to_dict()}))


@pytest.mark.parametrize(
    "wrong",
    [{"verb": 1}, {"source": "a"}, {"verb": "vary", "strength": "much"}, {"verb": "vary", "noise_seed": -1},
     {"verb": "vary", "at": 10**400}, {"verb": "vary", "at": float("inf")}, {"verb": "path", "points": [[0, 2]]}],
)  # fmt: skip
def test_of_an_origin_what_cannot_be_read_is_left_out(wrong: dict[str, Any]) -> None:
    read = Recipe.from_json(old(origin=wrong)).origin
    assert read == (Origin(wrong["verb"]) if isinstance(wrong.get("verb"), str) else None)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize(("tempo", "bars"), [(126.0, 4), (133.37, 1), (40.0, 16), (240.0, 1)])
def test_a_recipe_fits_a_whole_sound_at_any_rate_and_none_that_was_cut_or_stretched(
    tempo: float, bars: int, rate: int
) -> None:
    recipe = Recipe(LoopRequest(tempo_bpm=tempo, bars=bars))
    samples = LoopGeometry(tempo, bars, rate).samples
    assert all(recipe.fits(samples + spare, rate) for spare in (-1, 0, 1))
    for share in (0.25, 0.5, 0.99, 126 / 140, 1.01, 2.0):
        assert not recipe.fits(round(samples * share), rate)
    assert not recipe.fits(samples + round(0.02 * rate), rate)  # a tail of 20 ms


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(json_values)
def test_no_json_makes_the_reader_stumble(content: object) -> None:
    assert find_recipe(json.dumps(content)) is None


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(["request", "leads_to", "begins_as"]),
    changes=st.dictionaries(st.sampled_from(sorted(REQUEST.to_dict())), json_values, max_size=2),
    origin=st.dictionaries(st.sampled_from(sorted(Origin.__dataclass_fields__)), json_values, max_size=4),
    others=st.dictionaries(st.sampled_from(["pack", "knobs", "loopgen_recipe"]), json_values),
)
def test_whatever_is_in_a_recipe_it_is_read_whole_or_refused(
    name: str, changes: dict[str, Any], origin: dict[str, Any], others: dict[str, Any]
) -> None:
    told = {name: REQUEST.to_dict() | changes, "origin": origin} | others
    read = find_recipe(json.dumps(told))
    if read is not None:
        assert read.seconds > 0
        assert Recipe.from_json(read.to_json()).to_json() == read.to_json()
