"""`loopgen train denoiser` from folder to pack."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import torch

from engine.conditioning.voices import VoiceTable
from engine.corpus.store import StoredLoop, read_manifest, stored_loops
from engine.errors import CorpusError
from engine.models.unet import Denoiser, DenoiserConfig
from engine.packs.identities import embedder_hash, encoder_hash
from engine.packs.models import load_codec, load_denoiser, store_denoiser, store_voices
from engine.packs.pack import Pack
from engine.training.checkpoints import has_checkpoint
from engine.training.denoiser import DenoiserTrainer, DenoiserTraining
from engine.training.run import TrainingOptions, TrainingRun, process_seed
from engine.training.shards.index import ShardSet, is_sharded

VOICED: Final = 8192
"""Loops of shards that are listened to for the voices of a pack, which keeps fewer."""


def train_denoiser(
    corpus: Path,
    pack: Path,
    run: Path,
    options: TrainingOptions,
    *,
    frames_per_batch: int = 2048,
    config: DenoiserConfig | None = None,
) -> dict[str, float]:
    """Train the denoiser of `pack` on `corpus`, with checkpoints in `run`; returns validation figures.

    Goes on from the checkpoint in `run` where there is one, else from the denoiser in `pack` (one that could not read
    notes or voices learns to), else starts anew.
    Raises `CorpusError` when the corpus was encoded by another codec than the pack's, or shards of it are missing.
    """
    opened = Pack.open(pack)
    _check_encoder(corpus, opened)
    if "denoiser" in opened.components and config is None:
        denoiser = load_denoiser(opened)
        if not has_checkpoint(run):
            denoiser = denoiser.widened()
    else:
        denoiser = Denoiser(
            config
            or DenoiserConfig(
                latent_dim=opened.latent_dim, notes=True, repeats=True, struck=True, overall=False, waves=True
            )
        )
    training = DenoiserTraining(corpus, frames_per_batch, is_embedded(corpus, opened), order=options.seed)
    settings = asdict(training)
    del settings["corpus"]  # where it lies is no one's concern; what it is stands in its manifest
    provenance = {"options": asdict(options), "settings": settings, "corpus": read_manifest(corpus)}

    def export(trained: Denoiser, progress: dict[str, Any]) -> None:
        store_denoiser(pack, trained, {**provenance, **progress})

    trainer = DenoiserTrainer(denoiser, training, export, seed=process_seed(options.seed))
    training_run = TrainingRun(trainer, run, options)
    figures = training_run.run()
    if training_run.accelerator.is_main_process:  # the one that has written the pack
        keep_voices(corpus, pack)
    return figures


@torch.no_grad()
def keep_voices(corpus: Path, pack: Path) -> None:
    """Put the voices of the training loops of `corpus`, as the denoiser of `pack` hears them, into `pack`."""
    encoder = load_denoiser(Pack.open(pack)).voices
    if encoder is None:
        return
    heard, given, styles, tunings = [], [], [], []
    for loop in training_loops(corpus):
        images, known = loop.voices()
        if known.any():
            heard.append(encoder(torch.from_numpy(images)[None]))
            given.append(torch.from_numpy(known)[None])
            styles.append(loop.annotation.style)
            tunings.append(loop.annotation.tunings)
    if heard:
        record = {"run": "voices", "settings": {"loops": len(heard)}, "corpus": read_manifest(corpus)}
        store_voices(pack, VoiceTable.of(torch.cat(heard), torch.cat(given), styles, tunings), record)


def _check_encoder(corpus: Path, pack: Pack) -> None:
    """Raise `CorpusError` where the latents of `corpus` are not those of the codec of `pack`."""
    codec = load_codec(pack)
    if is_sharded(corpus):
        ShardSet.open(corpus)  # one that is not whole says so, before anything else is found wrong with it
    if read_manifest(corpus).get("encoder") != encoder_hash(codec):
        raise CorpusError(f"The corpus was not encoded by this pack's codec; run `loopgen corpus encode {corpus}`.")


def training_loops(corpus: Path) -> Iterator[StoredLoop]:
    """The loops that a corpus trains on; of shards, as many as tell how parts sound."""
    if is_sharded(corpus):
        return ShardSet.open(corpus).loops("training", VOICED)
    return (loop for loop in stored_loops(corpus) if not loop.held_out)


def is_embedded(corpus: Path, pack: Pack) -> bool:
    """True when the corpus carries embeddings of the pack's embedder; without one, words are not trained on."""
    if "clap" not in pack.components:
        return False
    if read_manifest(corpus).get("embedder") != embedder_hash(pack):
        raise CorpusError(f"The corpus was not embedded by this pack; run `loopgen corpus encode {corpus}`.")
    return True
