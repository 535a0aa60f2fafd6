"""The index of a folder of shards: which there are, and what they must be like.

FOLDER/corpus.json        as in the corpus that was cut into shards
FOLDER/shards.json        the index, when all shards are there
FOLDER/parts/NNNNN.json   of one part of the corpus: its shards; written last, so that what has one is whole
FOLDER/training-NNNNN.tar, FOLDER/held_out-NNNNN.tar
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from engine.corpus.store import write_manifest
from engine.documents import read_document_file
from engine.errors import CorpusError
from engine.files import is_file, write_atomically
from engine.training.shards.files import SCHEMA, Moments, Shard, ShardedLoop, read_shard

INDEX: Final = "shards.json"
KINDS: Final = ("training", "held_out")
MOST_BYTES: Final = 64_000_000
"""Of the index: a shard takes 200."""


@dataclass(frozen=True)
class ShardSet:
    """The shards of a `folder` that are trained on, and those that validate; `latents` are moments of the first."""

    folder: Path
    training: tuple[Shard, ...]
    held_out: tuple[Shard, ...]
    latents: Moments

    @classmethod
    def open(cls, folder: Path) -> "ShardSet":
        """The set in `folder`, every file there and as long as it should be: a look at each, none is read.

        Raises `CorpusError` where a shard is missing, cut, or told twice.
        """
        path = folder / INDEX
        try:
            found = read_document_file(path, most_bytes=MOST_BYTES)
            if found["schema"] != SCHEMA:
                raise CorpusError(f"The index {path} was written by another LoopGen; write the shards again.")
            kinds = [tuple(Shard.read(row) for row in found[kind]) for kind in KINDS]
            moments = Moments.read(found["latents"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CorpusError(f"The index {path} is missing or damaged; write the shards again.") from error
        shards = cls(folder, kinds[0], kinds[1], moments)
        shards._check()
        return shards

    def _check(self) -> None:
        shards = (*self.training, *self.held_out)
        if not self.training:
            raise CorpusError(f"{self.folder} has no shard to train on; write the shards again.")
        for shard in shards:
            if Path(shard.file).name != shard.file:
                raise CorpusError(f"The index of {self.folder} names a file elsewhere, {shard.file!r}.")
        if twice := repeated(shards):
            raise CorpusError(f"{self.folder} holds the same loops twice: {twice}; write the shards again.")
        wrong = [shard.file for shard in shards if _size(self.folder / shard.file) != shard.bytes]
        if wrong:
            more = f" and {len(wrong) - 1} more are" if len(wrong) > 1 else " is"
            raise CorpusError(
                f"{wrong[0]}{more} missing in {self.folder}, or cut; write the shards again: only those are made."
            )

    def __len__(self) -> int:
        return sum(shard.loops for shard in self.training)

    @cached_property
    def identity(self) -> str:
        """Sixteen digits that another set has others of."""
        told = "".join(shard.sha256 for shard in self.training)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation `[D, 1]` of each latent channel over all frames that are trained on; raises
        `CorpusError` where the index does not tell."""
        frames, told = float(sum(shard.frames for shard in self.training)), (self.latents.sums, self.latents.squares)
        if frames <= 0 or len({len(sums) for sums in told}) > 1:
            raise CorpusError(f"The index {self.folder / INDEX} is damaged; write the shards again.")
        with np.errstate(all="ignore"):
            mean, square = (np.array(sums) / frames for sums in told)
            deviation = np.sqrt(np.maximum(square - mean**2, 1e-6))
        if not np.isfinite([mean, deviation]).all():
            raise CorpusError(f"The index {self.folder / INDEX} is damaged; write the shards again.")
        own, spread = (torch.from_numpy(values)[:, None].float() for values in (mean, deviation))
        return own, spread.clamp_min(1e-3)

    def loops(self, kind: str, most: int) -> Iterator[ShardedLoop]:
        """The first `most` loops of a kind (training, held_out), in the order of the index."""
        for shard in getattr(self, kind):
            for loop in read_shard(self.folder, shard):
                if most <= 0:
                    return
                most -= 1
                yield loop


def is_sharded(folder: Path) -> bool:
    """Whether `folder` is one of shards; else it may be a corpus folder."""
    return is_file(folder / INDEX) or (folder / "parts").is_dir()


def repeated(shards: tuple[Shard, ...]) -> str:
    """The names of two shards that are one; empty where all differ."""
    seen: dict[str, str] = {}
    for shard in shards:
        for told in (shard.sha256, shard.file):
            if told in seen:
                return f"{seen[told]} and {shard.file}"
        seen |= {shard.sha256: shard.file, shard.file: shard.file}
    return ""


def part_file(folder: Path, number: int) -> Path:
    """Where part `number` is told of."""
    return folder / "parts" / f"{number:05d}.json"


def read_part(folder: Path, number: int, plan: str) -> dict[str, Any] | None:
    """What part `number` of the cut `plan` became, None before it is whole: its files there, as long as they were."""
    try:
        row = read_document_file(part_file(folder, number))
        shards = [Shard.read(row[kind]) for kind in KINDS if row[kind]]
        Moments.read(row["latents"])
        whole = row["plan"] == plan and all(_size(folder / shard.file) == shard.bytes for shard in shards)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return dict(row) if whole else None


def write_index(folder: Path, plan: str, parts: int, manifest: dict[str, Any]) -> bool:
    """Write the index when all `parts` are whole; False while some are not, which other processes may write yet."""
    rows, moments = [], Moments()
    for number in range(parts):
        if (row := read_part(folder, number, plan)) is None:
            return False
        moments = moments.plus(Moments.read(row.pop("latents")))
        rows.append(row)
    kinds = {kind: [row[kind] for row in rows if row[kind]] for kind in KINDS}
    write_manifest(folder, {**manifest, "shards": len(kinds["training"]), "plan": plan})
    write_atomically(folder / INDEX, json.dumps({"schema": SCHEMA, "latents": moments.to_dict(), **kinds}).encode())
    return True


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
