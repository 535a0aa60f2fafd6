"""Workers that are killed at any moment: `python killed.py NAME FOLDER KILLS`. Forked, so that each life is short.

A worker says what it has done once it is done; afterwards, in `check`, all of that must be there, and nothing half.
"""

import os
import random
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import torch
from killed_makers import Exported, Imported, Latents, Learnt, Rendered, RenderedShards
from mortal import Worker, recipe, sound
from tiny import CODEC

from engine import FORMATS, Recipe, read_audio, sweep_stale_files, write_wav
from engine.codec.spectral import SpectralCodec
from engine.corpus.importing import import_loops
from engine.corpus.score import Annotation, CorpusLoop
from engine.corpus.store import is_stored, store_loop, stored_loops, sweep_corpus
from engine.export import write_sound
from engine.files import free_path
from engine.packs.eight_bits import from_eight_bits, in_eight_bits
from engine.packs.models import load_codec, store_codec
from engine.packs.pack import Pack
from engine.training.checkpoints import load_checkpoint, save_checkpoint, sweep_checkpoints
from engine.training.shards.files import Shard, read_shard
from engine.training.shards.index import read_part
from engine.training.shards.writing import Part, Plan, write_part
from loopgen_app.state.loop_bank import LoopBank


class Bank(Worker):
    def work(self, number: int) -> None:
        bank = LoopBank(self.folder / "bank" / "loops.sqlite")
        added = bank.add(sound(number), 44100, recipe(number), name=str(number))
        bank.set_favourite(added.id, True)
        bank.close()

    def check(self) -> None:
        bank = LoopBank(self.folder / "bank" / "loops.sqlite")
        assert bank.notice == ""
        loops = {loop.recipe.request.seed: loop for loop in bank.loops()}
        assert self.promised <= loops.keys()
        assert all(loops[number].favourite for number in self.promised)
        for number in sorted(loops)[-5:]:
            assert np.abs(bank.audio(loops[number].id)[0] - sound(number)).max() < 2.0**-22
        bank.close()


class Export(Worker):
    def work(self, number: int) -> None:
        kind = list(FORMATS.values())[number % len(FORMATS)]
        path = free_path(self.folder, f"loop{kind.suffix}")
        write_sound(path, sound(number), 44100, recipe(number), kind)

    def check(self) -> None:
        sweep_stale_files(self.folder)
        found = set()
        for path in self.folder.iterdir():
            number = Recipe.from_json(read_audio(path).metadata.comment or "").request.seed
            assert np.abs(read_audio(path).audio - sound(number)).max() < 2.0**-14
            found.add(number)
        assert self.promised <= found


class Packs(Worker):
    def work(self, number: int) -> None:
        store_codec(self.folder, self.codec(number), "killed", {"number": number})

    def codec(self, number: int) -> SpectralCodec:
        torch.manual_seed(number)
        return SpectralCodec(CODEC)

    def check(self) -> None:
        if not self.promised:
            return
        pack = Pack.open(self.folder)
        number = pack.manifest["training"]["codec"][-1]["number"]
        assert number >= max(self.promised)
        stored, made = load_codec(pack).state_dict(), in_eight_bits(self.codec(number).state_dict(), "decoder.")
        halves = {name: each.half().float() if each.is_floating_point() else each for name, each in made.items()}
        assert all(torch.equal(stored[name], expected) for name, expected in from_eight_bits(halves).items())
        sweep_stale_files(self.folder)


class Corpus(Worker):
    def work(self, number: int) -> None:
        annotation = Annotation(number, 120.0, 1, None, None, (), {})
        store_loop(
            self.folder, f"{number:06d}", CorpusLoop(sound(number), annotation), np.full((4, 8), 0.5, np.float32)
        )

    def check(self) -> None:
        sweep_corpus(self.folder)
        assert all(is_stored(self.folder, f"{number:06d}") for number in self.promised)
        for loop in list(stored_loops(self.folder))[-5:] if self.promised else []:
            assert np.abs(loop.audio() - sound(loop.annotation.seed)).max() < 2.0**-14


class Imports(Worker):
    """Files with numbers, a bar of noise at 240 BPM each, into one corpus."""

    def work(self, number: int) -> None:
        path = self.folder / f"{number}_240bpm.wav"
        write_wav(path, np.tile(sound(number), 12)[:, :44100], 44100, is_loop=False)
        report = import_loops(self.folder / "corpus", path)
        assert [file.outcome for file in report.files] == ["loop"], report

    def check(self) -> None:
        files = [*self.folder.glob("*_240bpm.wav")]
        if not files:
            return
        import_loops(self.folder / "corpus", *files)
        numbers = [loop.name.split("-")[2] for loop in stored_loops(self.folder / "corpus")]
        assert sorted(numbers) == sorted(path.stem for path in files)
        assert self.promised <= {int(path.stem.partition("_")[0]) for path in files}
        halves = {path.stem for path in (self.folder / "corpus" / "loops").iterdir()}
        assert halves == {loop.name for loop in stored_loops(self.folder / "corpus")}
        sweep_stale_files(self.folder)


class Checkpoint(Worker):
    def work(self, number: int) -> None:
        save_checkpoint(self.folder, {"model.a": torch.full((50_000,), number)}, {"step": number, "seconds": 0.0})

    def check(self) -> None:
        sweep_checkpoints(self.folder)
        saved = load_checkpoint(self.folder)
        if self.promised:
            assert saved is not None and saved[1]["step"] >= max(self.promised)
        if saved is not None:
            assert bool((saved[0]["model.a"] == saved[1]["step"]).all())


class Shards(Worker):
    LOOPS = 6

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        corpus, self.out = folder / "corpus", folder / "shards"
        (self.out / "parts").mkdir(parents=True)
        names = [f"{number:02d}" for number in range(self.LOOPS)]
        for name in names:
            loop = CorpusLoop(sound(int(name)), Annotation(int(name), 120.0, 1, None, None, (), {}))
            store_loop(corpus, name, loop, np.full((4, 8), 0.5, np.float32))
        for loop in stored_loops(corpus):
            loop.store_latent(np.full((16, 8), loop.annotation.seed, np.float32))
        self.plan, self.names = Plan(corpus, self.out, "killed", (), embedded=False), tuple(names)

    def work(self, number: int) -> None:
        write_part(self.plan, Part(number, 0, self.names))

    def check(self) -> None:
        sweep_stale_files(self.out)
        sweep_stale_files(self.out / "parts")
        rows = {number: read_part(self.out, number, "killed") for number in self.promised}
        assert all(rows.values())
        for number in sorted(rows)[-3:]:
            loops = read_shard(self.out, Shard.read(rows[number]["training"]))  # type: ignore[index]
            assert [float(loop.latent().mean()) for loop in loops] == list(range(self.LOOPS))


EACH_IN_FULL: Final = 100
"""Kills from which on even what is slow dies as often."""
WORKERS: Final[dict[str, Callable[[Path], Worker]]] = {
    "bank": Bank,
    "export": Export,
    "pack": Packs,
    "corpus": Corpus,
    "import": Imports,
    "checkpoint": Checkpoint,
    "shards": Shards,
    "encode": Latents,
    "pack export": Exported,
    "pack import": Imported,
    "library": Rendered,
    "library shards": RenderedShards,
    "learn": Learnt,
}


def one_life(worker: Worker, first: int, seconds: float) -> list[int]:
    """Let a fork of this process work from number `first` on until it is killed; returns what it promised."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        number = first
        while True:
            worker.work(number)
            os.write(tell, f"{number}\n".encode())
            number += 1
    os.close(tell)
    # The first thing takes as long as it takes; in later lives it may be cut as well.
    select.select([told], [], [], 600.0 if first == 1 else random.Random(first).choice((0.01, 60.0, 60.0)))
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, "it ended by itself"
    with os.fdopen(told, "rb") as file:
        return [int(line) for line in file.read().splitlines(keepends=True) if line.endswith(b"\n")]


def main(name: str, folder: Path, kills: int) -> None:
    torch.set_num_threads(1)
    worker = WORKERS[name](folder)
    rng = random.Random(f"{name} {kills}")
    kills = kills if kills >= EACH_IN_FULL else max(2, round(worker.share_of_kills * kills))
    for life in range(kills):
        worker.promised |= set(one_life(worker, life * 1000 + 1, rng.uniform(0.0, worker.longest_seconds)))
        worker.check()
        assert worker.strays() == [], worker.strays()
    assert worker.promised
    sys.stdout.write(f"{name}: {kills} kills, {len(worker.promised)} things promised, none lost\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
