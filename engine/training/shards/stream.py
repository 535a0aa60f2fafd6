"""Loops of shards as one of many processes draws them: each once an epoch, in an order that the seed decides."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Final, TypeAlias

import numpy as np

from engine.corpus.store import read_manifest
from engine.errors import CorpusError
from engine.tempo import LoopGeometry
from engine.training.latents import FrameRule
from engine.training.processes import Processes
from engine.training.shards.files import ShardedLoop, read_shard
from engine.training.shards.index import ShardSet
from engine.training.shards.ledger import LoopLedger

READ_AHEAD: Final = 1
"""Shards that are read while those before are drawn from."""

Length: TypeAlias = tuple[int, int]
"""Bars and latent frames: loops of one length make a batch."""


@dataclass(frozen=True)
class Waiting:
    """A loop that may be drawn, and where it is from."""

    epoch: int
    shard: int
    place: int
    loop: ShardedLoop


@dataclass(frozen=True)
class Place:
    """The `rank` of a process among all of a `world`, and the `seed` of the order."""

    rank: int = 0
    world: int = 1
    seed: int = 0

    @classmethod
    def of_this_process(cls, seed: int) -> "Place":
        """As `torchrun` and `accelerate launch` tell it."""
        told = Processes.told()
        return cls(told.rank, told.world, seed)


class LoopStream:
    """Draws loops of one length from a pool of at least `pool`, those of earlier epochs first; shards fill it again.

    In every epoch shards come in an order by the seed, and each process takes its share of those that `ledger` has
    not. What was drawn is noted elsewhere, when it was trained on: another number of processes goes on from what all
    of them noted. The same seed, place and ledger give the same draws.
    Raises `CorpusError` where there are fewer shards than processes.
    """

    def __init__(self, shards: ShardSet, place: Place, ledger: LoopLedger, *, pool: int) -> None:
        if len(shards.training) < place.world:
            raise CorpusError(
                f"{len(shards.training)} shards are too few for {place.world} processes; write smaller ones."
            )
        self._shards, self._place, self._least = shards, place, pool
        self._before = ledger.merged(())  # all processes begin with the same, whatever is noted meanwhile
        self._rule = FrameRule.of(read_manifest(shards.folder))
        begun = ledger.count(ledger.first) + ledger.count(ledger.first + 1)
        self._random = np.random.default_rng([place.seed, place.rank, ledger.first, begun])
        self.seed = int(self._random.integers(2**32))
        self._waiting: dict[Length, dict[int, list[Waiting]]] = {}
        self._order = self._own_shards()
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="shards")
        self._coming: deque[tuple[int, int, Future[list[ShardedLoop]]]] = deque()

    def close(self) -> None:
        """Read no further."""
        self._reader.shutdown(cancel_futures=True)

    def draw(self, frames_per_batch: int) -> tuple[LoopGeometry, list[Waiting]]:
        """Loops of one length, about `frames_per_batch` frames together, and their geometry but for the tempo.

        A length comes as often as it has frames. One that has too few loops for a batch waits for more of them.
        """
        self._fill()
        counts = {length: _count(waiting) for length, waiting in self._waiting.items()}
        sizes = {length: max(1, round(frames_per_batch / length[1])) for length in counts}
        lengths = [length for length in counts if counts[length] >= sizes[length]]
        lengths = lengths or [max(counts, key=lambda length: counts[length] / sizes[length])]
        weights = np.array([float(length[1] * counts[length]) for length in lengths])
        length = lengths[int(self._random.choice(len(lengths), p=weights / weights.sum()))]
        drawn = [self._take(length) for _ in range(min(sizes[length], counts[length]))]
        return self._rule.geometry(drawn[0].loop), drawn

    def _take(self, length: Length) -> Waiting:
        by_epoch = self._waiting[length]
        waiting = by_epoch[epoch := min(by_epoch)]
        place = int(self._random.integers(len(waiting)))
        waiting[place], waiting[-1] = waiting[-1], waiting[place]
        taken = waiting.pop()
        if not waiting:
            del by_epoch[epoch]
        if not by_epoch:
            del self._waiting[length]
        return taken

    def _fill(self) -> None:
        """Fill the pool."""
        while sum(map(_count, self._waiting.values())) < self._least:
            while len(self._coming) <= READ_AHEAD:
                epoch, shard = next(self._order)
                reading = self._reader.submit(read_shard, self._shards.folder, self._shards.training[shard])
                self._coming.append((epoch, shard, reading))
            epoch, shard, reading = self._coming.popleft()
            for place, loop in enumerate(reading.result()):
                if not self._before.has(epoch, shard, place):
                    geometry = self._rule.geometry(loop)
                    by_epoch = self._waiting.setdefault((geometry.bars, geometry.frames), {})
                    by_epoch.setdefault(epoch, []).append(Waiting(epoch, shard, place, loop))

    def _own_shards(self) -> Iterator[tuple[int, int]]:
        """Epochs and shards in the order in which this process reads them, without end."""
        for epoch in count(self._before.first):
            order = np.random.default_rng([self._place.seed, epoch]).permutation(len(self._shards.training))
            left = [int(shard) for shard in order if not self._before.is_done(epoch, int(shard))]
            # Where shards do not come out even, another process has the fewest each time: none runs ahead.
            first = (self._place.rank + epoch) % self._place.world
            yield from ((epoch, shard) for shard in left[first :: self._place.world])


def _count(by_epoch: dict[int, list[Waiting]]) -> int:
    return sum(map(len, by_epoch.values()))
