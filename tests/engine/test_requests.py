"""Requests: what is possible passes and survives JSON, what is not gets a sentence."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from engine.errors import InvalidRequest
from engine.requests import LoopRequest, NoisePad, Pattern
from engine.vocabulary import CURVES, KEYS, PARTS, STEERS, TAGS

VELOCITY = st.floats(0, 1)
PATTERNS = st.builds(
    Pattern,
    st.dictionaries(st.sampled_from(PARTS), st.lists(VELOCITY, min_size=16, max_size=16).map(tuple), max_size=8),
    st.floats(0, 0.5),
)
REQUESTS = st.builds(
    LoopRequest,
    tempo_bpm=st.floats(40, 240),
    bars=st.integers(1, 16),
    seed=st.integers(0, 2**63 - 1),
    tags=st.lists(st.sampled_from(TAGS), max_size=5).map(tuple),
    key=st.none() | st.sampled_from(KEYS),
    pattern=PATTERNS,
    curves=st.dictionaries(st.sampled_from(CURVES), st.lists(VELOCITY, min_size=1, max_size=9).map(tuple)),
    noise=st.none() | st.builds(NoisePad, st.tuples(*[st.integers(0, 2**40)] * 4), VELOCITY, VELOCITY),
    num_steps=st.integers(1, 256),
    guidance_scale=st.floats(0, 10),
    reference=st.just(()) | st.floats(-1, 1).map(lambda value: (value,) * 512),
    blend=VELOCITY,
    repeat=VELOCITY,
    learnt=VELOCITY,
    voices=st.dictionaries(
        st.sampled_from(PARTS),
        st.integers(0, 2**63 - 1) | st.lists(st.floats(-7, 7), min_size=12, max_size=12).map(tuple),
    ),
    steer=st.dictionaries(st.sampled_from(sorted(STEERS)), st.floats(-2, 2)),
)


@given(REQUESTS)
def test_a_request_survives_json(request: LoopRequest) -> None:
    again = LoopRequest.from_dict(json.loads(json.dumps(request.to_dict())))
    assert again == request
    assert hash(again) == hash(request)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tempo_bpm": 300}, "40 to 240 BPM"),
        ({"tempo_bpm": float("nan")}, "40 to 240 BPM"),
        ({"tempo_bpm": "fast"}, "40 to 240 BPM"),
        ({"bars": 0}, "from 1 to 16"),
        ({"bars": 2.5}, "from 1 to 16"),
        ({"seed": -1}, "from 0 to"),
        ({"num_steps": 257}, "from 1 to 256"),
        ({"guidance_scale": 11}, "0 to 10"),
        ({"reference": (0.1,) * 511}, "512 values, not 511"),
        ({"reference": (2.0,) * 512}, "-1 to 1"),
        ({"blend": 1.1}, "Blend 1.1 is out of range: 0 to 1"),
        ({"steer": {"loud": 1.0}}, "Unknown direction 'loud'; possible: bright"),
        ({"steer": {"bright": -2.1}}, "-2 to 2"),
        ({"sampler": "rk4"}, "possible: euler, heun, midpoint"),
        ({"schedule": "log"}, "possible: linear, cosine"),
        ({"tags": ("polka",)}, "Unknown tag 'polka'"),
        ({"key": "H"}, "Unknown key 'H'"),
        ({"prompt": "x" * 1001}, "at most 1000 characters"),
        ({"curves": {"loudness": (1.5,)}}, "0 to 1"),
        ({"curves": {"pitch": (0.5,)}}, "Unknown curve 'pitch'"),
        ({"curves": {"loudness": ()}}, "1 to 4096 values"),
        ({"guidance": {"beat": 1.0}}, "Unknown guidance condition 'beat'"),
        ({"pattern": {"rows": {"kick": [1.0] * 15}}}, "multiple of 16"),
        ({"pattern": {"rows": {"kazoo": [1.0] * 16}}}, "Unknown part 'kazoo'"),
        ({"pattern": {"rows": {"kick": [2.0] * 16}}}, "0 to 1"),
        ({"noise": {"corners": [1, 2, 3]}}, "4 corner seeds"),
        ({"noise": {"corners": [1, 2, 3, 4], "x": 2}}, "0 to 1"),
        ({"repeat": 1.5}, "Repeat 1.5 is out of range: 0 to 1"),
        ({"repeat": -0.1}, "Repeat -0.1 is out of range: 0 to 1"),
        ({"voices": {"kick": (1, 2, 3)}}, "voice of kick is a seed, 12 numbers, or 1292 with its picture, not 3"),
        ({"voices": {"kick": -1}}, "Voice of kick.*from 0 to"),
        ({"voices": {"kick": 1.5}}, "Voice of kick.*from 0 to"),
        ({"voices": {"kick": (9.0,) * 12}}, "Voice of kick 9.0 is out of range: -7 to 7"),
        ({"voices": {"kick": ("loud",) * 12}}, "Voice of kick"),
        ({"voices": {"kazoo": 1}}, "Unknown part 'kazoo'"),
        ({"voices": 3}, "Malformed request"),
        ({"colour": "red"}, "Unknown request field 'colour'"),
        ({"pattern": 3}, "Malformed request"),
    ],
)
def test_what_is_impossible_gets_a_sentence(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        LoopRequest.from_dict(change)


def test_pattern_rows_repeat_and_swing() -> None:
    pattern = Pattern({"closed_hat": (0, 0.5) * 8}, swing=0.2)
    onsets = pattern.onsets("closed_hat", 2)
    assert len(onsets) == 16
    assert onsets[0] == pytest.approx((0.25 * 1.2, 0.5))
    assert onsets[8] == pytest.approx((4 + 0.25 * 1.2, 0.5))
    with pytest.raises(KeyError):
        pattern.onsets("kick", 2)


def test_tags_are_kept_once() -> None:
    assert LoopRequest(tags=("acid", "kick", "acid")).tags == ("acid", "kick")


def test_onsets_fall_on_the_nearest_swung_step() -> None:
    onsets = {"kick": ((0.01, 0.9), (3.98, 0.5)), "closed_hat": ((0.33, 0.4), (0.34, 0.7)), "snare": ()}
    pattern = Pattern.nearest(onsets, 1, 0.4)
    assert pattern.onsets("kick", 1) == ((0.0, 0.9),)  # the late one is the downbeat, around the loop
    assert pattern.onsets("closed_hat", 1) == ((0.35, 0.7),)
    assert pattern.onsets("snare", 1) == ()
