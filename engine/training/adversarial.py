"""The codec's second stage: its decoder against a discriminator, under the encoder that it has.

Latents stay what they are, so a denoiser trained on them keeps its meaning while the decoder learns to sound real.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, distributed, nn

from engine.codec.spectral import SpectralCodec
from engine.training.checkpoints import optimizer_tensors, prefixed, restore_optimizer, without_prefix
from engine.training.codec import CodecTrainer, CodecTraining
from engine.training.discriminator import (
    MultiScaleDiscriminator,
    balanced,
    discriminator_loss,
    feature_loss,
    generator_loss,
)
from engine.training.spectral_losses import Target

ADVERSARIAL_SHARE, FEATURE_SHARE = 0.5, 1.0
"""How strongly the discriminator pulls at the audio, against the spectral terms."""


class AdversarialCodecTrainer(CodecTrainer):
    """Reconstruction plus a hinge and a feature loss, balanced by their gradients at the audio.

    `training` says whether the encoder is frozen; `train_codec` always freezes it.
    """

    def __init__(
        self,
        codec: SpectralCodec,
        training: CodecTraining,
        export: Callable[[SpectralCodec, dict[str, Any]], None],
        *,
        seed: int = 0,
    ) -> None:
        super().__init__(codec, training, export, seed=seed, fresh=False)
        device = next(codec.parameters()).device
        with torch.random.fork_rng():
            torch.manual_seed(0)  # processes that average gradients must begin with one discriminator
            self.judge = MultiScaleDiscriminator(codec.channels).to(device)
        self.judge_optimizer = torch.optim.AdamW(self.judge.parameters(), lr=3e-4, betas=(0.5, 0.9), fused=True)

    def loss(self, model: nn.Module) -> tuple[Tensor, dict[str, Tensor]]:
        """Teach the discriminator one batch, then judge the decoder by it."""
        crops = self.crops.batch(self.training.batch_size)
        audio = crops.audio.to(next(model.parameters()).device)
        target = Target.of(self.model.codec, audio, crops.frames)
        decoded, _ = model(target.heard, audio.shape[-1], self.training.latent_noise)
        whole = decoded.low + decoded.high
        judged = self._teach(audio, whole.detach())
        reconstruction, terms = self.criterion.train().judge(decoded, whole, target)
        self.judge.requires_grad_(False)
        with torch.no_grad():
            real = self.judge(audio)
        fake = self.judge(whole)
        self.judge.requires_grad_(True)
        pushed, matched = generator_loss(fake), feature_loss(real, fake)
        total = balanced(reconstruction, [(ADVERSARIAL_SHARE, pushed), (FEATURE_SHARE, matched)], whole)
        return total, {**terms, "judge": judged, "pushed": pushed.detach(), "matched": matched.detach()}

    def _teach(self, real: Tensor, fake: Tensor) -> Tensor:
        loss = discriminator_loss(self.judge(real), self.judge(fake))
        loss.backward()  # type: ignore[no-untyped-call]
        average_gradients(self.judge)
        nn.utils.clip_grad_norm_(self.judge.parameters(), 1.0)
        self.judge_optimizer.step()
        self.judge_optimizer.zero_grad(set_to_none=True)
        return loss.detach()

    def extra_tensors(self) -> dict[str, Tensor]:
        """The discriminator and its optimizer."""
        return prefixed("judge", self.judge) | optimizer_tensors(self.judge_optimizer, self.judge, "judge_optimizer")

    def restore_extra(self, tensors: dict[str, Tensor]) -> None:
        """Take back what `extra_tensors` gave."""
        self.judge.load_state_dict(without_prefix("judge", tensors))
        restore_optimizer(self.judge_optimizer, self.judge, tensors, "judge_optimizer")


def average_gradients(model: nn.Module) -> None:
    """Mean of the gradients over processes, for a model that accelerate does not wrap."""
    if distributed.is_initialized():
        for parameter in model.parameters():
            if parameter.grad is not None:
                distributed.all_reduce(parameter.grad)
                parameter.grad /= distributed.get_world_size()
