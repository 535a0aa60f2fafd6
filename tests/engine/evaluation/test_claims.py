"""Claims on loops whose properties are known because they are written here, and the hand-written file itself."""

import numpy as np
import pytest
from known_loops import RATE, hat, house, kick, place

from engine.corpus.render import render_loop
from engine.evaluation.experiments.words import HandWritten
from engine.evaluation.judges.claims import (
    PROPERTIES,
    ClaimJudges,
    low_level,
    measure_properties,
    on_every_beat,
    verdict,
)
from engine.evaluation.judges.part_onsets import PartOnsetDetector
from engine.evaluation.judges.tags import TagJudge
from engine.tempo import LoopGeometry
from engine.vocabulary import TAGS

GEOMETRY = LoopGeometry(120, 1)


@pytest.fixture(scope="module")
def judges() -> ClaimJudges:
    rows = 2 * 88 + 2
    blank = TagJudge(np.zeros(rows), np.ones(rows), np.zeros((rows, len(TAGS))), np.zeros(len(TAGS)))
    return ClaimJudges(PartOnsetDetector.load(), blank)


@pytest.mark.parametrize(
    ("kicks", "expected"),
    [([0.0, 0.5, 1.0, 1.5], 1.0), ([0.0, 1.0], 0.5), ([0.25, 0.75, 1.25, 1.75], -1.0), ([1.99], 0.25), ([], 0.0)],
)
def test_four_on_the_floor_is_a_kick_on_every_beat_and_nowhere_else(kicks: list[float], expected: float) -> None:
    assert on_every_beat(np.array(kicks), GEOMETRY) == pytest.approx(expected)


def test_low_level_of_tones() -> None:
    time = np.arange(2 * RATE) / RATE
    deep, high = (0.3 * np.sin(2 * np.pi * hertz * time).astype(np.float32) for hertz in (55.0, 880.0))
    assert low_level(np.stack((deep, deep)), RATE) == pytest.approx(0, abs=0.1)
    assert low_level(np.stack((deep + high,) * 2), RATE) == pytest.approx(-3, abs=0.2)
    assert low_level(np.stack((high, high)), RATE) < -30


def test_properties_follow_what_plays(judges: ClaimJudges) -> None:
    full, geometry = house(124, 2)
    with_kick = measure_properties(full, RATE, geometry, judges)
    hats = place([(b + 0.5, hat()) for b in range(geometry.beats)], geometry)
    without = measure_properties(hats, RATE, geometry, judges)
    broken = place([(b + 0.25, kick()) for b in (0.0, 1.5, 3.0, 5.5)] + [(0.5, hat())], geometry)
    stumbling = measure_properties(broken, RATE, geometry, judges)
    assert set(with_kick) == set(PROPERTIES)
    assert with_kick["kick"] == pytest.approx(4, abs=0.5) and without["kick"] <= 0.5
    assert with_kick["low"] > without["low"] + 10
    assert with_kick["four_on_the_floor"] > 0.9 and stumbling["four_on_the_floor"] < 0
    assert without["bright"] > stumbling["bright"] and with_kick["busy"] > without["busy"]
    assert verdict({"kick": -1, "bright": 1}, without, with_kick)
    assert not verdict({"kick": -1, "busy": 1}, without, with_kick)
    assert not verdict({"kick": 1}, with_kick, with_kick)  # staying is no obeying


def test_the_hand_written_file_holds_what_it_says() -> None:
    written = HandWritten.load()
    assert len(written.prompts) >= 60 and len(written.paraphrases) >= 60
    assert {name for claim in written.prompts for name in claim.claims} <= set(PROPERTIES)
    assert {sign for claim in written.prompts for sign in claim.claims.values()} == {-1, 1}
    assert len({claim.text for claim in written.prompts}) == len(written.prompts)
    for seed in (1_000_003, 1_000_031):  # nobody's grammar wrote them
        assert written.paraphrases[seed] not in render_loop(seed).annotation.captions
