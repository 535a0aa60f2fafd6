"""One shard: a tar of WebDataset that holds loops, and the line of the index that tells what it holds.

    NNNNNNNN.json                      annotation as `engine.corpus.store` keeps it, and the loop's name
    NNNNNNNN.loops.safetensors         curves and pictures of hits
    NNNNNNNN.latents.safetensors       latent of the codec that corpus.json names
    NNNNNNNN.embeddings.safetensors    of the embedder that corpus.json names, where there is one

Any reader of WebDataset reads them. Which process reads which shard is decided here (`stream`): the loaders of that
package deal out shards once, to a number of processes that stays, and cannot say later what was read.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from engine.corpus.score import Annotation
from engine.corpus.store import StoredLoop
from engine.documents import read_document, read_document_file
from engine.errors import CorpusError
from engine.files import failure
from engine.tars import TarWriting, samples_of
from engine.vocabulary import Vocabulary

SCHEMA: Final = 1
PARTS_OF_A_LOOP: Final = ("loops", "latents", "embeddings")
"""The folders of a corpus whose files are members of a sample, under the same names."""


@dataclass(frozen=True)
class ShardedLoop(StoredLoop):
    """A loop whose arrays are in memory, as its shard had them: by folder of a corpus, a safetensors file."""

    content: Mapping[str, bytes] = field(default_factory=dict)

    def _array(self, path: Path, name: str) -> NDArray[np.float32]:
        try:
            return load(self.content[path.parent.name])[name].astype(np.float32)
        except (SafetensorError, KeyError) as error:
            raise CorpusError(f"{self.folder} holds a damaged loop, {self.name}; write the shard again.") from error


@dataclass(frozen=True)
class Shard:
    """A line of the index: the file, and what it must be like; its loops have `frames` latent frames together."""

    file: str
    loops: int
    bytes: int
    sha256: str
    frames: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`; raises `KeyError`, `TypeError` or `ValueError` on anything else."""
        numbers = {name: int(row[name]) for name in ("loops", "bytes", "frames")}
        return cls(file=str(row["file"]), sha256=str(row["sha256"]), **numbers)


@dataclass(frozen=True)
class Moments:
    """Sums `[D]` over latent frames, and over their squares: what mean and deviation come from."""

    sums: tuple[float, ...] = ()
    squares: tuple[float, ...] = ()

    @classmethod
    def of(cls, latent: NDArray[np.float32]) -> Self:
        """Those of `latent` `[D, F]`."""
        exact = latent.astype(np.float64)
        return cls(tuple(map(float, exact.sum(axis=1))), tuple(map(float, (exact**2).sum(axis=1))))

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`; raises `KeyError`, `TypeError` or `ValueError` on anything else."""
        sums, squares = (tuple(float(value) for value in row[name]) for name in ("sums", "squares"))
        return cls(sums, squares)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def plus(self, other: "Moments") -> "Moments":
        """Those over the frames of both; raises `ValueError` where these have not the same channels."""
        if not self.sums:
            return other
        if not other.sums:
            return self
        both = [(self.sums, other.sums), (self.squares, other.squares)]
        sums, squares = (tuple(a + b for a, b in zip(*pair, strict=True)) for pair in both)
        return Moments(sums, squares)


class ShardFile:
    """A shard while it is written, and the `moments` of what is in it so far."""

    def __init__(self, path: Path) -> None:
        self._path, self._tar = path, TarWriting(path)
        self._loops = self._frames = 0
        self.moments = Moments()

    def add(self, number: int, loop: StoredLoop, row: Mapping[str, Any], *, embedded: bool) -> None:
        """Add `loop` with its `row` (the JSON of its annotation); raises `CorpusError` on one that is not whole."""
        latent = loop.latent()
        self.moments = self.moments.plus(Moments.of(latent))
        self._frames += latent.shape[1]
        self._loops += 1
        members = {"json": json.dumps({**row, "name": loop.name}).encode()}
        for part in PARTS_OF_A_LOOP if embedded else PARTS_OF_A_LOOP[:2]:
            members[f"{part}.safetensors"] = _content(loop.folder / part / f"{loop.name}.safetensors")
        self._tar.add(number, members)

    def finish(self) -> Shard:
        """Close the shard and give it its name."""
        written = self._tar.finish()
        return Shard(self._path.name, self._loops, written.bytes, written.sha256, self._frames)

    def give_up(self) -> None:
        """Delete what was written; nothing to delete after `finish`."""
        self._tar.give_up()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {failure(error)}.") from error


def read_shard(folder: Path, shard: Shard) -> list[ShardedLoop]:
    """The loops of `shard` in `folder`, in the order of the file. Raises `CorpusError` where it is missing, or is not
    the file that the index tells of."""
    path = folder / shard.file
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"The shard {path} cannot be read: {failure(error)}.") from error
    if len(content) != shard.bytes or hashlib.sha256(content).hexdigest() != shard.sha256:
        raise CorpusError(f"The shard {path} is damaged; delete it, and write the shards again.")
    try:
        loops = [_loop(path, sample) for sample in samples_of(path.name, content)]
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise CorpusError(f"The shard {path} holds what is no loop ({error}); write the shards again.") from error
    if len(loops) != shard.loops:
        raise CorpusError(f"The shard {path} holds {len(loops)} loops, not {shard.loops}; write the shards again.")
    return loops


def _loop(path: Path, sample: Mapping[str, Any]) -> ShardedLoop:
    row = read_document(sample["json"])
    content = {part: sample[f"{part}.safetensors"] for part in PARTS_OF_A_LOOP if f"{part}.safetensors" in sample}
    known = Vocabulary.read(row.get("vocabulary", {}))
    annotation = Annotation.from_dict(row["annotation"])
    frames, is_heard = int(row["frames"]), row.get("heard") is True
    return ShardedLoop(path, str(row["name"]), annotation, frames, known, is_heard, content)


def read_row(loop: StoredLoop) -> dict[str, Any]:
    """The JSON beside `loop` in its corpus folder; raises `CorpusError`."""
    path = loop.folder / "loops" / f"{loop.name}.json"
    try:
        return dict(read_document_file(path))
    except (OSError, ValueError, TypeError) as error:
        raise CorpusError(f"The annotation {path} cannot be read; build the corpus again.") from error
