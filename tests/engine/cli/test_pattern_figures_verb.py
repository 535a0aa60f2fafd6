"""`loopgen evaluate patterns`: which numbers it takes, and which networks it trains for the paper's table 1."""

from pathlib import Path

import pytest

from engine.cli.evaluate_patterns import _check, _variants
from engine.errors import InvalidRequest
from engine.training.pattern_variants import VARIANTS


@pytest.mark.parametrize("numbers", [(20, 10, 20, 0), (10_000, 10_000, 50_000, 10**6)])
def test_the_ends_of_every_range_are_possible(numbers: tuple[int, int, int, int]) -> None:
    _check(*numbers)


@pytest.mark.parametrize(
    "numbers",
    [(19, 10, 20, 0), (10_001, 10, 20, 0), (20, 21, 20, 0), (20, 9, 20, 0), (20, 10, 19, 0), (20, 10, 20, -1)],
)
def test_what_lies_beyond_is_refused_with_all_ranges(numbers: tuple[int, int, int, int]) -> None:
    with pytest.raises(InvalidRequest, match="--scores 20 to 10000, --tried 10 to as many, --judged 20 to 50000"):
        _check(*numbers)


def test_every_variant_has_a_folder_of_its_own_and_nothing_is_trained_before_it_is_called(tmp_path: Path) -> None:
    pytest.importorskip("accelerate")
    made = _variants(tmp_path / "variants", 30)
    assert list(made) == list(VARIANTS)
    folders = [train.args[1] for train in made.values()]  # type: ignore[attr-defined]
    assert folders == [tmp_path / "variants" / str(number) for number in range(len(VARIANTS))]
    assert not (tmp_path / "variants").exists()
