"""Rows of the bank: the takes that a moving hand left of one loop are one row, until they are kept."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from loopgen_app.state.loop_bank import BankedLoop


@dataclass(frozen=True)
class Takes:
    """Loops of one name and seed, newest first; what was starred stands alone."""

    loops: tuple[BankedLoop, ...]

    @property
    def newest(self) -> BankedLoop:
        """The last that was made."""
        return self.loops[0]

    @property
    def key(self) -> tuple[Any, ...]:
        """Stays the same as takes are added."""
        return _key(self.newest)

    @property
    def ids(self) -> tuple[int, ...]:
        """All of them."""
        return tuple(loop.id for loop in self.loops)

    def front(self, ids: Collection[int | None]) -> BankedLoop:
        """The take that is heard, if one of `ids` is, else the newest."""
        return next((loop for loop in self.loops if loop.id in ids), self.newest)

    def beside(self, loop_id: int, older: int) -> BankedLoop | None:
        """The take `older` places older than `loop_id` (younger where negative); None where there is none."""
        place = self.ids.index(loop_id) + older if loop_id in self.ids else -1
        return self.loops[place] if 0 <= place < len(self.loops) else None


def grouped(loops: Iterable[BankedLoop]) -> list[Takes]:
    """Rows of `loops`, which are newest first; a row stands where its newest take does."""
    rows: dict[tuple[Any, ...], list[BankedLoop]] = {}
    for loop in loops:
        rows.setdefault(_key(loop), []).append(loop)
    return [Takes(tuple(found)) for found in rows.values()]


def _key(loop: BankedLoop) -> tuple[Any, ...]:
    alone = loop.favourite or loop.kind != "loop" or loop.origin is not None
    return (loop.id,) if alone else (loop.name, loop.seed)
