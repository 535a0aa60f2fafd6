"""`loopgen train codec` from folder to pack."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.codec.spectral import SpectralCodec
from engine.errors import PackError
from engine.pack_models import load_codec, store_codec
from engine.packs import Pack
from engine.training.adversarial import AdversarialCodecTrainer
from engine.training.checkpoints import has_checkpoint
from engine.training.codec import CodecTrainer, CodecTraining
from engine.training.run import TrainingOptions, TrainingRun, process_seed


def train_codec(
    corpus: Path,
    pack: Path,
    run: Path,
    options: TrainingOptions,
    *,
    name: str = "starter",
    batch_size: int = 12,
    freeze_encoder: bool = False,
    adversarial: bool = False,
) -> dict[str, float]:
    """Train the codec of `pack` on the audio of `corpus`, with checkpoints in `run`; returns validation figures.

    Goes on from the checkpoint in `run` where there is one, else from the codec in `pack`, else starts a new codec.
    With `adversarial` the decoder goes on against a discriminator, under the encoder of the pack.
    """
    codec = _codec_of(pack)
    fresh = codec is None and not has_checkpoint(run)
    training = CodecTraining(corpus, batch_size=batch_size, freeze_encoder=freeze_encoder)

    stage = {"batch_size": batch_size, "frozen_encoder": freeze_encoder or adversarial, "adversarial": adversarial}

    def export(trained: SpectralCodec, progress: dict[str, Any]) -> None:
        store_codec(pack, trained, name, {"options": asdict(options), **stage, **progress})

    seed = process_seed(options.seed)
    if adversarial:
        if codec is None:
            raise PackError(f"{pack} has no codec yet; train one without --adversarial first.")
        trainer: CodecTrainer = AdversarialCodecTrainer(codec, training, export, seed=seed)
    else:
        trainer = CodecTrainer(codec or SpectralCodec(), training, export, seed=seed, fresh=fresh)
    return TrainingRun(trainer, run, options).run()


def _codec_of(pack: Path) -> SpectralCodec | None:
    if not (pack / "pack.json").exists():
        return None
    codec = load_codec(Pack.open(pack))
    if not isinstance(codec, SpectralCodec):
        raise PackError(f"The codec of {pack} is pretrained and is not trained here; choose another --pack folder.")
    return codec
