"""The codec's second stage: its decoder against a discriminator, under the encoder that it has.

Latents stay what they are, so a denoiser trained on them keeps its meaning while the decoder learns to sound real.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, distributed, nn

from engine.codec.base import PASSAGE
from engine.codec.spectral import SpectralCodec
from engine.training.checkpoints import optimizer_tensors, prefixed, restore_optimizer, without_prefix
from engine.training.codec import CodecTrainer, CodecTraining
from engine.training.discriminator import (
    MultiScaleDiscriminator,
    balanced,
    discriminator_loss,
    feature_loss,
    generator_loss,
    gradient_norm,
)
from engine.training.rendered import RenderedCrops, RenderedLoop
from engine.training.spectral_losses import Target

ADVERSARIAL_SHARE, FEATURE_SHARE, RENDERED_SHARE = 0.5, 0.5, 0.25
"""How strongly the discriminator pulls at the audio, against the spectral terms."""
HEAD_START = 60
"""Batches that a new discriminator sees through a window before it is listened to: balanced, what it does not know
yet pulls as hard as what it knows."""


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
        rendered: Sequence[RenderedLoop] = (),
        seed: int = 0,
    ) -> None:
        super().__init__(codec, training, export, seed=seed, fresh=False)
        self.rendered = RenderedCrops(rendered, training.crop_frames, seed) if rendered else None
        device = next(codec.parameters()).device
        with torch.random.fork_rng():
            torch.manual_seed(0)  # processes that average gradients must begin with one discriminator
            self.judge = MultiScaleDiscriminator(codec.channels).to(device)
        self.head_start = HEAD_START
        self.judge_optimizer = torch.optim.AdamW(self.judge.parameters(), lr=1e-3, betas=(0.5, 0.9), fused=True)

    def loss(self, model: nn.Module) -> tuple[Tensor, dict[str, Tensor]]:
        """Teach the discriminator one batch, then judge the decoder by it."""
        while self._batches_judged < self.head_start:
            self._prepare(model)
        crops = self.crops.batch(self.training.batch_size)
        audio = crops.audio.to(next(model.parameters()).device)
        target = Target.of(self.model.codec, audio, crops.frames)
        decoded, _ = model(target.heard, audio.shape[-1], self.training.latent_noise)
        whole = decoded.low + decoded.high
        scale = self._scale()
        made = self._made(audio.shape[-1])
        fakes = whole.detach() if made is None else torch.cat((whole.detach(), made.detach()))
        judged = self._teach(audio, fakes, scale)
        heard = decoded.low.detach() + decoded.high  # of the low band the phases are known, and stay as they are
        reconstruction, terms = self.criterion.train().judge(decoded, whole, target)
        self.judge.requires_grad_(False)
        with torch.no_grad():
            real = self.judge(audio, scale)
        fake = self.judge(heard, scale)
        false = None if made is None else generator_loss(self.judge(made, scale))
        self.judge.requires_grad_(True)
        pushed, matched = generator_loss(fake), feature_loss(real, fake)
        total = balanced(reconstruction, [(ADVERSARIAL_SHARE, pushed), (FEATURE_SHARE, matched)], decoded.high)
        terms = {**terms, "judge": judged, "pushed": pushed.detach(), "matched": matched.detach()}
        if made is None or false is None:
            return total, terms
        wanted = RENDERED_SHARE * gradient_norm(reconstruction, decoded.high)
        total = total + false * (wanted / gradient_norm(false, made).clamp_min(1e-12)).clamp(max=1e4)
        return total, {**terms, "rendered": false.detach()}

    def _prepare(self, model: nn.Module) -> None:
        """Teach the discriminator one batch, the decoder staying as it is."""
        crops = self.crops.batch(self.training.batch_size)
        audio = crops.audio.to(next(model.parameters()).device)
        codec = self.model.codec
        with torch.no_grad():
            fakes = codec.decode(codec.encode(audio, crops.frames, circular=False), audio.shape[-1], PASSAGE)
            made = self._made(audio.shape[-1])
        self._teach(audio, fakes if made is None else torch.cat((fakes, made)), self._scale())

    @property
    def _batches_judged(self) -> int:
        """How many batches the discriminator has learnt from, through the window that saw most."""
        return max((int(state["step"]) for state in self.judge_optimizer.state.values()), default=0)

    def _scale(self) -> int:
        """Which window a step looks through: one of them, as the spectral terms do; all would cost more than the
        decoder."""
        return int(torch.randint(len(self.judge.scales), ()))

    def _made(self, samples: int) -> Tensor | None:
        """Audio `[B, 2, samples]` that the decoder makes of rendered latents, half as many as there are crops."""
        if self.rendered is None:
            return None
        size = max(1, self.training.batch_size // 2)
        latents = self.rendered.latents(size, samples / self.training.crop_frames)
        return self.rendered.decoded(self.model.codec, latents.to(next(self.model.parameters()).device), samples)

    def _teach(self, real: Tensor, fake: Tensor, scale: int) -> Tensor:
        loss = discriminator_loss(self.judge(real, scale), self.judge(fake, scale))
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
