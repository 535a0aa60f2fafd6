"""What is promised of every operation whatever the network has learned: ends, locks, seeds, and who may change."""

from typing import Any

import pytest

from engine.errors import InvalidRequest
from engine.patterns.asked import PatternRequest
from engine.patterns.grid import Score, fills
from engine.patterns.writer import PatternWriter
from engine.requests import Pattern
from engine.vocabulary import PARTS

KICK, SNARE, HAT = (1.0, 0, 0, 0) * 4, (0, 0, 0, 0, 0.9, 0, 0, 0) * 2, (0, 0, 0.7, 0) * 4
DRAWN = Pattern({"kick": KICK, "snare": SNARE, "closed_hat": HAT}, swing=0.1)
OTHER = Pattern({"kick": (1.0, 0, 0, 0.3, 0, 0, 0.8, 0) * 4, "closed_hat": (0.5,) * 16})


def asked(operation: Any, pattern: Pattern = DRAWN, **more: Any) -> PatternRequest:
    return PatternRequest(operation, pattern, **{"bars": 2, "seed": 5, **more})


@pytest.mark.parametrize("operation", ["new", "vary", "towards", "answer", "fill"])
def test_the_same_request_gives_the_same_pattern(writer: PatternWriter, operation: str) -> None:
    more = {} if operation in ("answer", "fill") else {"part": "closed_hat", "target": OTHER}
    one, two = (writer.write(asked(operation, **more)) for _ in range(2))
    assert one == two
    assert one.pattern.swing == 0.1


def test_another_seed_gives_another_row(writer: PatternWriter) -> None:
    rows = {writer.write(asked("new", part="open_hat", seed=seed)).pattern.rows["open_hat"] for seed in range(8)}
    assert len(rows) > 4


@pytest.mark.parametrize("operation", ["new", "vary", "towards", "answer", "fill"])
def test_locked_parts_never_change(writer: PatternWriter, operation: str) -> None:
    for seed in range(10):
        more = {} if operation in ("answer", "fill") else {"part": "closed_hat", "target": OTHER}
        written = writer.write(asked(operation, locked=("kick", "snare"), seed=seed, **more))
        assert written.pattern.rows["kick"] == KICK and written.pattern.rows["snare"] == SNARE
        assert not {"kick", "snare"} & {*written.changed}


def test_answers_leave_what_is_drawn_and_fills_all_but_the_last_bar(writer: PatternWriter) -> None:
    answered = writer.write(asked("answer"))
    assert {part: answered.pattern.rows[part] for part in DRAWN.rows} == dict(DRAWN.rows)
    assert set(answered.pattern.rows) == set(PARTS)
    filled = writer.write(asked("fill", strength=1.0)).pattern.rows
    assert set(filled) == set(DRAWN.rows)
    assert all(row[:16] == tuple(map(float, DRAWN.rows[part])) for part, row in filled.items() if len(row) > 16)
    half = writer.write(asked("fill", strength=1.0, bars=1)).pattern.rows
    assert all(row[:8] == tuple(map(float, DRAWN.rows[part][:8])) for part, row in half.items())


def test_nothing_of_strength_is_the_row_itself(writer: PatternWriter) -> None:
    assert not writer.write(asked("vary", part="closed_hat", strength=0.0)).changed
    assert not writer.write(asked("towards", part="kick", target=OTHER, strength=0.0)).changed
    assert not writer.write(asked("fill", strength=0.0)).changed


def test_all_of_the_way_is_the_other_row(writer: PatternWriter) -> None:
    there = writer.write(asked("towards", part="kick", target=OTHER, strength=1.0))
    assert there.pattern.rows["kick"] == OTHER.rows["kick"]


def test_patterns_are_valid_all_along(writer: PatternWriter) -> None:
    for percent in range(0, 101, 10):
        written = writer.write(asked("towards", part="kick", target=OTHER, strength=percent / 100))
        assert len(written.pattern.rows["kick"]) in (16, 32)
        assert all(velocity == 0 or velocity >= 0.05 for velocity in written.pattern.rows["kick"])


@pytest.mark.parametrize(
    ("operation", "more", "said"),
    [
        ("vary", {"part": "bass"}, "bass has no row to start from"),
        ("vary", {}, "needs a part"),
        ("vary", {"part": "kick", "strength": 1.5}, "Strength"),
        ("new", {"part": "cowbell"}, "cowbell"),
        ("new", {"part": "kick", "locked": ("kick",)}, "kick is locked"),
        ("new", {"part": "kick", "locked": PARTS}, "Every part is locked"),
        ("towards", {"part": "snare", "target": OTHER}, "no row of snare to go towards"),
        ("answer", {"pattern": Pattern()}, "The pattern is empty"),
        ("answer", {"pattern": Pattern({"kick": (0.0,) * 16})}, "The pattern is empty"),
        ("answer", {"locked": PARTS[3:]}, "Nothing is left to write"),
        ("fill", {"locked": PARTS[:5]}, "Nothing is left to fill"),
        ("new", {"part": "kick", "bars": 17}, "Bars"),
        ("new", {"part": "kick", "style": "polka"}, "polka"),
        ("new", {"part": "kick", "pattern": Pattern({"kick": (1.0,) * 48})}, "48 steps"),
    ],
)
def test_what_is_impossible_is_said_in_one_sentence(operation: str, more: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequest, match=said) as refused:
        asked(operation, **more)
    assert "\n" not in str(refused.value)


def test_requests_survive_json() -> None:
    request = asked("towards", part="kick", target=OTHER, strength=0.25, locked=("snare",))
    assert PatternRequest.from_dict(request.to_dict()) == request
    with pytest.raises(InvalidRequest, match="Unknown request field 'mood'"):
        PatternRequest.from_dict({**request.to_dict(), "mood": 1})


def test_every_fill_gathers_towards_the_one(writer: PatternWriter) -> None:
    for seed in range(12):
        for bars in (1, 2):
            written = writer.write(asked("fill", strength=1.0, seed=seed, bars=bars))
            assert fills(Score.of_pattern(written.pattern, bars)), (seed, bars)
            assert len(written.changed) >= 1
    alone = writer.write(asked("fill", strength=1.0, part="kick", seed=3))
    assert alone.changed == ("kick",)


def test_a_part_that_is_asked_for_plays(writer: PatternWriter) -> None:
    for seed in range(20):
        for operation, part in (("new", "pad"), ("answer", "pad"), ("new", "kick")):
            assert any(writer.write(asked(operation, part=part, seed=seed)).pattern.rows[part]), (
                operation,
                part,
                seed,
            )


def test_rows_come_back_as_the_network_says(writer: PatternWriter) -> None:
    back = writer.given_back(asked("vary", part="kick", strength=0.0))
    assert set(back.rows) == set(DRAWN.rows) and {len(row) for row in back.rows.values()} == {32}
    assert all(loud == 0 or loud >= 0.05 for row in back.rows.values() for loud in row)
