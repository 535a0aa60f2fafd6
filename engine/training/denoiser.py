"""Training the denoiser: the IADB objective over standardised latents with condition dropout."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.conditioning.assembly import ConditionDropout
from engine.conditioning.conditions import Conditions
from engine.devices import choose_device
from engine.diffusion.hit_noise import tie
from engine.diffusion.iadb import blend, draw_alpha, training_loss
from engine.models.unet import Denoiser
from engine.training.latents import LatentCorpus
from engine.training.run import Trainer

YOUNG = ("mix_", "voices.", "stationary.voices.", "struck.")
"""Where the parameters begin that mix over bars and read voices."""
VALIDATION_ALPHAS = (0.1, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True)
class DenoiserTraining:
    """What a denoiser run trains on.

    `alpha_centre` and `alpha_spread` shape the logit-normal draw of alpha. It leans towards noise, where conditions
    decide what a loop becomes; the codec forgives what is left to do near the data. With `embedded` it learns from
    the corpus's embeddings too. `voice_noise` is the deviation of noise on voices, so that neighbours sound alike; in
    a share `no_bars` of batches the network is not told that there are bars, as in passages whose tempo changes.
    """

    corpus: Path
    frames_per_batch: int = 2048
    embedded: bool = False
    alpha_centre: float = -0.7
    alpha_spread: float = 1.1
    voice_noise: float = 0.1
    young_rate: float = 4.0
    no_bars: float = 0.1
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
        device = choose_device()
        self.corpus, held_out = (
            LatentCorpus(training.corpus, held_out=kept, frames_per_batch=frames, embedded=embedded, device=device)
            for kept in (False, True)
        )
        self.held_out = held_out.fixed_batches()
        self.device = device
        self.reseed(seed)
        if denoiser.voices is not None and not denoiser.voices.is_fitted:
            denoiser.voices.fit(*self.corpus.hits())
        if not denoiser.mean.any():  # a fresh model: later runs keep the scale they were trained at
            mean, deviation = self.corpus.statistics()
            denoiser.mean.copy_(mean)
            denoiser.deviation.copy_(deviation)

    def reseed(self, seed: int) -> None:
        """Draw batches and noise as from the beginning, by `seed`."""
        self.generator = torch.Generator().manual_seed(seed)
        # Noise is the one thing that there is much to draw of: it is drawn where it is needed.
        self.noises = torch.Generator(self.device).manual_seed(seed)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """What begins at next to nothing in a denoiser that was trained without it learns faster than the rest."""
        named = [(name, p) for name, p in self.model.named_parameters() if p.requires_grad]
        young = [p for name, p in named if name.startswith(YOUNG)]
        rest = [p for name, p in named if not name.startswith(YOUNG)]
        return [{"params": rest, "scale": 1.0}, {"params": young, "scale": self.training.young_rate}]

    def loss(self, model: nn.Module) -> tuple[Tensor, dict[str, Tensor]]:
        """The IADB loss of a fresh batch with its conditions dropped at random."""
        batch = self.corpus.batch(self.generator)
        device = self.model.mean.device
        repeats = draw_repeats(len(batch.latent), self.generator)
        own = replace(batch.conditions, repeats=repeats.to(batch.conditions.beat.device))
        dropped = self.training.dropout(own, self.generator)
        if torch.rand((), generator=self.generator) < self.training.no_bars:
            dropped = replace(dropped, bars=torch.zeros_like(dropped.bars))
        voices = batch.voices(self.model.voices)
        noisy = torch.randn(voices.shape, generator=self.generator).to(device)
        conditions = replace(dropped.to(device), voices=voices + self.training.voice_noise * noisy)
        x_1 = self.model.standardise(batch.latent.to(device))
        alpha = draw_alpha(len(x_1), self.generator, self.training.alpha_spread, self.training.alpha_centre)

        def directions(x: Tensor, alpha: Tensor) -> Tensor:
            predicted: Tensor = model(x, alpha, conditions)
            return predicted

        def noise(white: Tensor) -> Tensor:
            ties = batch.ties.to(white.device)
            patches = max(int(ties.max()) + 1, 1)
            shape = (*white.shape[:2], patches)
            bank = torch.randn(shape, generator=self.noises, device=white.device)
            return tie(white, bank, ties, repeats[:, 0])

        return training_loss(directions, x_1, generator=self.noises, alpha=alpha, noise=noise), {}

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
            assert isinstance(model, Denoiser)
            conditions = replace(batch.conditions.to(device), voices=batch.voices(model.voices))
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


def draw_repeats(batch: int, generator: torch.Generator) -> Tensor:
    """Shares `[B, 1]` of noise that comes again with what is struck: none for a third of loops, else any."""
    return torch.rand(batch, 1, generator=generator) * (torch.rand(batch, 1, generator=generator) > 1 / 3)


def _error(model: nn.Module, x_0: Tensor, x_1: Tensor, alpha: float, conditions: Conditions) -> float:
    alphas = torch.full((len(x_1),), alpha, device=x_1.device)
    return float(nn.functional.mse_loss(model(blend(x_0, x_1, alphas), alphas, conditions).float(), x_1 - x_0))
