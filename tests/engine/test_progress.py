"""Progress: counted over walks, mapped into shares, and where cancelled work stops."""

import pytest
from hypothesis import given, strategies as st

from engine.errors import Cancelled
from engine.progress import Progress, StepReport


class Listener:
    """The steps that were told, as (step, of how many)."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []
        self.alphas: list[float] = []

    def __call__(self, report: StepReport) -> None:
        self.told.append((report.step, report.num_steps))
        self.alphas.append(report.alpha)


def walk(progress: Progress, count: int) -> None:
    for index in range(1, count + 1):
        progress.step(index, count, index / count)


def test_a_walk_is_told_by_itself_without_a_total() -> None:
    listener = Listener()
    progress = Progress(listener)
    walk(progress, 2)
    walk(progress, 3)
    assert listener.told == [(1, 2), (2, 2), (1, 3), (2, 3), (3, 3)]
    assert listener.alphas == pytest.approx([0.5, 1.0, 1 / 3, 2 / 3, 1.0])


def test_steps_over_several_walks_count_on() -> None:
    listener = Listener()
    progress = Progress(listener, total=6)
    for count in (3, 1, 2):
        walk(progress, count)
    assert listener.told == [(step, 6) for step in range(1, 7)]


def test_whoever_knows_the_total_first_is_counted_by() -> None:
    """What makes several walks says how many steps they are; where they are a part of more, that goes on."""
    alone, within = Listener(), Listener()
    walk(Progress(alone).over(4), 4)
    whole = Progress(within, total=10)
    walk(whole, 2)
    walk(whole.over(4), 4)
    assert alone.told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert within.told == [(step, 10) for step in range(1, 7)]


def test_a_part_maps_into_its_share_and_what_follows_begins_behind_it() -> None:
    listener = Listener()
    progress = Progress(listener, total=20)
    walk(progress, 2)
    walk(progress.part(10), 4)
    walk(progress.part(4), 8)
    walk(progress, 4)
    assert [step for step, _ in listener.told] == [1, 2, 5, 7, 10, 12, 13, 13, 14, 14, 15, 15, 16, 16, 17, 18, 19, 20]
    assert {total for _, total in listener.told} == {20}


def test_parts_have_parts() -> None:
    listener = Listener()
    half = Progress(listener, total=8).part(4).over(100)
    walk(half.part(50), 2)
    walk(half.part(50), 2)
    assert listener.told == [(1, 8), (2, 8), (3, 8), (4, 8)]


def test_a_part_without_a_total_is_told_as_it_is() -> None:
    listener = Listener()
    walk(Progress(listener).part(10), 2)
    assert listener.told == [(1, 2), (2, 2)]


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=6))
def test_parts_never_go_back_and_end_where_their_share_does(parts: list[tuple[int, int]]) -> None:
    listener = Listener()
    progress = Progress(listener, total=sum(share for share, _ in parts))
    reached = 0
    for share, count in parts:
        walk(progress.part(share), count)
        reached += share
        assert listener.told[-1][0] == reached
    steps = [step for step, _ in listener.told]
    assert steps == sorted(steps)
    assert steps[0] >= 1


@pytest.mark.parametrize("shape", ["plain", "counted", "part", "part of a part"])
def test_cancelling_raises_at_the_next_step_and_that_is_not_told(shape: str) -> None:
    listener = Listener()
    progress = Progress(listener, lambda: len(listener.told) >= 3, None if shape == "plain" else 9)
    handed = {
        "plain": lambda: progress,
        "counted": lambda: progress.over(1),
        "part": lambda: progress.part(5),
        "part of a part": lambda: progress.part(5).over(9).part(9),
    }[shape]()
    with pytest.raises(Cancelled):
        walk(handed, 9)
    assert len(listener.told) == 3


def test_nobody_need_listen() -> None:
    walk(Progress(), 3)


def test_a_preview_is_handed_on_and_made_for_whoever_asks_alone() -> None:
    made: list[int] = []

    def show(report: StepReport) -> None:
        if report.step == 2:
            report.preview()

    progress = Progress(show, total=3).part(3)
    for index in (1, 2, 3):
        progress.step(index, 3, 1.0, lambda index=index: made.append(index))
    assert made == [2]
