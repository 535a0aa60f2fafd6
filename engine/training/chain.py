"""`loopgen train all`: corpus, codec, embedder and denoiser, one after the other, each with its share of the time.

Loops are rendered by processes of their own while the codec trains on those that are there. Everything lies in one
folder; a chain that was cut, at any moment, goes on from there when it is started again with the minutes that are
left, and its result is a pack.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from engine.config import child_environment
from engine.corpus.seeds import HELD_OUT_SEED, TRAINING
from engine.devices import choose_device
from engine.errors import CorpusError, InvalidRequest
from engine.files import is_file
from engine.packs.checks import MANIFEST
from engine.packs.models import load_codec
from engine.packs.pack import Pack
from engine.training.balance import train_balance
from engine.training.checkpoints import seconds_trained
from engine.training.clap import ClapTraining
from engine.training.clap_run import train_clap
from engine.training.codec import CodecTraining
from engine.training.codec_run import train_codec
from engine.training.denoiser_run import train_denoiser
from engine.training.encoding import embed_corpus, encode_corpus
from engine.training.run import TrainingOptions

SHARES: Final = {"corpus": 0.08, "codec": 0.22, "decoder": 0.1, "clap": 0.1, "denoiser": 0.5}
"""Shares of the minutes. Encoding takes its time from the denoiser; without an embedder its share goes to it, too."""
CODEC_LEGS: Final = 3
"""The codec begins with the first loops, and takes in those rendered meanwhile each time it stops for a while."""
FIRST_LOOPS: Final = 24
"""Loops, held-out ones among them, that have to be there before anything is trained."""
HELD_OUT: Final = 200
LEAST_BALANCED, MOST_BALANCED = 4, 60
"""Loops by which the balance of the pack is measured in the end."""


@dataclass(frozen=True)
class Sizes:
    """How much a step takes at once: crops of so many frames for the codec, loops for the embedder, latent frames for
    the denoiser."""

    crops: int = 12
    crop_frames: int = 64
    heard: int = 128
    frames: int = 2048

    @classmethod
    def on(cls, device: torch.device) -> "Sizes":
        """What suits a device: a GPU is idle with less."""
        return cls(crops=64, heard=512, frames=16_384) if device.type == "cuda" else cls()


@dataclass(frozen=True)
class Chain:
    """What to train: in `folder` corpus and runs, for `minutes` of wall-clock time, on at most `loops` loops rendered
    from `first_seed` on by `jobs` processes. `words` names the sentence encoder that a new embedder takes words from.
    """

    folder: Path
    pack: Path
    minutes: float
    loops: int = 12_000
    held_out: int = HELD_OUT
    first_seed: int = 0
    recordings: int = 1
    jobs: int = 0
    device: str = "auto"
    words: Path | None = None
    sizes: Sizes | None = None
    rate: float = 1e-3

    def __post_init__(self) -> None:
        if not 0 < self.minutes <= 1e6:
            raise InvalidRequest(f"Minutes {self.minutes:g} is out of range: more than 0, up to a million.")
        if not 1 <= self.loops <= TRAINING.end - self.first_seed or not 1 <= self.held_out <= 10_000:
            raise InvalidRequest(
                f"{self.loops} loops and {self.held_out} held out are not possible: 1 to {TRAINING.end} and 10000."
            )

    @property
    def corpus(self) -> Path:
        """The folder of the corpus."""
        return self.folder / "corpus"

    @property
    def balanced(self) -> int:
        """Loops whose bands are measured in the end: one for each minute of the chain."""
        return round(min(max(self.minutes, LEAST_BALANCED), MOST_BALANCED))

    def run(self, stage: str) -> Path:
        """The folder of a stage's run."""
        return self.folder / stage

    @property
    def has_embedder(self) -> bool:
        """True where the pack has an embedder to train, or words for a new one were given."""
        return self.words is not None or (
            is_file(self.pack / MANIFEST) and "clap" in Pack.open(self.pack, verify=False).components
        )

    def options(self, stage: str, share: float = 1.0) -> TrainingOptions | None:
        """What is left of a stage's time, or of a `share` of it; None when nothing is."""
        planned = SHARES[stage] + (SHARES["clap"] if stage == "denoiser" and not self.has_embedder else 0.0)
        left = self.minutes * planned * share - seconds_trained(self.run(stage)) / 60
        return TrainingOptions(minutes=left, learning_rate=self.rate) if left > 1e-3 else None


def train_all(chain: Chain, say: Callable[[str], None]) -> dict[str, float]:
    """Train everything that `chain` says; returns the last validation figures, named by their stage.

    `say` is told what begins. Raises what the stages raise: `CorpusError`, `PackError`, `ExportError`.
    """
    device = choose_device(chain.device)
    sizes = chain.sizes or Sizes.on(device)
    coding = CodecTraining(chain.corpus, batch_size=sizes.crops, crop_frames=sizes.crop_frames)
    figures: dict[str, float] = {}

    def note(stage: str, found: dict[str, float]) -> None:
        figures.update({f"{stage} {name}": value for name, value in found.items()})

    with rendering(chain) as renderer:
        say("corpus: rendering")
        wait_for_loops(chain, renderer, on_cpu=device.type == "cpu")
        for leg in range(CODEC_LEGS):
            if options := chain.options("codec", (leg + 1) / CODEC_LEGS):
                say(f"codec: {options.minutes:.1f} minutes, leg {leg + 1} of {CODEC_LEGS}")
                note("codec", train_codec(coding, chain.pack, chain.run("codec"), options))
        if options := chain.options("decoder"):
            say(f"decoder: {options.minutes:.1f} minutes against a discriminator")
            note("decoder", train_codec(coding, chain.pack, chain.run("decoder"), options, adversarial=True))
        if chain.has_embedder and (options := chain.options("clap")):
            say(f"embedder: {options.minutes:.1f} minutes")
            hearing = ClapTraining(chain.corpus, batch_size=sizes.heard)
            note("clap", train_clap(hearing, chain.pack, chain.run("clap"), options, words=chain.words))
    if options := chain.options("denoiser"):
        started = time.monotonic()
        say("encoding the corpus")
        _encode(chain, device)
        minutes = max(options.minutes - (time.monotonic() - started) / 60, options.minutes / 4)
        say(f"denoiser: {minutes:.1f} minutes")
        options = TrainingOptions(minutes=minutes, learning_rate=chain.rate)
        found = train_denoiser(
            chain.corpus, chain.pack, chain.run("denoiser"), options, frames_per_batch=sizes.frames
        )
        note("denoiser", found)
    components = Pack.open(chain.pack, verify=False).components
    if "denoiser" in components and "balance" not in components:
        say("balance")
        errors = train_balance(chain.pack, loops=chain.balanced, device=chain.device, progress=False)
        note("balance", {f"greatest error {when} (dB)": max(map(abs, found)) for when, found in errors.items()})
    return figures


def _encode(chain: Chain, device: torch.device) -> None:
    pack = Pack.open(chain.pack)
    encode_corpus(chain.corpus, load_codec(pack).to(device), lambda *_: None)
    if "clap" in pack.components:
        embed_corpus(chain.corpus, pack, lambda *_: None, device=chain.device)


@contextmanager
def rendering(chain: Chain) -> Iterator[subprocess.Popen[bytes]]:
    """Render the corpus in processes of their own for as long as this lasts; what they began is then left."""
    jobs = chain.jobs or max(1, (os.cpu_count() or 2) - 1)
    command = [sys.executable, "-m", "engine", "corpus", "build", str(chain.corpus)]
    command += ["--count", str(chain.loops), "--held-out", str(chain.held_out), "--jobs", str(jobs)]
    command += ["--first-seed", str(chain.first_seed), "--recordings", str(chain.recordings), "--json"]
    environment = child_environment() | {"OMP_NUM_THREADS": "1"}
    renderer = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    try:
        yield renderer
    finally:
        renderer.terminate()
        renderer.wait()


def wait_for_loops(chain: Chain, renderer: subprocess.Popen[bytes], *, on_cpu: bool) -> None:
    """Wait until there is something to train on; where training needs the same cores, until the corpus is rendered or
    its share of the time is over. Raises `CorpusError` when it cannot be rendered."""
    started = time.monotonic()
    wanted = min(FIRST_LOOPS, chain.loops)
    while renderer.poll() != 0:
        if renderer.poll() is not None:
            raise CorpusError(f"The corpus could not be rendered into {chain.corpus}: see above.")
        waited = (time.monotonic() - started) / 60
        over = not on_cpu or waited > chain.minutes * SHARES["corpus"]
        if over and _enough(chain.corpus, wanted):
            return
        time.sleep(0.2)


def _enough(corpus: Path, wanted: int) -> bool:
    names = [path.stem for path in (corpus / "loops").glob("*.json")]
    held_out = [name for name in names if name.startswith("synthesis-") and int(name[10:]) >= HELD_OUT_SEED]
    return len(names) >= wanted and bool(held_out) and len(held_out) < len(names)
