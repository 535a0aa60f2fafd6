"""`loopgen train denoiser` from folder to pack."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from engine.conditioning.voices import VoiceTable
from engine.corpus.store import read_manifest, stored_loops
from engine.errors import CorpusError
from engine.models.unet import Denoiser, DenoiserConfig
from engine.packs.identities import embedder_hash, encoder_hash
from engine.packs.models import load_codec, load_denoiser, store_denoiser, store_voices
from engine.packs.pack import Pack
from engine.training.checkpoints import has_checkpoint
from engine.training.denoiser import DenoiserTrainer, DenoiserTraining
from engine.training.run import TrainingOptions, TrainingRun, process_seed


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
    Raises `CorpusError` when the corpus was encoded by another codec than the pack's.
    """
    opened = Pack.open(pack)
    codec = load_codec(opened)
    if read_manifest(corpus).get("encoder") != encoder_hash(codec):
        raise CorpusError(f"The corpus was not encoded by this pack's codec; run `loopgen corpus encode {corpus}`.")
    if "denoiser" in opened.components and config is None:
        denoiser = load_denoiser(opened)
        if not has_checkpoint(run):
            denoiser = denoiser.widened()
    else:
        denoiser = Denoiser(
            config
            or DenoiserConfig(latent_dim=opened.latent_dim, notes=True, repeats=True, struck=True, overall=False)
        )
    training = DenoiserTraining(corpus, frames_per_batch, embedded=_is_embedded(corpus, opened))
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
    heard, given, styles = [], [], []
    for loop in stored_loops(corpus):
        images, known = loop.voices()
        if not loop.held_out and known.any():
            heard.append(encoder(torch.from_numpy(images)[None]))
            given.append(torch.from_numpy(known)[None])
            styles.append(loop.annotation.style)
    if heard:
        record = {"run": "voices", "settings": {"loops": len(heard)}, "corpus": read_manifest(corpus)}
        store_voices(pack, VoiceTable.of(torch.cat(heard), torch.cat(given), styles), record)


def _is_embedded(corpus: Path, pack: Pack) -> bool:
    """True when the corpus carries embeddings of the pack's embedder; without one, words are not trained on."""
    if "clap" not in pack.components:
        return False
    if read_manifest(corpus).get("embedder") != embedder_hash(pack):
        raise CorpusError(f"The corpus was not embedded by this pack; run `loopgen corpus encode {corpus}`.")
    return True
