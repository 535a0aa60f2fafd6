"""Workers that are killed while they encode, render libraries, send packs or learn; see `killed`."""

import json
import os
import tarfile
from pathlib import Path
from typing import Final

import numpy as np
import torch
from mortal import Worker, sound
from tiny import CODEC, tiny_corpus, tiny_pack

from engine import LoopRequest, sweep_stale_files
from engine.audio.io import read_audio
from engine.codec.spectral import SpectralCodec
from engine.config import user_packs
from engine.corpus.score import Annotation, CorpusLoop
from engine.corpus.store import read_manifest, store_loop, stored_loops, sweep_corpus
from engine.packs.bundle import export_pack, import_pack, sweep_arrivals
from engine.packs.identities import encoder_hash
from engine.packs.learnt import load_adapter
from engine.packs.models import load_denoiser
from engine.packs.pack import Pack, list_packs
from engine.packs.sharing import delete_pack
from engine.pipeline import LoopPipeline
from engine.recipe import find_recipe
from engine.rendering.library import Library, render_library
from engine.rendering.requests_file import RequestsFile
from engine.training import learning_run
from engine.training.encoding import encode_corpus
from engine.training.learning_plan import LearningPlan
from engine.training.learning_run import LearningRun


def _quietly(*_: object) -> None:
    """Progress that nobody follows."""


def _is_nearly(found: np.ndarray, expected: np.ndarray) -> bool:
    """But for what it changes which loops are encoded together; another codec's differ by more than they are."""
    return bool(np.linalg.norm(found - expected) < 0.05 * np.linalg.norm(expected))


class Latents(Worker):
    """A corpus, encoded by one codec after the other: every latent is of the codec that is named."""

    LOOPS: Final = 6

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.corpus, self.codecs, self.expected = folder / "corpus", [], {}
        for number in range(self.LOOPS):
            annotation = Annotation(number, 240.0, 1, None, None, (), {})
            store_loop(
                self.corpus,
                f"{number:02d}",
                CorpusLoop(np.tile(sound(number), 12)[:, :44100], annotation),
                np.full((4, 8), 0.5, np.float32),
            )
        for seed in range(2):
            torch.manual_seed(seed)
            self.codecs.append(SpectralCodec(CODEC))
            encode_corpus(self.corpus, self.codecs[-1], _quietly)
            self.expected[encoder_hash(self.codecs[-1])] = [loop.latent() for loop in stored_loops(self.corpus)]

    def work(self, number: int) -> None:
        encode_corpus(self.corpus, self.codecs[number % 2], _quietly)

    def check(self) -> None:
        sweep_corpus(self.corpus)
        named = read_manifest(self.corpus)["encoder"]
        (codec,) = (codec for codec in self.codecs if encoder_hash(codec) == named)
        pairs = list(zip(stored_loops(self.corpus), self.expected[named], strict=True))
        there = [(loop, latent) for loop, latent in pairs if loop.latent_path.exists()]
        assert all(_is_nearly(loop.latent(), latent) for loop, latent in there)
        written = {loop.name: loop.latent_path.stat().st_mtime_ns for loop, _ in there}
        encode_corpus(self.corpus, codec, _quietly)  # goes on, and does nothing twice
        assert all(_is_nearly(loop.latent(), latent) for loop, latent in pairs)
        assert all(
            loop.latent_path.stat().st_mtime_ns == written[loop.name] for loop, _ in pairs if loop.name in written
        )


class Exported(Worker):
    """A pack, written as one file again and again."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        os.environ |= {"XDG_DATA_HOME": str(folder / "home"), "HOME": str(folder / "home")}
        self.pack = Pack.open(tiny_pack(folder / "pack", denoiser=False))
        (folder / "out").mkdir()

    def work(self, number: int) -> None:
        export_pack(self.pack, self.folder / "out" / f"{number % 7}.loopgenpack")

    def check(self) -> None:
        sweep_stale_files(self.folder / "out")
        files = sorted((self.folder / "out").iterdir())
        assert {number % 7 for number in self.promised} <= {int(path.stem) for path in files}
        for path in files:
            arrived = import_pack(path)
            assert arrived.hash == self.pack.hash
            delete_pack(arrived.folder)


class Imported(Worker):
    """A pack in a file, taken in again and again."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        os.environ |= {"XDG_DATA_HOME": str(folder / "home"), "HOME": str(folder / "home")}
        self.pack = Pack.open(tiny_pack(folder / "pack", denoiser=False))
        self.file = export_pack(self.pack, folder / "sent.loopgenpack")

    def work(self, number: int) -> None:
        sweep_arrivals()
        import_pack(self.file)

    def check(self) -> None:
        sweep_arrivals()
        there = list(user_packs().iterdir()) if user_packs().is_dir() else []
        assert len(there) >= len(self.promised)
        assert set(there) == {found.folder for found in list_packs() if found.folder in there}
        for folder in sorted(there, key=lambda each: each.stat().st_mtime_ns)[-5:]:
            assert Pack.open(folder).hash == self.pack.hash  # every byte of it


class Rendered(Worker):
    """Files of requests, each as a library of loops."""

    SHARD = 0
    longest_seconds = 0.3

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.pack = tiny_pack(folder / "pack")
        (folder / "out").mkdir()
        # Loaded before lives are forked: each would take as long as this to begin.
        loaded = LoopPipeline.from_pack(self.pack, "cpu")
        LoopPipeline.from_pack = classmethod(lambda *_: loaded)  # type: ignore[assignment, method-assign]

    def library(self, number: int) -> Library:
        path = self.folder / f"{number}.jsonl"
        path.write_text("".join(json.dumps({"seed": 10 * number + line}) + "\n" for line in range(3)))
        base = LoopRequest(tempo_bpm=220.0, bars=1, num_steps=1, tags=("techno",))
        return Library(RequestsFile(path, base), self.folder / "out", self.pack, "cpu", shard=self.SHARD, batch=2)

    def work(self, number: int) -> None:
        render_library(self.library(number), _quietly)

    def check(self) -> None:
        sweep_stale_files(self.folder / "out")
        found = sorted(self.folder.glob("out/*"), key=lambda path: path.stat().st_mtime_ns)
        for number in sorted(self.promised)[-3:]:
            assert render_library(self.library(number), _quietly) == 0  # nothing of it is missing
        self.read(found[-6:])

    def read(self, files: list[Path]) -> None:
        for file in files:
            loop = read_audio(file)
            assert loop.audio.shape[1] == 48_109 and find_recipe(loop.metadata.comment) is not None


class RenderedShards(Rendered):
    """The same, into tar files."""

    SHARD = 3

    def read(self, files: list[Path]) -> None:
        for file in files:
            with tarfile.open(file) as tar:
                assert [member.name[-4:] for member in tar.getmembers()] == ["json", ".wav"] * 3
                assert all(tar.extractfile(member).read() for member in tar.getmembers())  # type: ignore[union-attr]


class Learnt(Worker):
    """Runs of `loopgen learn`, one after the other, each into a pack of its own; one that was cut goes on."""

    longest_seconds = 3.0
    share_of_kills = 0.4

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.base = tiny_pack(folder / "base")
        self.source = tiny_corpus(folder / "corpus", loops=4, frames=48)
        learning_run.CHECKPOINT_MINUTES = 0.001  # type: ignore[misc]

    def work(self, number: int) -> None:
        name = f"n{number}"
        plan = LearningPlan(str(self.source), str(self.base), str(self.folder / "packs" / name), name, rehearsal=0.0)
        assert self.learn(plan, self.folder / "run" / name) is not None

    def learn(self, plan: LearningPlan, run: Path) -> Pack | None:
        made = LearningRun(plan, run, _quietly, frames_per_batch=64, max_steps=4, validate_every=2, judged_loops=1)
        return made.learn()

    def check(self) -> None:
        for run in self.folder.glob("run/*"):
            if (plan := LearningPlan.read(run)) is not None:  # it was cut, and goes on
                assert self.learn(plan, run) is not None
        folders = {path.name: path for path in self.folder.glob("packs/*") if not path.name.startswith(".")}
        assert {f"n{number}" for number in self.promised} <= folders.keys()
        for folder in sorted(folders.values(), key=lambda path: path.stat().st_mtime_ns)[-3:]:
            pack = Pack.open(folder)  # every byte of it
            assert load_adapter(pack, load_denoiser(pack)) is not None
