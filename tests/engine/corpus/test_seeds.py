"""Data sets that must not meet."""

from itertools import combinations
from pathlib import Path

import pytest

from engine.corpus import seeds
from engine.corpus.build import BuildOptions, build_corpus
from engine.corpus.seeds import HELD_OUT, HELD_OUT_SEED, TRAINING, SeedRange
from engine.errors import CorpusError


def _ranges() -> dict[str, SeedRange]:
    return {name: value for name, value in vars(seeds).items() if isinstance(value, SeedRange)}


def test_no_two_data_sets_share_a_seed() -> None:
    ranges = _ranges()
    assert len(ranges) == 20
    for (one, a), (other, b) in combinations(ranges.items(), 2):
        assert a.end <= b.first or b.end <= a.first, f"{one} meets {other}"


def test_what_is_trained_on_lies_below_what_is_measured() -> None:
    trained = {
        "TRAINING",
        "DETECTOR",
        "TAG_JUDGE",
        "STEER_JUDGE",
        "PATTERN_TRAINING",
        "PATTERN_JUDGE",
        "STEM_TRAINING",
        "BALANCE",
    }
    for name, found in _ranges().items():
        assert (found.end <= HELD_OUT_SEED) == (name in trained)
    assert TRAINING.end - 1 in TRAINING and TRAINING.end not in TRAINING and HELD_OUT_SEED in HELD_OUT


def test_a_corpus_is_not_built_from_seeds_of_other_data_sets(tmp_path: Path) -> None:
    options = BuildOptions(count=2, held_out=1, first_seed=TRAINING.end - 1)
    with pytest.raises(CorpusError, match="0 to 499999"):
        build_corpus(tmp_path / "corpus", options, lambda done, total: None)
    assert not (tmp_path / "corpus").exists()
