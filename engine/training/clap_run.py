"""`loopgen train clap` from folder to pack."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from engine.clap.config import StarterClapConfig
from engine.clap.starter import StarterClap
from engine.corpus.store import read_manifest
from engine.errors import CorpusError
from engine.packs.models import load_own_clap, store_clap
from engine.packs.pack import Pack
from engine.training.clap import ClapTrainer, ClapTraining
from engine.training.run import TrainingOptions, TrainingRun, process_seed
from engine.training.word_table import WordVectors, read_word_vectors


def train_clap(
    training: ClapTraining, pack: Path, run: Path, options: TrainingOptions, *, words: Path | None = None
) -> dict[str, float]:
    """Train the embedder of `pack` as `training` says, with checkpoints in `run`; returns validation figures.

    Goes on from the checkpoint in `run` where there is one, else from the embedder in `pack`, else starts a new one,
    for which `words` names the folder of a sentence encoder to take word vectors from.
    """
    opened = Pack.open(pack)
    if "clap" in opened.components:
        clap = load_own_clap(opened).widened()
    elif words is None:
        raise CorpusError(
            "A new embedder needs word vectors: give --words FOLDER, a sentence encoder of BERT's kind."
        )
    else:
        clap = new_clap(read_word_vectors(words))
    settings = asdict(training)
    del settings["corpus"]
    provenance = {"options": asdict(options), "settings": settings, "corpus": read_manifest(training.corpus)}

    def export(trained: StarterClap, progress: dict[str, Any]) -> None:
        store_clap(pack, trained, {**provenance, **progress})

    trainer = ClapTrainer(clap, training, export, seed=process_seed(options.seed))
    return TrainingRun(trainer, run, options).run()


def new_clap(vectors: WordVectors, **shape: Any) -> StarterClap:
    """An untrained embedder over `vectors`; `shape` replaces values of its `StarterClapConfig`."""
    letters = vectors.letters
    words, dim = vectors.vectors.shape
    clap = StarterClap(StarterClapConfig(words, len(letters), vectors.domain, dim, **{"summary": True, **shape}))
    quantised, scale = vectors.quantised()
    clap.text.table.vectors.copy_(quantised)
    clap.text.table.scale.copy_(scale)
    clap.text.table.letters.copy_(torch.tensor(list(letters), dtype=torch.uint8))
    return clap
