"""Training the denoiser: the IADB objective over standardised latents with condition dropout."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.conditioning.assembly import ConditionDropout
from engine.conditioning.conditions import Conditions
from engine.diffusion.iadb import blend, draw_alpha, training_loss
from engine.models.unet import Denoiser
from engine.training.latents import LatentCorpus
from engine.training.run import Trainer

VALIDATION_ALPHAS = (0.1, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True)
class DenoiserTraining:
    """What a denoiser run trains on.

    `alpha_centre` and `alpha_spread` shape the logit-normal draw of alpha. It leans towards noise, where conditions
    decide what a loop becomes; the codec forgives what is left to do near the data. With `embedded` it learns from
    the corpus's embeddings too.
    """

    corpus: Path
    frames_per_batch: int = 2048
    embedded: bool = False
    alpha_centre: float = -0.7
    alpha_spread: float = 1.1
    dropout: ConditionDropout = field(default_factory=ConditionDropout)


class DenoiserTrainer(Trainer):
    """Minimises the IADB loss; validates it at fixed alphas and noises on held-out loops, with all conditions."""

    model: Denoiser

    def __init__(
        self,
        denoiser: Denoiser,
        training: DenoiserTraining,
        export: Callable[[Denoiser, dict[str, Any]], None],
        seed: int = 0,
    ) -> None:
        self.model, self.training, self._export = denoiser, training, export
        frames, embedded = training.frames_per_batch, training.embedded
        self.corpus = LatentCorpus(training.corpus, held_out=False, frames_per_batch=frames, embedded=embedded)
        held_out = LatentCorpus(training.corpus, held_out=True, frames_per_batch=frames, embedded=embedded)
        self.held_out = held_out.fixed_batches()
        self.generator = torch.Generator().manual_seed(seed)
        if not denoiser.mean.any():  # a fresh model: later runs keep the scale they were trained at
            mean, deviation = self.corpus.statistics()
            denoiser.mean.copy_(mean)
            denoiser.deviation.copy_(deviation)

    def loss(self, model: nn.Module) -> tuple[Tensor, dict[str, Tensor]]:
        """The IADB loss of a fresh batch with its conditions dropped at random."""
        batch = self.corpus.batch(self.generator)
        device = self.model.mean.device
        conditions = self.training.dropout(batch.conditions, self.generator).to(device)
        x_1 = self.model.standardise(batch.latent.to(device))
        alpha = draw_alpha(len(x_1), self.generator, self.training.alpha_spread, self.training.alpha_centre)

        def directions(x: Tensor, alpha: Tensor) -> Tensor:
            predicted: Tensor = model(x, alpha, conditions)
            return predicted

        return training_loss(directions, x_1, generator=self.generator, alpha=alpha), {}

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Mean loss over held-out loops with all conditions, with none but the beat, and per alpha."""
        figures = {f"loss_at_{alpha}": 0.0 for alpha in VALIDATION_ALPHAS} | {"conditional": 0.0, "beat_only": 0.0}
        generator = torch.Generator().manual_seed(0)
        total = sum(len(batch.latent) for batch in self.held_out)
        device = self.model.mean.device
        for batch in self.held_out:
            x_1 = self.model.standardise(batch.latent.to(device))
            x_0 = torch.randn(x_1.shape, generator=generator).to(device)
            share = len(x_1) / total
            conditions = batch.conditions.to(device)
            for alpha in VALIDATION_ALPHAS:
                loss = _error(model, x_0, x_1, alpha, conditions) * share
                figures[f"loss_at_{alpha}"] += loss
                figures["conditional"] += loss / len(VALIDATION_ALPHAS)
            figures["beat_only"] += share * _error(
                model, x_0, x_1, 0.5, conditions.without("pattern", "notes", "curves", "tags", "clap")
            )
        return figures

    def export(self, model: nn.Module, progress: dict[str, Any]) -> None:
        """Hand the averaged denoiser to the pack writer."""
        assert isinstance(model, Denoiser)
        self._export(model, progress)


def _error(model: nn.Module, x_0: Tensor, x_1: Tensor, alpha: float, conditions: Conditions) -> float:
    alphas = torch.full((len(x_1),), alpha, device=x_1.device)
    return float(nn.functional.mse_loss(model(blend(x_0, x_1, alphas), alphas, conditions).float(), x_1 - x_0))
