"""Knobs, history and requests."""

import json
import random

import pytest
from hypothesis import given, strategies as st

from engine import CURVES, PARTS, InvalidRequest, LoopRequest, NoisePad, Pattern, Recipe
from loopgen_app.state.instrument import Instrument
from loopgen_app.state.parameters import PARAMETERS, build_request, defaults, values_of


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def instrument(clock: Clock) -> Instrument:
    return Instrument(clock, random.Random(3))


def test_defaults_are_legal_values_of_their_own_knobs() -> None:
    for knob in PARAMETERS.values():
        assert knob.clean(knob.default) == knob.default
    assert build_request(defaults()) == LoopRequest(seed=7)


rows = st.dictionaries(
    st.sampled_from(PARTS), st.lists(st.floats(0, 1), min_size=16, max_size=16).map(tuple), max_size=3
)
requests = st.builds(
    LoopRequest,
    tempo_bpm=st.floats(40, 240),
    bars=st.integers(1, 16),
    seed=st.integers(0, 2**63 - 1),
    prompt=st.text(max_size=40),
    key=st.sampled_from([None, "Am", "Db"]),
    tags=st.lists(st.sampled_from(["kick", "techno", "dark"]), unique=True).map(tuple),
    pattern=st.builds(Pattern, rows=rows, swing=st.floats(0, 0.5)),
    curves=st.dictionaries(st.sampled_from(CURVES), st.lists(st.floats(0, 1), min_size=1, max_size=5).map(tuple)),
    noise=st.none() | st.builds(NoisePad, corners=st.tuples(*[st.integers(0, 99)] * 4), x=st.floats(0, 1)),
    num_steps=st.integers(1, 256),
    guidance_scale=st.floats(0, 10),
    guidance=st.dictionaries(st.sampled_from(["tags", "clap"]), st.floats(0, 10).filter(lambda w: w != 1)),
    temperature=st.floats(0, 1.5),
    repeat=st.floats(0, 1),
    learnt=st.floats(0, 1),
    voices=st.dictionaries(
        st.sampled_from(PARTS), st.integers(0, 2**63 - 1) | st.tuples(*[st.floats(-7, 7)] * 12), max_size=3
    ),
    compose=st.booleans(),
    reference=st.sampled_from([(), (0.5, *[-1.0] * 511)]),
    blend=st.floats(0, 1),
    steer=st.dictionaries(st.sampled_from(["dub", "lo_fi"]), st.floats(-2, 2)),
)


@given(requests)
def test_any_request_survives_the_way_through_the_knobs(request_: LoopRequest) -> None:
    instrument = Instrument()
    instrument.restore_request(request_)
    assert instrument.request() == request_
    assert build_request({**defaults(), **values_of(request_)}) == request_


@given(requests)
def test_any_state_survives_json(request_: LoopRequest) -> None:
    source, target = Instrument(), Instrument()
    source.restore_request(request_)
    assert target.restore_json(json.loads(json.dumps(source.to_json()))) == ()
    assert target.values() == source.values()


def test_out_of_range_changes_nothing_and_says_what_is_possible(instrument: Instrument) -> None:
    with pytest.raises(InvalidRequest, match="40 to 240 BPM"):
        instrument.set("tempo_bpm", 39.9)
    assert instrument.value("tempo_bpm") == 126.0
    assert instrument.undo_label is None


def test_wheel_turns_merge_and_pauses_separate(instrument: Instrument, clock: Clock) -> None:
    for tempo in (127, 128, 129):
        instrument.set("tempo_bpm", tempo)
        clock.now += 0.1
    clock.now += 1.0
    instrument.set("tempo_bpm", 140)
    instrument.undo()
    assert instrument.value("tempo_bpm") == 129
    instrument.undo()
    assert instrument.value("tempo_bpm") == 126
    instrument.redo()
    instrument.redo()
    assert instrument.value("tempo_bpm") == 140
    assert instrument.redo_label is None


def test_a_drag_is_one_step_however_long(instrument: Instrument, clock: Clock) -> None:
    instrument.begin_gesture("Move pad")
    for step in range(50):
        clock.now += 1.0
        instrument.set_many({"pad_x": step / 50, "pad_y": 0.25}, "Move pad")
    instrument.end_gesture()
    assert instrument.undo_label == "Move pad"
    instrument.undo()
    assert (instrument.value("pad_x"), instrument.value("pad_y")) == (0.5, 0.5)
    assert instrument.undo_label is None


def test_a_new_change_forgets_what_was_undone(instrument: Instrument, clock: Clock) -> None:
    instrument.set("bars", 8)
    clock.now += 5
    instrument.undo()
    instrument.set("bars", 2)
    assert instrument.redo_label is None
    instrument.undo()
    assert instrument.value("bars") == 4


def test_a_changed_step_after_undo_does_not_merge_into_older_history(instrument: Instrument) -> None:
    instrument.set("bars", 8)
    instrument.set("tempo_bpm", 100)
    instrument.undo()
    instrument.set("bars", 2)
    instrument.undo()
    assert instrument.value("bars") == 8


def test_listeners_hear_each_changed_knob_once(instrument: Instrument) -> None:
    heard: list[str] = []
    instrument.changed.connect(heard.append)
    instrument.set_many({"bars": 8, "tempo_bpm": 126.0, "key": "Am"}, "x")
    assert heard == ["bars", "key"]


def test_a_loop_that_was_restored_is_not_made_again(instrument: Instrument) -> None:
    instrument.restore_recipe(Recipe(LoopRequest(tempo_bpm=98.0, bars=2, seed=4711)))
    assert (instrument.value("seed"), instrument.value("bars")) == (4711, 2)
    assert instrument.next_request().seed != 4711
    instrument.restore_recipe(Recipe(LoopRequest(tempo_bpm=98.0, bars=2, seed=4711)))
    instrument.set("pattern", Pattern({"kick": (1.0,) * 16}))  # what is shown with it is composed by its seed
    assert instrument.next_request().seed == 4711


def test_seed_is_drawn_unless_locked_and_corners_reroll_unless_locked(instrument: Instrument) -> None:
    shown, second = instrument.next_request().seed, instrument.next_request().seed
    assert (shown, shown != second) == (7, True)
    # What is composed for the seed is shown once a row is drawn, so that seed is what comes.
    instrument.set("pattern", Pattern({"kick": (1.0,) * 16}))
    assert instrument.next_request().seed == second
    assert instrument.next_request().seed != second
    second = instrument.value("seed")
    instrument.set("temperature", 0.3)  # decides nothing that is composed
    assert instrument.next_request().seed != second
    second = instrument.value("seed")
    instrument.set("seed_locked", True)
    assert instrument.next_request().seed == second
    instrument.set("pad_locks", (True, False, False, True))
    before = instrument.value("pad_corners")
    instrument.reroll_corners()
    after = instrument.value("pad_corners")
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, False, True]


def test_muted_parts_are_asked_to_be_silent(instrument: Instrument) -> None:
    instrument.set("pattern", Pattern(rows={"kick": (1.0,) * 16}))
    instrument.set("muted", ("kick", "bass"))
    rows = instrument.request().pattern.rows
    assert rows == {"kick": (0.0,) * 16, "bass": (0.0,) * 16}


def test_voices_are_seeds_or_numbers_of_known_parts(instrument: Instrument) -> None:
    instrument.set("voices", {"kick": 12})
    assert instrument.request().voices == {"kick": 12}
    for wrong, sentence in (
        ({"kazoo": 1}, "Unknown part 'kazoo'"), ({"kick": -1}, "Voice of kick"), (7, "a seed for each part"),
        ({"kick": [0.0] * 3}, "12 numbers.*not 3"),
    ):  # fmt: skip
        with pytest.raises(InvalidRequest, match=sentence):
            instrument.set("voices", wrong)
    assert instrument.value("voices") == {"kick": 12}
    instrument.undo()
    assert instrument.value("voices") == {}


def test_unknown_knobs_of_another_version_are_named_and_the_rest_restored(instrument: Instrument) -> None:
    bad = instrument.restore_json({"tempo_bpm": 99.5, "theremin": 3, "bars": 77})
    assert bad == ("theremin", "bars")
    assert instrument.value("tempo_bpm") == 99.5


def test_controllers_reach_both_ends_of_every_learnable_knob() -> None:
    for knob in PARAMETERS.values():
        if knob.midi and knob.kind in ("number", "whole"):
            assert (knob.from_unit(0.0), knob.from_unit(1.0)) == (knob.low, knob.high)
            assert knob.to_unit(knob.high) == 1.0


def test_every_request_field_has_a_knob() -> None:
    fields = {knob.field.partition(".")[0] for knob in PARAMETERS.values() if knob.field}
    assert fields == set(LoopRequest().to_dict())
