"""Batches of an encoded corpus in shards, made while the network trains on those before."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from engine.training.latents import LatentBatch, LoopsOfLength, turns
from engine.training.shards.files import ShardedLoop
from engine.training.shards.index import ShardSet
from engine.training.shards.ledger import LoopLedger
from engine.training.shards.stream import LoopStream, Place, Waiting

POOL: Final = 1024
"""Loops that batches are drawn from, and the most of what is in memory: about 100 kB each."""
AHEAD: Final = 2
"""Batches that are made before they are asked for."""
HELD_OUT: Final = 512
"""Held-out loops that validate, however many there are."""
HEARD: Final = 512
"""Loops whose hits a new encoder of voices is fitted to."""


def held_out_loops(shards: ShardSet) -> Iterator[ShardedLoop]:
    """Those that validate."""
    return shards.loops("held_out", HELD_OUT)


class ShardedCorpus:
    """As `LatentCorpus`, of shards: memory and the time to start do not grow with them. Every loop comes once an
    epoch, over all processes and however often they were stopped. Raises `CorpusError`."""

    def __init__(
        self,
        shards: ShardSet,
        place: Place,
        frames_per_batch: int = 2048,
        *,
        embedded: bool = False,
        device: torch.device | None = None,
        pool: int = POOL,
    ) -> None:
        self._shards, self._place, self._embedded, self._pool = shards, place, embedded, pool
        self.frames_per_batch, self._device = frames_per_batch, device or torch.device("cpu")
        self._ledger = LoopLedger(shards.identity, [shard.loops for shard in shards.training])
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._coming: deque[Future[tuple[LatentBatch, list[Waiting]]]] = deque()
        self._stream: LoopStream | None = None
        self._generator = torch.Generator()

    def __len__(self) -> int:
        return len(self._shards)

    def statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation `[D, 1]` of each latent channel over all frames."""
        return self._shards.statistics()

    def hits(self) -> tuple[Tensor, Tensor]:
        """Pictures of the hits of some loops `[N, P, bands, columns]`, and the mask `[N, P]` of those there are."""
        heard = [loop.voices() for loop in self._shards.loops("training", HEARD)]
        images, given = (np.stack(rows).astype(np.float16) for rows in zip(*heard, strict=True))
        return torch.from_numpy(images), torch.from_numpy(given)

    def batch(self, _generator: torch.Generator | None = None) -> LatentBatch:
        """The next batch; no generator of the caller's is used, for it was made before."""
        while len(self._coming) < AHEAD:
            self._coming.append(self._maker.submit(self._make))
        batch, drawn = self._coming.popleft().result()
        for loop in drawn:
            self._ledger.draw(loop.epoch, loop.shard, loop.place)
        return batch

    def _make(self) -> tuple[LatentBatch, list[Waiting]]:
        if self._stream is None:
            self._stream = LoopStream(self._shards, self._place, self._ledger, pool=self._pool)
            self._generator.manual_seed(self._stream.seed)
        geometry, drawn = self._stream.draw(self.frames_per_batch)
        loops = LoopsOfLength.load([each.loop for each in drawn], geometry, embedded=self._embedded)
        shifts = turns(geometry.bars, geometry.frames, len(drawn), self._generator)
        return loops.to(self._device).take(torch.arange(len(drawn)), shifts, self._generator), drawn

    def position(self) -> dict[str, Any]:
        """Which loops this process has trained on, and those before it that it goes on from."""
        self._ledger = self._ledger.merged(())
        return self._ledger.to_dict()

    def go_on_from(self, positions: Sequence[dict[str, Any]]) -> None:
        """Begin with what processes left that were at `positions`, those of a corpus in memory at none; raises
        `CheckpointError` on anything else."""
        self._ledger = self._ledger.merged([self._ledger.read(told) for told in positions if told])

    def close(self) -> None:
        """Read no further."""
        self._maker.shutdown(cancel_futures=True)
        if self._stream is not None:
            self._stream.close()
