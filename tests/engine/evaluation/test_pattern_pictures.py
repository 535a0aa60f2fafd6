"""The pictures of operations on patterns: which are asked for, of which rows, and that files are pictures."""

from pathlib import Path

import numpy as np

from engine.evaluation.experiments.pattern_pictures import SHOWN, STEPS_ON_THE_WAY, draw_pictures
from engine.patterns.asked import PatternRequest, Written
from engine.patterns.grid import Score
from engine.requests import Pattern
from engine.vocabulary import PARTS

RESULTS = {"table_1": {}, "reconstruction": {"iou": [0.5] * len(PARTS)}}


class Noting:
    """Writes nothing new, and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[PatternRequest] = []

    def write(self, asked: PatternRequest) -> Written:
        self.asked.append(asked)
        return Written(asked.pattern, ())

    def given_back(self, asked: PatternRequest) -> Pattern:
        return asked.pattern


def score(*silent: str, bars: int = 1) -> Score:
    velocity = np.full((len(PARTS), 16 * bars), 0.5, np.float32)
    velocity[[PARTS.index(part) for part in silent]] = 0
    return Score(velocity, 0 * velocity, style="house")


def test_every_shown_part_is_written_varied_and_led_to_a_score_as_long(tmp_path: Path) -> None:
    writer = Noting()
    longer, target = score(bars=2), score("pad")
    draw_pictures(writer, [score("kick"), score("lead"), longer, target], RESULTS, tmp_path)  # type: ignore[arg-type]
    operations = [(asked.operation, asked.part, asked.strength) for asked in writer.asked]
    assert operations[:6] == [(what, part, how) for part in SHOWN for what, how in (("new", 0.5), ("vary", 0.4))]
    assert operations[6:] == [("towards", part, how) for part in SHOWN for how in STEPS_ON_THE_WAY]
    assert {asked.bars for asked in writer.asked} == {1}
    assert all("lead" not in asked.pattern.rows and len(asked.pattern.rows) == 7 for asked in writer.asked)
    assert writer.asked[6].target is not None and "lead" in writer.asked[6].target.rows
    assert sorted(path.name for path in tmp_path.iterdir()) == ["iou.png", "operations.png", "towards.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.iterdir())


def test_every_variant_writes_the_same_new_rows(tmp_path: Path) -> None:
    writer, one, other = Noting(), Noting(), Noting()
    draw_pictures(writer, [score()], RESULTS, tmp_path, {"one": one, "other": other})  # type: ignore[arg-type]
    assert one.asked == other.asked and [asked.part for asked in one.asked] == list(SHOWN)
    assert {asked.operation for asked in one.asked} == {"new"}
    assert (tmp_path / "ablations.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_score_that_plays_all_shown_parts_only_figures_are_drawn(tmp_path: Path) -> None:
    writer = Noting()
    draw_pictures(writer, [score("kick"), score("bass")], RESULTS, tmp_path)  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["iou.png"] and not writer.asked
