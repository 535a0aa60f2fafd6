"""Pattern makers: every one of them, on every length, gives hits that lie on the loop and can be played."""

import numpy as np
import pytest

from engine.corpus.affinities import AFFINITIES, leaning
from engine.corpus.groove import swung
from engine.corpus.patterns import MAKERS
from engine.corpus.patterns.grid import VELOCITIES, Canvas, Hit, euclid, read, repeat
from engine.corpus.styles import STYLE_HABITS
from engine.corpus.voices import VOICES
from engine.vocabulary import PARTS, STYLES

ALL_MAKERS = [(part, name) for part in PARTS for name in MAKERS[part]]


def canvas(seed: int, bars: int) -> Canvas:
    kick = frozenset(range(0, bars * 16, 4))
    return Canvas(np.random.default_rng(seed), bars, 0.6, kick, frozenset({2, 6, 7, 10}))


@pytest.mark.parametrize(("part", "name"), ALL_MAKERS)
def test_hits_lie_inside_the_loop(part: str, name: str) -> None:
    for bars in (1, 2, 3, 4, 8):
        for seed in range(12):
            for hit in MAKERS[part][name](canvas(seed, bars)):
                assert 0 <= hit.step < bars * 16
                assert 0 < hit.velocity <= 1
                assert 0 < hit.steps <= bars * 16


@pytest.mark.parametrize(("part", "name"), ALL_MAKERS)
def test_the_same_generator_makes_the_same_hits(part: str, name: str) -> None:
    assert MAKERS[part][name](canvas(5, 4)) == MAKERS[part][name](canvas(5, 4))


def test_makers_named_by_styles_exist() -> None:
    assert set(STYLE_HABITS) == set(STYLES)
    for habits in STYLE_HABITS.values():
        assert set(habits.makers) == set(habits.parts) == set(PARTS)
        for part, weights in habits.makers.items():
            assert set(weights) <= set(MAKERS[part])
            assert "free" not in weights


def test_every_maker_but_the_free_ones_is_used_by_some_style() -> None:
    used = {(part, name) for habits in STYLE_HABITS.values() for part in PARTS for name in habits.makers[part]}
    assert {maker for maker in ALL_MAKERS if maker[1] != "free"} == used


def test_affinities_name_voices_and_patterns_that_exist() -> None:
    for voice, factors in AFFINITIES.items():
        assert voice in VOICES
        assert set(factors) <= set(MAKERS[VOICES[voice].part])
    assert leaning({"sub": 1.0, "acid": 1.0, "riff": 3.0}, "sub") == {"sub": 4.0, "acid": 0.2, "riff": 3.0}


@pytest.mark.parametrize(
    ("pulses", "steps", "expected"),
    [(3, 8, [0, 2, 5]), (4, 16, [0, 4, 8, 12]), (5, 8, [0, 1, 3, 4, 6]), (2, 5, [0, 2])],
)
def test_euclid_spreads_evenly(pulses: int, steps: int, expected: list[int]) -> None:
    assert euclid(pulses, steps) == expected
    gaps = np.diff([*expected, expected[0] + steps])
    assert gaps.max() - gaps.min() <= 1


def test_written_rows_are_read_as_drawn() -> None:
    assert read("X.o-") == [Hit(0, VELOCITIES["X"]), Hit(2, VELOCITIES["o"]), Hit(3, VELOCITIES["-"])]


def test_a_cycle_of_three_runs_across_the_bars() -> None:
    hits = repeat([Hit(0)], 3, canvas(0, 2))
    assert [hit.step for hit in hits] == list(range(0, 32, 3))


def test_swing_delays_every_second_sixteenth_and_nothing_else() -> None:
    assert [swung(step, 0.3) for step in range(4)] == pytest.approx([0, 1.3, 2, 3.3])
    fine = [swung(step, 0.4) for step in np.linspace(0, 8, 161)]
    assert np.diff(fine).min() > 0  # thirty-seconds keep their order
