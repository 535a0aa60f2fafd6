"""`loopgen learn` from a folder of sounds to a pack that plays like it: gather, look, learn, listen, keep the best.

Everything lies in one folder, the run, and goes on from there when it was cut, at any moment, or paused. The pack is
put where it belongs when all is done; until then it grows in the run.
"""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from engine.codec.base import LatentCodec
from engine.corpus.store import StoredLoop, read_manifest, stored_loops
from engine.errors import CorpusError, LoopGenError, PackError
from engine.evaluation.judges.nearness import bar_of, nearness
from engine.files import failure, is_file
from engine.models.adapters import Adapter, AdapterConfig, LearningDenoiser
from engine.ownership import FolderLock
from engine.packs.checks import MANIFEST
from engine.packs.learnt import store_adapter, store_learnt_sounds
from engine.packs.models import load_codec, load_denoiser
from engine.packs.pack import Pack
from engine.packs.sharing import ADAPTER, check_vacant, derived_pack, settled_pack
from engine.training.checkpoints import FILE as CHECKPOINT, has_checkpoint, seconds_trained
from engine.training.denoiser import DenoiserTraining
from engine.training.encoding import embed_corpus, encode_corpus
from engine.training.latents import LatentCorpus
from engine.training.learning import LearningTrainer, Lessons
from engine.training.learning_checks import codec_fit
from engine.training.learning_corpus import Split, gather, kept_apart, learnt_sounds, rehearsal
from engine.training.learning_place import RUN_FOLDERS, check_place, check_target
from engine.training.learning_plan import FINISHED, PLAN, LearningPlan
from engine.training.learning_told import LearningTold, Tell
from engine.training.learning_watch import LearningWishes, Watch
from engine.training.metrics import FILE as METRICS
from engine.training.previews import Previews
from engine.training.run import TrainingOptions, TrainingRun

RATES: Final = {"low-rank": 1e-3, "full": 1e-4}
"""Peak learning rates: products of small matrices move little at those of whole ones."""
VALIDATE_EVERY: Final = 25
CHECKPOINT_MINUTES: Final = 0.5
EMA_DECAY: Final = 0.99
"""The average follows within a hundred steps: there are hundreds in all, not the hundred thousands of a pack."""
JUDGED_LOOPS: Final = 16
"""Loops that are rendered at the end and held against those that were learnt from."""


class RunBusyError(LoopGenError):
    """A run folder that another process learns in."""


@dataclass(frozen=True)
class LearningRun:
    """A plan carried out in the folder `run`; `tell` is told how it goes, `wishes` are heeded.

    The numbers are for runs that are smaller than usual.
    """

    plan: LearningPlan
    run: Path
    tell: Tell
    wishes: LearningWishes = field(default_factory=LearningWishes)
    frames_per_batch: int = 2048
    max_steps: int = 1_000_000
    validate_every: int = VALIDATE_EVERY
    judged_loops: int = JUDGED_LOOPS

    def learn(self) -> Pack | None:
        """The pack that was learnt, in the folder of the plan; None when it was paused.

        Raises `RunBusyError` where another process is at it, `CorpusError` on sounds that cannot be learnt from,
        `PackError` on a base that cannot learn or a pack that is there already, `ExportError` where the disk is full.
        """
        try:
            self.run.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CorpusError(f"The folder {self.run} cannot be made: {failure(error)}.") from error
        lock = FolderLock(self.run / "lock")
        if not lock.take():
            raise RunBusyError(f"Another LoopGen learns in {self.run} right now; wait for it, or name another --run.")
        try:
            return self._learn()
        finally:
            lock.release()

    @property
    def _growing(self) -> Path:
        return self.run / "pack"

    def _learn(self) -> Pack | None:
        target = Path(self.plan.pack)
        check_place(self.run, self.plan)
        if (settled := self._settled(target)) is not None:
            return settled
        check_vacant(target)
        check_target(target)
        self._take_plan()
        base = self._base()
        codec, corpus, known = self._prepared(base)
        if self.wishes.any and not has_checkpoint(self.run):  # there is nothing yet to be kept
            return None
        split = Split.of(corpus)
        rehearsed = Split.of(known) if known is not None else None
        self._check_codec(codec, split, rehearsed)
        trainer = self._trained(base, corpus, known, split, rehearsed)
        if self.wishes.pause.is_set() and not self.wishes.finish.is_set():
            return None
        return self._finished(trainer, split, target)

    def _settled(self, target: Path) -> Pack | None:
        """The pack of this very run, where all was done but saying so."""
        if not (is_file(target / MANIFEST) and is_file(self._growing / MANIFEST)):
            return None
        pack = Pack.open(target)
        if pack.hash != Pack.open(self._growing, verify=False).hash or ADAPTER not in pack.components:
            return None
        self._done("It was learnt already.", pack)
        return pack

    def _take_plan(self) -> None:
        before = LearningPlan.read(self.run)
        if before is None and is_file(self.run / FINISHED):
            self._clear()
        if before is not None and not _goes_on(before, self.plan):
            if has_checkpoint(self.run):
                raise PackError(f"{self.run} holds a run of another plan; go on with that, or name another --run.")
            shutil.rmtree(self._growing, ignore_errors=True)
        self.plan.store(self.run)

    def _clear(self) -> None:
        """Forget a run that was finished here: a pack of its name is learnt anew."""
        for folder in RUN_FOLDERS:
            shutil.rmtree(self.run / folder, ignore_errors=True)
        for file in (CHECKPOINT, METRICS, FINISHED):
            (self.run / file).unlink(missing_ok=True)

    def _done(self, words: str, pack: Pack) -> None:
        """What is not needed any more goes, and the run counts as finished."""
        with suppress(FileNotFoundError):  # it was cut here before
            (self.run / PLAN).replace(self.run / FINISHED)
        for folder in (self.run / "rehearsal", self._growing):
            shutil.rmtree(folder, ignore_errors=True)
        self.tell(LearningTold("done", words, str(pack.folder)))

    def _base(self) -> Pack:
        base = Pack.open(self.plan.base)
        if ADAPTER in base.components:
            raise PackError(f"Pack {base.name!r} has learnt already; learn from the pack that it came from.")
        if not is_file(self._growing / MANIFEST):
            derived_pack(base, self._growing, self.plan.name)
        return base

    def _prepared(self, base: Pack) -> tuple[LatentCodec, Path, Path | None]:
        """The codec, the corpus to learn from and that to rehearse; both encoded and embedded as `base` does."""
        self.tell(LearningTold("doing", "Looking at the sounds"))
        corpus = gather(self.plan, self.run / "corpus", self.tell)
        known = rehearsal(self.plan, self.run / "rehearsal", self.tell)
        codec = load_codec(base)
        for folder in filter(None, (corpus, known)):
            self.tell(LearningTold("doing", f"Encoding {sum(1 for _ in stored_loops(folder))} loops"))
            encode_corpus(folder, codec, lambda *_: None)
            if "clap" in base.components:
                embed_corpus(folder, base, lambda *_: None)
        return codec, corpus, known

    def _check_codec(self, codec: LatentCodec, split: Split, rehearsed: Split | None) -> None:
        sounds = [loop for loop in (*split.training, *split.held_out) if is_file(loop.audio_path)]
        if sounds:
            fit = codec_fit(codec, sounds, rehearsed.training if rehearsed else ())
            self.tell(LearningTold("remark", fit.sentence))

    # ---- learning -----------------------------------------------------------------------------------------------

    def _trained(
        self, base: Pack, corpus: Path, known: Path | None, split: Split, rehearsed: Split | None
    ) -> LearningTrainer:
        embedded = "clap" in base.components

        def loops(folder: Path, chosen: Iterable[StoredLoop], held_out: bool) -> LatentCorpus:
            own = [kept_apart(loop, held_out=held_out) for loop in chosen]
            frames = self.frames_per_batch
            return LatentCorpus(folder, held_out=held_out, frames_per_batch=frames, embedded=embedded, loops=own)

        lessons = Lessons(
            loops(corpus, split.training, False),
            loops(corpus, split.held_out, True),
            loops(known, rehearsed.training, False) if known and rehearsed else None,
            loops(known, rehearsed.held_out, True) if known and rehearsed else None,
            self.plan.rehearsal,
        )
        denoiser = load_denoiser(base)
        torch.manual_seed(0)  # what is drawn for the matrices is the same each time
        adapter = Adapter.beside(denoiser, AdapterConfig(self.plan.method))  # type: ignore[arg-type]
        training = DenoiserTraining(corpus, self.frames_per_batch, embedded=embedded)
        trained_before = seconds_trained(self.run)
        left = max(self.plan.minutes - trained_before / 60, 0.0)
        options = TrainingOptions(
            minutes=left,
            max_steps=self.max_steps,
            learning_rate=RATES[self.plan.method],
            warmup_steps=30,
            ema_decay=EMA_DECAY,
            validate_every=self.validate_every,
            checkpoint_minutes=CHECKPOINT_MINUTES,
        )
        provenance = {"options": asdict(options), "plan": self._told_plan(), "corpus": read_manifest(corpus)}
        if embedded:
            store_learnt_sounds(self._growing, learnt_sounds(split.training))
        watch = Watch(self.plan, self.wishes, self.tell, self._previews(split, lessons), trained_before)

        def export(best: Adapter, progress: dict[str, Any]) -> None:
            store_adapter(self._growing, best, {**provenance, **progress})

        trainer = LearningTrainer(
            LearningDenoiser(denoiser, adapter), training, lessons, export, follow=watch.step, judged=watch.judged
        )
        run = TrainingRun(trainer, self.run, options)
        watch.judged(trainer.kept, True)
        if left and not self.wishes.any:
            self.tell(LearningTold("doing", f"Learning from {len(split.training)} loops"))
            run.run()
        else:  # it may have been cut between its checkpoint and its pack
            trainer.export(trainer.model, {"run": run.identity, "step": run.step, "seconds": round(run.seconds, 1)})
        return trainer

    def _told_plan(self) -> dict[str, Any]:
        """The plan without where things lie, which is no one's concern."""
        kept = ("minutes", "method", "rehearsal")
        return {name: value for name, value in asdict(self.plan).items() if name in kept}

    def _previews(self, split: Split, lessons: Lessons) -> Previews:
        tempi = sorted(loop.annotation.tempo_bpm for loop in split.training)
        sounds = [loops.sounds for loops in lessons.folder.by_length.values() if loops.sounds is not None]
        mean = torch.cat(sounds).float().mean(0) if sounds else None
        reference = () if mean is None else tuple((mean / mean.norm().clamp_min(1e-6)).tolist())
        return Previews(self._growing, self.run / "previews", tempi[len(tempi) // 2], reference)

    # ---- the end ------------------------------------------------------------------------------------------------

    def _finished(self, trainer: LearningTrainer, split: Split, target: Path) -> Pack:
        told = [trainer.sentence]
        self.tell(LearningTold("doing", "Listening whether it copies"))
        try:
            told.append(self._copies(split))
        except LoopGenError as error:  # silence, say; what was learnt is there all the same
            told.append(f"Whether it copies cannot be told: {error}")
        pack = settled_pack(Pack.open(self._growing), target)
        self._done(" ".join(told), pack)
        return pack

    def _copies(self, split: Split) -> str:
        """Render loops at the tempi of those that were learnt from, and hold them against these."""
        loops = list(split.training)
        if len(loops) < 2:
            return "One loop alone was learnt from: whether what comes out copies it cannot be told."
        previews = Previews(self._growing, self.run / "previews", loops[0].annotation.tempo_bpm, ())
        rendered = previews.loops([loop.annotation.tempo_bpm for loop in loops], self.judged_loops)
        bars = np.stack([bar_of(loop.latent(), loop.annotation.bars) for loop in loops])
        found = nearness(np.stack([bar_of(loop.latent, loop.request.bars) for loop in rendered]), bars)
        if previews.embeds:
            heard: NDArray[np.float32] = np.stack([loop.embeddings()[0] for loop in loops])
            made = np.array([previews.embed(loop) for loop in rendered], np.float32)
            found = nearness(made, heard)
        return found.sentence


def _goes_on(before: LearningPlan, now: LearningPlan) -> bool:
    """Whether `now` is `before` with other minutes."""
    changes = {"minutes": 0.0, "preview_minutes": 0.0}
    return asdict(before) | changes == asdict(now) | changes
