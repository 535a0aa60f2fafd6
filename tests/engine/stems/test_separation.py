"""Loops taken apart: parts add up to their loop, and what may not play gets nothing."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.conditioning.beat import timed_conditions
from engine.conditioning.conditions import Conditions
from engine.conditioning.pattern import pattern_condition
from engine.stems.network import StemConfig, StemNetwork
from engine.stems.separation import playing, separate
from engine.tempo import LoopGeometry
from engine.vocabulary import PARTS, TODAY

GEOMETRY = LoopGeometry(133.3, 1)


@pytest.fixture(scope="module")
def network() -> StemNetwork:
    torch.manual_seed(0)
    made = StemNetwork(StemConfig(fft_size=1024, bands=24, width=16, dilations=(1, 2))).eval()
    torch.nn.init.normal_(made.out.weight, std=1.0)
    return made


def score(**rows: tuple[tuple[float, float], ...]) -> Conditions:
    pattern, given = pattern_condition({part: rows.get(part, ()) for part in PARTS}, GEOMETRY)
    return replace(timed_conditions(GEOMETRY), pattern=pattern, pattern_given=given)


def noise() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((2, GEOMETRY.samples)).astype(np.float32) * 0.1


def decibels(audio: np.ndarray, beside: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(audio**2) / np.mean(beside**2) + 1e-20))


def test_stems_add_up_to_the_loop_and_are_those_of_the_parts_that_play(network: StemNetwork) -> None:
    loop = noise()
    stems = separate(network, loop, score(kick=((0.0, 1.0),), bass=((1.5, 0.8),), closed_hat=((0.5, 0.4),)))
    assert list(stems) == ["kick", "closed_hat", "bass"]  # in the order of the kit
    assert all(stem.shape == loop.shape and stem.dtype == np.float32 for stem in stems.values())
    assert decibels(sum(stems.values()) - loop, loop) < -100
    assert all(-30 < decibels(stem, loop) < -0.5 for stem in stems.values())


def test_one_part_alone_is_the_loop_and_none_are_nothing(network: StemNetwork) -> None:
    loop = noise()
    [stem] = separate(network, loop, score(snare=((1.0, 1.0),))).values()
    assert decibels(stem - loop, loop) < -100
    assert separate(network, loop, score()) == {}


def test_rows_that_are_open_may_play(network: StemNetwork) -> None:
    assert playing(Conditions.open(GEOMETRY.frames)) == PARTS
    half = replace(score(kick=((0.0, 1.0),)), pattern_given=torch.tensor([[1.0] * 6 + [0.0, 0.0]]))
    assert playing(half) == ("kick", "lead", "pad")
    assert decibels(sum(separate(network, noise(), half).values()) - noise(), noise()) < -100


def test_a_network_that_knows_fewer_parts_gives_those_it_knows() -> None:
    torch.manual_seed(0)
    known = replace(TODAY, parts=("bass", "kick"), notes=tuple(note for note in TODAY.notes if note[0] == "bass"))
    small = StemNetwork(StemConfig(fft_size=1024, bands=24, width=16, dilations=(1,)), known).eval()
    stems = separate(small, noise(), score(kick=((0.0, 1.0),), bass=((1.0, 1.0),), lead=((2.0, 1.0),)))
    assert list(stems) == ["kick", "bass"]
    assert decibels(stems["kick"] + stems["bass"] - noise(), noise()) < -100
