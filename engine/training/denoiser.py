"""Training the denoiser: the IADB objective over standardised latents with condition dropout."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from engine.conditioning.assembly import ConditionDropout
from engine.conditioning.conditions import Conditions
from engine.devices import choose_device
from engine.diffusion.hit_noise import tie
from engine.diffusion.iadb import blend, draw_alpha, training_loss
from engine.models.unet import Denoiser, learned_norms
from engine.models.word_rows import own_rows
from engine.training.latents import LatentBatch, LatentCorpus
from engine.training.run import Trainer
from engine.training.shards.batches import ShardedCorpus, held_out_loops
from engine.training.shards.index import ShardSet, is_sharded
from engine.training.shards.stream import Place

YOUNG = ("mix_", "voices.", "stationary.voices.", "struck.")
"""Where the parameters begin that mix over bars and read voices."""
VALIDATION_ALPHAS = (0.1, 0.3, 0.5, 0.7, 0.9)


class Batches(Protocol):
    """What batches are drawn from."""

    def batch(self, generator: torch.Generator) -> LatentBatch:
        """A random batch of one length."""


@dataclass(frozen=True)
class DenoiserTraining:
    """What a denoiser run trains on.

    `alpha_centre` and `alpha_spread` shape the logit-normal draw of alpha. It leans towards noise, where conditions
    decide what a loop becomes; the codec forgives what is left to do near the data. With `embedded` it learns from
    the corpus's embeddings too. `voice_noise` is the deviation of noise on voices, so that neighbours sound alike; in
    a share `no_bars` of batches the network is not told that there are bars, as in passages whose tempo changes.
    The `corpus` is a folder of loops or of shards; `order` is the seed by which all processes read these.
    Where groups are learned, `grouping` weighs L_g and `information` what a loop does not tell of their codes.
    """

    corpus: Path
    frames_per_batch: int = 2048
    embedded: bool = False
    alpha_centre: float = -0.7
    alpha_spread: float = 1.1
    voice_noise: float = 0.1
    young_rate: float = 4.0
    no_bars: float = 0.1
    grouping: float = 2.0
    information: float = 0.1
    dropout: ConditionDropout = field(default_factory=ConditionDropout)
    order: int = 0

    def loops(self, device: torch.device) -> tuple[LatentCorpus | ShardedCorpus, LatentCorpus]:
        """What is trained on, and what validates; raises `CorpusError` where there is nothing to read."""
        frames, embedded = self.frames_per_batch, self.embedded
        read = partial(LatentCorpus, self.corpus, frames_per_batch=frames, embedded=embedded, device=device)
        if not is_sharded(self.corpus):
            return read(held_out=False), read(held_out=True)
        shards, place = ShardSet.open(self.corpus), Place.of_this_process(self.order)
        streamed = ShardedCorpus(shards, place, frames, embedded=embedded, device=device)
        return streamed, read(held_out=True, loops=held_out_loops(shards))


class DenoiserTrainer(Trainer):
    """Minimises the IADB loss; validates it at fixed alphas and noises on held-out loops, with all conditions."""

    model: Denoiser
    corpus: Batches

    def __init__(
        self,
        denoiser: Denoiser,
        training: DenoiserTraining,
        export: Callable[[Denoiser, dict[str, Any]], None],
        seed: int = 0,
    ) -> None:
        self.model, self.training, self._export = denoiser, training, export
        self.device = choose_device()
        corpus, held_out = training.loops(self.device)
        self.corpus, self.held_out = corpus, held_out.fixed_batches()
        self.reseed(seed)
        if denoiser.voices is not None and not denoiser.voices.is_fitted:
            denoiser.voices.fit(*corpus.hits())
        if not denoiser.mean.any():  # a fresh model: later runs keep the scale they were trained at
            mean, deviation = corpus.statistics()
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

        estimates: list[Tensor] = []

        def directions(x: Tensor, alpha: Tensor) -> Tensor:
            predicted: Tensor = model(x, alpha, conditions)
            estimates.append(x + (1 - alpha.view(-1, 1, 1)) * predicted)
            return predicted

        def noise(white: Tensor) -> Tensor:
            ties = batch.ties.to(white.device)
            patches = max(int(ties.max()) + 1, 1)
            shape = (*white.shape[:2], patches)
            bank = torch.randn(shape, generator=self.noises, device=white.device)
            return tie(white, bank, ties, repeats[:, 0])

        loss = training_loss(directions, x_1, generator=self.noises, alpha=alpha, noise=noise)
        terms = self._of_groups(estimates[0], conditions)
        weights = {"grouping": self.training.grouping, "information": self.training.information}
        for name, term in terms.items():
            loss = loss + weights[name] * term
        return loss, {name: term.detach() for name, term in terms.items()}

    def _of_groups(self, estimate: Tensor, conditions: Conditions) -> dict[str, Tensor]:
        """L_g of the groups that are learned, and what an `estimate` `[B, D, F]` does not tell of their codes."""
        norms = learned_norms(self.model)
        if not norms:
            return {}
        terms = {"grouping": torch.stack([norm.grouping.loss(block.first.weight) for block, norm in norms]).mean()}
        if self.model.reader is not None:
            z_e = self.model.stationary(own_rows(conditions, self.model.known))
            codes = torch.cat([norm.codes(z_e) for _, norm in norms], dim=1)
            terms["information"] = self.model.reader.loss(estimate, codes)
        return terms

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Mean loss over held-out loops with all conditions, with none but the beat, and per alpha."""
        assert isinstance(model, Denoiser)
        return held_out_figures(model, self.held_out)

    def position(self) -> dict[str, Any]:
        """Which loops of shards this process has trained on."""
        return self.corpus.position() if isinstance(self.corpus, ShardedCorpus) else {}

    def go_on_from(self, positions: list[dict[str, Any]]) -> None:
        """Train on what the processes of a run had left of the shards."""
        if isinstance(self.corpus, ShardedCorpus):
            self.corpus.go_on_from(positions)

    def export(self, model: nn.Module, progress: dict[str, Any]) -> None:
        """Hand the averaged denoiser to the pack writer."""
        assert isinstance(model, Denoiser)
        self._export(model, progress)


def held_out_figures(denoiser: Denoiser, batches: Sequence[LatentBatch], draws: int = 1) -> dict[str, float]:
    """Mean loss of `denoiser` over `batches`, the same noise each time, `draws` of it a batch: per alpha, over all of
    them with all conditions (`conditional`), and with none but the beat (`beat_only`)."""
    figures = {f"loss_at_{alpha}": 0.0 for alpha in VALIDATION_ALPHAS} | {"conditional": 0.0, "beat_only": 0.0}
    generator = torch.Generator().manual_seed(0)
    total = draws * sum(len(batch.latent) for batch in batches)
    device = denoiser.mean.device
    for batch in (batch for batch in batches for _ in range(draws)):
        x_1 = denoiser.standardise(batch.latent.to(device))
        x_0 = torch.randn(x_1.shape, generator=generator).to(device)
        share = len(x_1) / total
        conditions = replace(batch.conditions.to(device), voices=batch.voices(denoiser.voices))
        for alpha in VALIDATION_ALPHAS:
            loss = _error(denoiser, x_0, x_1, alpha, conditions) * share
            figures[f"loss_at_{alpha}"] += loss
            figures["conditional"] += loss / len(VALIDATION_ALPHAS)
        figures["beat_only"] += share * _error(
            denoiser, x_0, x_1, 0.5, conditions.without("pattern", "notes", "curves", "tags", "clap")
        )
    return figures


def draw_repeats(batch: int, generator: torch.Generator) -> Tensor:
    """Shares `[B, 1]` of noise that comes again with what is struck: none for a third of loops, else any."""
    return torch.rand(batch, 1, generator=generator) * (torch.rand(batch, 1, generator=generator) > 1 / 3)


def _error(model: nn.Module, x_0: Tensor, x_1: Tensor, alpha: float, conditions: Conditions) -> float:
    alphas = torch.full((len(x_1),), alpha, device=x_1.device)
    return float(nn.functional.mse_loss(model(blend(x_0, x_1, alphas), alphas, conditions).float(), x_1 - x_0))
