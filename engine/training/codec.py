"""Training the starter codec: spectral losses, then an adversarial stage on the decoder."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.codec.base import PASSAGE
from engine.codec.spectral import Decoded, SpectralCodec
from engine.corpus.store import stored_loops
from engine.training.crops import AudioCrops
from engine.training.run import Trainer
from engine.training.spectral_losses import LossWeights, ReconstructionLoss, Target, si_sdr


@dataclass(frozen=True)
class CodecTraining:
    """What a codec run trains on. `latent_noise` is the largest standard deviation added to latents; a decoder shapes
    spectra up to `shaped_bins` and plays `high_tones` partials above those that are heard, and learns to where it did
    not. In the adversarial stage the decoder also has to make `rendered` loops of the pack's own denoiser sound
    real."""

    corpus: Path
    batch_size: int = 12
    crop_frames: int = 64
    latent_noise: float = 0.5
    latent_weight: float = 0.5
    freeze_encoder: bool = False
    shaped_bins: int = 256
    high_tones: int = 28
    rendered: int = 0
    loss_weights: LossWeights = field(default_factory=LossWeights)


class Reconstruction(nn.Module):
    """One pass through the codec as training needs it: noise on the latents, silence outside the crop."""

    def __init__(self, codec: SpectralCodec) -> None:
        super().__init__()
        self.codec = codec

    def forward(self, heard: Tensor, samples: int, noise: float) -> tuple[Decoded, Tensor]:
        """What the codec heard `[B, inputs, K]` in `samples` samples to what it decodes from its latents `[B, D, F]`,
        and to these."""
        latent = self.codec.encoder(heard, False).float()
        strength = noise * torch.rand(len(latent), 1, 1, device=latent.device)
        noisy = latent + strength * torch.randn_like(latent)
        return self.codec.decode_parts(noisy, samples, PASSAGE), latent


class CodecTrainer(Trainer):
    """Reconstruction of crops; latents are drawn to zero mean and unit deviation per channel."""

    def __init__(
        self,
        codec: SpectralCodec,
        training: CodecTraining,
        export: Callable[[SpectralCodec, dict[str, Any]], None],
        *,
        seed: int = 0,
        fresh: bool = True,
    ) -> None:
        self.model: Reconstruction = Reconstruction(codec)
        if training.freeze_encoder:
            codec.encoder.requires_grad_(False)
        self.training, self._export = training, export
        loops = list(stored_loops(training.corpus))
        self.crops = AudioCrops([loop for loop in loops if not loop.held_out], training.crop_frames, seed)
        held_out = AudioCrops([loop for loop in loops if loop.held_out], 4 * training.crop_frames, 0)
        self.held_out = [held_out.batch(4) for _ in range(6)]
        self.criterion = ReconstructionLoss(codec.sample_rate, training.loss_weights)
        if fresh:
            crops = self.crops.batch(200)
            codec.fit_levels(crops.audio, crops.frames)

    def loss(self, model: nn.Module) -> tuple[Tensor, dict[str, Tensor]]:
        """Reconstruction terms of a fresh batch plus the pull on the latents' statistics."""
        crops = self.crops.batch(self.training.batch_size)
        target = Target.of(self.model.codec, crops.audio.to(next(model.parameters()).device), crops.frames)
        decoded, latent = model(target.heard, target.audio.shape[-1], self.training.latent_noise)
        total, terms = self.criterion.train()(decoded, target)
        pull = latent_pull(latent)
        return total + self.training.latent_weight * pull, {**terms, "latent": pull.detach()}

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Mel distance, SI-SDR and the terms of the loss on fixed held-out crops."""
        device = next(model.parameters()).device
        sums: dict[str, float] = {}
        for crops in self.held_out:
            audio = crops.audio.to(device)
            target = Target.of(self.model.codec, audio, crops.frames)
            decoded, latent = model(target.heard, audio.shape[-1], 0.0)
            _, terms = self.criterion.eval()(decoded, target)
            terms["si_sdr"] = si_sdr(decoded.low + decoded.high, audio).mean()
            terms["si_sdr_low"] = si_sdr(decoded.low, target.low).mean()
            terms["latent"] = latent_pull(latent)
            for name, term in terms.items():
                sums[name] = sums.get(name, 0.0) + float(term) / len(self.held_out)
        return sums

    def export(self, model: nn.Module, progress: dict[str, Any]) -> None:
        """Hand the averaged codec to the pack writer."""
        codec = model.codec
        assert isinstance(codec, SpectralCodec)
        self._export(codec, progress)


def latent_pull(latent: Tensor) -> Tensor:
    """Squared mean plus squared distance of the deviation from one, per channel of `[B, D, F]`, averaged."""
    channels = latent.transpose(0, 1).flatten(1)
    return (channels.mean(1).square() + (channels.std(1) - 1).square()).mean()
