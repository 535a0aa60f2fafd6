"""What loops and noises are called."""

import random
from collections import Counter

import pytest

from loopgen_app.state.loop_names import MOST_CHARACTERS, distinct_name, short_name
from loopgen_app.state.noise_names import WORDS, noise_name, noise_names


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("warm dub", "warm dub"),
        (" warm\n dub ", "warm dub"),
        ("dusty deep house with warm chords", "dusty deep house with warm"),
        ("one two three four five six, seven", "one two three four five six"),
        ("x" * 100, "x" * MOST_CHARACTERS),
        ("", ""),
    ],
)
def test_a_name_is_cut_after_a_whole_word(name: str, short: str) -> None:
    assert short_name(name) == short


@pytest.mark.parametrize(
    ("known", "take", "name"),
    [
        ([], False, "dub"),
        ([("dub", 7)], False, "dub #2"),
        ([("dub #4", 7), ("dub", 3)], False, "dub #5"),
        ([("dub", 7)], True, "dub"),
        ([("dub #2", 9), ("dub", 7)], True, "dub"),
        ([("dub #3", 7), ("dub", 7)], True, "dub #3"),
        ([("dub", 9)], True, "dub #2"),
        ([("dub #x", 7), ("dub techno", 7), ("dub #٣", 7)], False, "dub"),
    ],
)
def test_a_name_that_is_taken_gets_a_number_and_a_take_the_name_of_its_loop(
    known: list[tuple[str, int]], take: bool, name: str
) -> None:
    assert distinct_name("dub", 7, known, take=take) == name


def test_noises_have_short_words_that_are_spread_evenly_and_told_apart() -> None:
    assert len(set(WORDS)) == 64 and max(map(len, WORDS)) <= 6
    counts = Counter(noise_name(random.Random(seed).randrange(1_000_000)) for seed in range(6400))
    assert min(counts.values()) >= 60 and max(counts.values()) <= 150
    assert noise_name(965574) == noise_name(965574) and noise_name(2**63 - 1) in WORDS
    same = [seed for seed in range(500) if noise_name(seed) == noise_name(11)][:3]
    assert noise_names([11, *same[1:], 11]) == (noise_name(11), *noise_names([11, *same[1:]])[1:], noise_name(11))
    assert len(set(noise_names(same))) == 3
