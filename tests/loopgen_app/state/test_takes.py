"""Takes of a loop are one row; what was starred, renamed or reworked stands alone."""

from dataclasses import replace

from engine import Origin
from loopgen_app.state.loop_bank import BankedLoop
from loopgen_app.state.takes import grouped


def loop(number: int, name: str = "dub", seed: int = 7) -> BankedLoop:
    return BankedLoop(
        number, 0.0, name, False, None, 126.0, 4, None, seed, None, 44_100, 1000, "loop", None, b"", b""
    )


def ids(*loops: BankedLoop) -> list[tuple[int, ...]]:
    return [takes.ids for takes in grouped(loops)]


def test_takes_of_one_name_and_seed_are_a_row_where_the_newest_stands() -> None:
    assert ids(loop(5), loop(4, "acid"), loop(3), loop(2, seed=8), loop(1)) == [(5, 3, 1), (4,), (2,)]
    assert ids() == []


def test_what_was_kept_or_made_otherwise_stands_alone() -> None:
    starred, varied = replace(loop(4), favourite=True), replace(loop(3), origin=Origin("vary"))
    motion = replace(loop(2), kind="motion")
    assert ids(loop(5), starred, varied, motion, loop(1)) == [(5, 1), (4,), (3,), (2,)]


def test_the_take_that_is_heard_stands_for_its_row_and_others_are_beside_it() -> None:
    (takes,) = grouped([loop(5), loop(3), loop(1)])
    assert [takes.front((heard, None)).id for heard in (3, 9, None)] == [3, 5, 5]
    beside = [takes.beside(3, older) for older in (1, -1, 2)]
    assert [found.id if found else None for found in beside] == [1, 5, None]
    assert takes.beside(5, -1) is None and takes.beside(9, 1) is None
