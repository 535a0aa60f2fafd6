"""What a learning run learns from: the loops of a folder or corpus, and loops of the kind that its pack came from.

Why the latter are rendered by the generator of the corpus, and not by the pack: it is what the pack learnt from, with
exact annotations of parts, notes and words; the pack's own loops would teach it its own mistakes once more.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

import torch

from engine.conditioning.learnt_sounds import POINTS, STEPS, LearntSounds, LearntSoundsConfig
from engine.corpus.build import BuildOptions, build_corpus, measure_and_store
from engine.corpus.folder import ImportedLoop, find_loops, import_loop
from engine.corpus.importing import storable
from engine.corpus.seeds import HELD_OUT_SEED, TRAINING
from engine.corpus.store import StoredLoop, read_manifest, stored_loops, sweep_corpus, write_manifest
from engine.errors import CorpusError
from engine.files import is_file, is_folder
from engine.requests import Pattern
from engine.training.hearing import hear_corpus
from engine.training.latents import frames_of_curves
from engine.training.learning_plan import LearningPlan
from engine.training.learning_told import LearningTold, Tell
from engine.vocabulary import PARTS

FEWEST: Final = 3
"""Loops without which there is nothing to learn from and to judge by."""
HELD_OUT_EVERY: Final = 8
MOST_HELD_OUT: Final = 16
"""Judging takes time from learning."""
REHEARSED: Final = (16, 240)
"""Least and most loops that are rendered to be rehearsed; between them four a minute."""
REHEARSED_HELD_OUT: Final = 6
MOST_SOUNDS: Final = 64
"""Sounds of which the pack keeps what they are like: 100 kB."""


@dataclass(frozen=True)
class Split:
    """Loops to learn from, and loops to judge by."""

    training: tuple[StoredLoop, ...]
    held_out: tuple[StoredLoop, ...]

    @classmethod
    def of(cls, corpus: Path) -> "Split":
        """That of the corpus in a folder: what it holds out, or where it holds out nothing, every eighth loop.

        Raises `CorpusError` where there are too few.
        """
        loops = list(stored_loops(corpus))
        if len(loops) < FEWEST:
            raise CorpusError(
                f"{len(loops)} usable loop{'s' * (len(loops) != 1)} are too few to learn from: {FEWEST} at least, "
                "and better thirty."
            )
        kept = [loop for loop in loops if loop.held_out]
        if not kept or len(kept) == len(loops):
            kept = loops[HELD_OUT_EVERY // 2 :: HELD_OUT_EVERY] or loops[-1:]
        names = {loop.name for loop in kept}
        return cls(tuple(loop for loop in loops if loop.name not in names), tuple(kept[:MOST_HELD_OUT]))


def learnt_sounds(loops: Sequence[StoredLoop]) -> LearntSounds:
    """What was heard in up to `MOST_SOUNDS` of `loops`, which are embedded, evenly spread."""
    chosen = loops[:: -(-len(loops) // MOST_SOUNDS)]
    sounds = LearntSounds(LearntSoundsConfig(len(chosen)))
    for number, loop in enumerate(chosen):
        sounds.embeddings[number] = torch.from_numpy(loop.embeddings()[0])
        sounds.curves[number] = torch.from_numpy(frames_of_curves(loop.curves(), POINTS))
        told = loop.annotation
        for part, row in Pattern.nearest(told.onsets, told.bars).rows.items():
            sounds.rows[number, PARTS.index(part)] = torch.tensor((row * STEPS)[:STEPS])
    return sounds


def kept_apart(loop: StoredLoop, *, held_out: bool) -> StoredLoop:
    """`loop` as one that is held out, or is not."""
    seed = loop.annotation.seed % HELD_OUT_SEED + HELD_OUT_SEED * held_out
    return replace(loop, annotation=replace(loop.annotation, seed=seed))


def is_corpus(folder: Path) -> bool:
    """Whether `folder` is a corpus, not a folder of sounds."""
    loops = folder / "loops"
    return is_file(folder / "corpus.json") or (is_folder(loops) and any(loops.glob("*.json")))


def look_at(
    source: Path, left_out: frozenset[str] = frozenset()
) -> Iterator[tuple[LearningTold, ImportedLoop | None]]:
    """Every sound in `source` and below with what is said of it, and the loop where it can be used.

    Raises `CorpusError` on a folder that is missing or holds no audio.
    """
    for path in find_loops(source):
        if str(path) in left_out:
            continue
        try:
            loop = import_loop(path)
        except CorpusError as error:
            yield LearningTold("file", str(error), str(path)), None
            continue
        told = LearningTold(
            "file", " ".join(loop.remarks), str(path), loop.finding.bars, loop.finding.tempo_bpm, usable=True
        )
        yield told, loop


def gather(plan: LearningPlan, corpus: Path, tell: Tell) -> Path:
    """The folder of the corpus to learn from: that of the plan, or `corpus`, filled with its sounds and what is heard
    of their scores, once.

    Raises `CorpusError` where nothing can be used, `ExportError` where it cannot be written.
    """
    source = Path(plan.source)
    if is_corpus(source):
        return source
    asked = sha256(json.dumps([plan.source, *plan.left_out]).encode()).hexdigest()
    if read_manifest(corpus).get("gathered") == asked:
        return corpus
    sweep_corpus(corpus)
    number, refused = 0, ""
    for told, imported in look_at(source, frozenset(plan.left_out)):
        tell(told)
        if imported is None:
            refused = refused or told.words
            continue
        loop = replace(imported.loop, annotation=replace(imported.loop.annotation, seed=number))
        measure_and_store(corpus, f"sound-{number:05d}-{storable(imported.path.stem)}", loop, True)
        number += 1
    if not number:
        raise CorpusError(f"No usable loop in {source}. {refused}".strip())
    tell(LearningTold("doing", "Listening for strokes and notes"))
    hear_corpus(corpus, lambda *_: None)
    write_manifest(corpus, {"gathered": asked, "imported_loops": number})
    return corpus


def rehearsal(plan: LearningPlan, corpus: Path, tell: Tell) -> Path | None:
    """The folder `corpus`, filled with loops of the generator; None where the plan rehearses nothing."""
    if not plan.rehearsal:
        return None
    count = round(min(max(4 * plan.minutes, REHEARSED[0]), REHEARSED[1]))
    tell(LearningTold("doing", f"Rendering {count} loops of the kind that the pack knows, to keep them in mind"))
    # The last seeds: those of packs that ship begin at the first.
    options = BuildOptions(count, REHEARSED_HELD_OUT, first_seed=TRAINING.end - count, recording_passes=0)
    build_corpus(corpus, options, lambda _done, _all: None)
    return corpus
