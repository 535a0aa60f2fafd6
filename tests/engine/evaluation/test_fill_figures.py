"""Figures of fills: known ones of a bar that gathers, and of one that stays as it was."""

import numpy as np
import pytest

from engine.evaluation.experiments.pattern_fills import described
from engine.patterns.grid import Score, fills, gatherers, gathering
from engine.vocabulary import PARTS

SNARE = PARTS.index("snare")


def _score(last: str, bars: int = 2) -> Score:
    row = ("....x.......x..." * (bars - 1)) + last
    velocity = np.zeros((len(PARTS), 16 * bars), np.float32)
    velocity[SNARE] = [mark == "x" for mark in row]
    velocity[PARTS.index("kick"), ::4] = 1
    velocity[PARTS.index("bass"), 15] = 1
    return Score(velocity, 0 * velocity)


def test_a_drum_that_gathers_makes_a_fill() -> None:
    filled = _score("....x.......xxxx")
    assert (
        gathering(filled, "snare") == 3
        and fills(filled)
        and gatherers(filled) == ("snare",)
        and not gatherers(filled, ("kick", "bass"))
    )
    assert not fills(_score("....x.......x...")) and gathering(_score("....x.......x.x."), "snare") == 1
    assert fills(_score("....x.......xx.x", bars=1)) and not fills(_score("xxxxx.......xx.x", bars=1))


def test_fills_are_described_against_the_bar_before() -> None:
    found = described([_score("....x.......xxxx"), _score("....x.......x...")])
    assert found["end in a fill"] == 0.5 and found["loops"] == 2
    assert found["steps that differ"] == pytest.approx(0.5 * 3 / 32)
    assert found["hits more by beat"] == [0, 0, 0, 1.5]
    assert found["lead into the one"] == 0.5
