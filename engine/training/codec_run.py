"""`loopgen train codec` from folder to pack."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from engine.codec.networks import SpectralCodecConfig
from engine.codec.spectral import SpectralCodec
from engine.corpus.store import read_manifest
from engine.errors import PackError
from engine.files import is_file
from engine.packs.models import load_own_codec, store_codec
from engine.packs.pack import Pack
from engine.training.adversarial import AdversarialCodecTrainer
from engine.training.checkpoints import has_checkpoint
from engine.training.codec import CodecTrainer, CodecTraining
from engine.training.rendered import rendered_loops
from engine.training.run import TrainingOptions, TrainingRun, process_seed


def train_codec(
    training: CodecTraining,
    pack: Path,
    run: Path,
    options: TrainingOptions,
    *,
    name: str = "starter",
    adversarial: bool = False,
) -> dict[str, float]:
    """Train the codec of `pack` as `training` says, with checkpoints in `run`; returns validation figures.

    Goes on from the checkpoint in `run` where there is one, else from the codec in `pack`, else starts a new codec.
    With `adversarial` the decoder goes on against a discriminator, under the encoder of the pack.
    """
    codec = _codec_of(pack)
    if codec is not None and codec.config.shaped_bins < training.shaped_bins:
        codec = codec.with_shaped(training.shaped_bins)
    if codec is not None and codec.config.high_tones < training.high_tones:
        codec = codec.with_high_tones(training.high_tones)
    fresh = codec is None and not has_checkpoint(run)
    if adversarial:
        training = replace(training, freeze_encoder=True)
    settings = asdict(training) | {"adversarial": adversarial}
    del settings["corpus"]  # where it lies is no one's concern; what it is stands in its manifest

    def export(trained: SpectralCodec, progress: dict[str, Any]) -> None:
        provenance = {"options": asdict(options), "settings": settings, "corpus": read_manifest(training.corpus)}
        store_codec(pack, trained, name, {**provenance, **progress})

    seed = process_seed(options.seed)
    if adversarial:
        if codec is None:
            raise PackError(f"{pack} has no codec yet; train one without --adversarial first.")
        made = rendered_loops(pack, training.rendered) if training.rendered else []
        trainer: CodecTrainer = AdversarialCodecTrainer(codec, training, export, rendered=made, seed=seed)
    else:
        trainer = CodecTrainer(codec or _new_codec(training), training, export, seed=seed, fresh=fresh)
    return TrainingRun(trainer, run, options).run()


def _new_codec(training: CodecTraining) -> SpectralCodec:
    return SpectralCodec(SpectralCodecConfig(shaped_bins=training.shaped_bins, high_tones=training.high_tones))


def _codec_of(pack: Path) -> SpectralCodec | None:
    if not is_file(pack / "pack.json"):
        return None
    return load_own_codec(Pack.open(pack))
