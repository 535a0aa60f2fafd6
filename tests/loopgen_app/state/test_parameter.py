"""One knob of the window: positions of controllers, words, and values as JSON."""

import json

import pytest
from hypothesis import given, strategies as st

from engine import InvalidRequest, Pattern
from loopgen_app.state.parameter import Parameter, to_json
from loopgen_app.state.parameters import PARAMETERS

NUMBERS = [knob for knob in PARAMETERS.values() if knob.kind in ("number", "whole") and knob.midi]


@pytest.mark.parametrize("knob", NUMBERS, ids=lambda knob: knob.id)
def test_a_controller_reaches_both_ends_and_comes_back_to_where_it_was(knob: Parameter) -> None:
    assert (knob.from_unit(-1.0), knob.from_unit(2.0)) == (knob.low, knob.high)
    for position in (0.0, 0.25, 0.5, 1.0):
        value = knob.from_unit(position)
        off = 0.5 if knob.kind == "whole" else 0.5 * 10.0 ** -max(knob.decimals, 1)
        assert knob.to_unit(value) == pytest.approx(position, abs=off / (knob.high - knob.low) + 1e-9)
        assert knob.clean(value) == value


@given(st.floats(0.0, 1.0))
def test_choices_share_the_way_of_a_controller_evenly(position: float) -> None:
    knob = Parameter("x", "X", "choice", "a", choices=("a", "b", "c", "d"))
    assert knob.from_unit(position) == "abcd"[min(3, int(4 * position))]
    assert Parameter("x", "X", "toggle", False).from_unit(position) is (position >= 0.5)


@pytest.mark.parametrize(
    ("decimals", "value", "words"),
    [(2, 126.5, "126.5 BPM"), (0, 126.4, "126 BPM"), (2, 120.0, "120 BPM"), (1, 0.04, "0 BPM")],
)
def test_a_number_is_written_without_what_says_nothing(decimals: int, value: float, words: str) -> None:
    assert Parameter("x", "X", "number", 0.0, "BPM", decimals=decimals).text(value) == words


@pytest.mark.parametrize("knob", PARAMETERS.values(), ids=lambda knob: knob.id)
def test_every_default_comes_back_from_json(knob: Parameter) -> None:
    back = json.loads(json.dumps(to_json(knob.default)))
    assert knob.clean(back) == knob.clean(knob.default) == knob.default


def test_patterns_and_words_come_back_and_what_is_none_is_refused() -> None:
    drawn = Pattern({"kick": (1.0, 0.0, 0.0, 0.0) * 4}, 0.25)
    assert PARAMETERS["pattern"].clean(json.loads(json.dumps(to_json(drawn)))) == drawn
    assert PARAMETERS["tags"].clean(["house", "dark", "house"]) == ("house", "dark")
    for knob, value in (
        ("tags", ["polka"]),
        ("pattern", 5),
        ("voices", []),
        ("pad_locks", [True]),
        ("tempo_bpm", "x"),
    ):
        with pytest.raises(InvalidRequest):
            PARAMETERS[knob].clean(value)
