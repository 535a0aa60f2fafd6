"""Cutting an encoded corpus into shards, by any number of processes; each part is written whole, or again."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from engine.corpus.store import read_manifest, stored_loop
from engine.errors import CorpusError, ExportError, InvalidRequest
from engine.files import failure, is_folder, sweep_stale_files, write_atomically
from engine.training.shards.files import Moments, Shard, ShardFile, read_row
from engine.training.shards.index import KINDS, ShardSet, part_file, read_part, write_index


@dataclass(frozen=True)
class Cut:
    """How a corpus is cut: about `loops` loops a shard, mixed by `seed`; this process writes those of share `share`
    of `shares`, by `jobs` processes of its own. Raises `InvalidRequest` on numbers that are not possible."""

    loops: int = 256
    seed: int = 0
    jobs: int = 1
    share: int = 0
    shares: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.loops <= 100_000 or not 1 <= self.jobs <= 1024:
            raise InvalidRequest("Possible: --loops 1 to 100000, --jobs 1 to 1024.")
        if not 1 <= self.shares <= 100_000 or not 0 <= self.share < self.shares:
            raise InvalidRequest(f"--share {self.share + 1}/{self.shares} is not possible: 1/1, or 1/8 to 8/8.")


@dataclass(frozen=True)
class Part:
    """The loops, by name, of one part of a corpus; the `first` of them has that number among all."""

    number: int
    first: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """Where each loop of `corpus` goes, and what all of that depends on in one word; the same for every process."""

    corpus: Path
    folder: Path
    identity: str
    parts: tuple[Part, ...]
    embedded: bool

    @classmethod
    def of(cls, corpus: Path, folder: Path, cut: Cut) -> "Plan":
        """Cut `corpus`; raises `CorpusError` on a folder that is no corpus, or is not encoded."""
        names = sorted(entry.name.removesuffix(".json") for entry in _annotations(corpus))
        manifest = read_manifest(corpus)
        if not names or "encoder" not in manifest:
            raise CorpusError(f"{corpus} is no encoded corpus; see `loopgen corpus build` and `corpus encode`.")
        told = [cut.seed, cut.loops, manifest["encoder"], manifest.get("embedder"), *names]
        identity = hashlib.sha256("\n".join(map(str, told)).encode()).hexdigest()[:16]
        order = np.random.default_rng(cut.seed).permutation(len(names))
        mixed = [names[place] for place in order]
        parts = [
            Part(number, first, tuple(mixed[first : first + cut.loops]))
            for number, first in enumerate(range(0, len(names), cut.loops))
        ]
        return cls(corpus, folder, identity, tuple(parts), "embedder" in manifest)


def _annotations(corpus: Path) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(corpus / "loops") as entries:
            yield from (entry for entry in entries if entry.name.endswith(".json") and entry.name[0] != ".")
    except OSError as error:
        raise CorpusError(f"{corpus} holds no corpus; make one with `loopgen corpus build {corpus}`.") from error


def write_shards(corpus: Path, folder: Path, cut: Cut, progress: Callable[[int, int], None]) -> ShardSet | None:
    """Write the share of the shards of `corpus` that is this process's into `folder`; what is there is kept.

    Returns the set when all of it is there, None while other processes have parts to write. Raises `CorpusError` and
    `ExportError`; what was written whole by then stays, and the same call goes on.
    """
    plan = Plan.of(corpus, folder, cut)
    _ready(folder)
    own = [part for part in plan.parts if part.number % cut.shares == cut.share]
    missing = [part for part in own if read_part(folder, part.number, plan.identity) is None]
    done = len(own) - len(missing)
    progress(done, len(own))
    for _ in _written(plan, missing, cut.jobs):
        done += 1
        progress(done, len(own))
    whole = write_index(folder, plan.identity, len(plan.parts), read_manifest(corpus))
    return ShardSet.open(folder) if whole else None


def _ready(folder: Path) -> None:
    if not is_folder(folder / "parts"):  # no shards of ours are there, and others call theirs so too
        for kind in KINDS:
            if theirs := next(folder.glob(f"{kind}-[0-9][0-9][0-9][0-9][0-9].tar"), None):
                raise ExportError(f"{folder} holds shards of another program ({theirs.name}); choose another folder.")
    try:
        (folder / "parts").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"The folder {folder} cannot be made: {failure(error)}.") from error
    for each in (folder, folder / "parts"):
        sweep_stale_files(each)


def _written(plan: Plan, parts: Sequence[Part], jobs: int) -> Iterator[None]:
    if jobs <= 1:
        for part in parts:
            write_part(plan, part)
            yield
        return
    told = Plan(plan.corpus, plan.folder, plan.identity, (), plan.embedded)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(write_part, told, part) for part in parts]
        try:
            for job in as_completed(waiting):
                job.result()
                yield
        except BrokenProcessPool as error:
            raise CorpusError(
                "A process that wrote shards died (killed, or out of memory). What is whole stays: run it again."
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def write_part(plan: Plan, part: Part) -> None:
    """Write the shards of `part`, and then the line that says so."""
    files: dict[str, ShardFile] = {}
    try:
        for place, name in enumerate(part.names):
            loop = stored_loop(plan.corpus / "loops" / f"{name}.json")
            kind = KINDS[loop.held_out]
            if kind not in files:
                files[kind] = ShardFile(plan.folder / f"{kind}-{part.number:05d}.tar")
            files[kind].add(part.first + place, loop, read_row(loop), embedded=plan.embedded)
        shards: dict[str, Shard] = {kind: file.finish() for kind, file in files.items()}
    finally:
        for file in files.values():
            file.give_up()
    row: dict[str, Any] = {kind: shards[kind].to_dict() if kind in shards else None for kind in KINDS}
    row["latents"] = files[KINDS[0]].moments.to_dict() if KINDS[0] in files else Moments().to_dict()
    with suppress(OSError):  # one of an earlier cut
        for kind in KINDS:
            if kind not in shards:
                (plan.folder / f"{kind}-{part.number:05d}.tar").unlink(missing_ok=True)
    write_atomically(part_file(plan.folder, part.number), json.dumps({**row, "plan": plan.identity}).encode())
