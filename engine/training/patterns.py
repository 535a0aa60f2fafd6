"""Training the autoencoder of patterns: blends of latents and noise in, the scores themselves out."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from engine.corpus.arrangement import free_parts
from engine.corpus.seeds import PATTERN_TRAINING, PATTERN_VALIDATION
from engine.patterns.agreement import reconstruction, struck_share
from engine.patterns.drawn import drawn_scores
from engine.patterns.grid import Score, gatherers
from engine.patterns.network import DecodedSteps, PatternNetwork, Told
from engine.patterns.recorded import BARS as RECORDED_BARS, recorded_scores
from engine.patterns.tensors import all_told, noise, steps_of
from engine.training.run import Trainer
from engine.vocabulary import Vocabulary

KL = 5e-4
"""Weight of the divergence from the normal distribution (the paper, section 3.2)."""


@dataclass(frozen=True)
class PatternTraining:
    """What a run trains on. `whole` is the share of scores that no noise is blended into, and `open_fills`
    that of scores with a fill whose fill is noise; `recorded` is the share of batches of scores that musicians
    wrote, where there are some."""

    scores: int = 40_000
    validation: int = 500
    bars_per_batch: int = 256
    whole: float = 0.5
    open_fills: float = 0.6
    recorded: float = 0.1
    untold: float = 0.35
    cleaning: float = 0.05
    velocity: float = 1.0
    timing: float = 4.0


class PatternTrainer(Trainer):
    """Scores of one length a batch; which parts are noise, and how much, is drawn anew for each.

    Rows that nobody would write are heard, as a musician may draw such ones, but never learned to be written.
    """

    model: PatternNetwork

    def __init__(
        self,
        model: PatternNetwork,
        training: PatternTraining,
        export: Callable[[PatternNetwork, dict[str, Any]], None],
        *,
        cache: Path | None = None,
        seed: int = 0,
    ) -> None:
        self.model, self.training, self._export = model, training, export
        self._rng = np.random.default_rng(seed)
        self._torch = torch.Generator().manual_seed(seed)
        drawn = drawn_scores(PATTERN_TRAINING.first, training.scores, cache)
        self._by_bars: dict[int, list[_Heard]] = {}
        for number, score in enumerate(drawn, PATTERN_TRAINING.first):
            self._by_bars.setdefault(score.bars, []).append(_Heard(score, _rows(free_parts(number), model.known)))
        none = _rows((), model.known)
        self._recorded = [_Heard(score, none) for score in recorded_scores().training] if training.recorded else []
        # A length comes as often as it has bars, so that a bar is a bar.
        lengths = np.array([len(found) * bars for bars, found in self._by_bars.items()], float)
        self._lengths, self._chances = [*self._by_bars], lengths / lengths.sum()
        self._validation = drawn_scores(PATTERN_VALIDATION.first, training.validation, cache)
        if model.config.weighted:
            model.frequency.copy_(struck_share(drawn, model.known))

    def loss(self, model: nn.Module) -> tuple[Tensor, dict[str, Tensor]]:
        """Weighted cross-entropy, velocities and timing of hits, divergence, and what latents are cleaned to."""
        heard = self._drawn()
        scores = [each.score for each in heard]
        steps, told = self._told(scores)
        alpha = self._trust(len(scores), scores[0].bars)
        self._open_fills(alpha, scores)
        alpha[torch.from_numpy(np.stack([each.free for each in heard]))] = 1
        shape = (*alpha.shape, self.model.config.latent)
        device = next(self.model.parameters()).device
        steps, alpha, told = steps.to(device), alpha.to(device), told.to(device)
        jitter = torch.randn(shape, generator=self._torch).to(device)
        found = model(steps, alpha, noise(shape, self._torch).to(device), jitter, told)
        terms = score_losses(self.model, found.decoded, steps)
        kl = 0.5 * (found.mean.square() + found.log_variance.exp() - 1 - found.log_variance)
        terms["kl"] = kl.sum(-1).mean()
        off = (found.cleaned.float() - found.normal).square().mean(-1)
        blended = (alpha < 1).float()
        terms["clean"] = (off * blended).sum() / blended.sum().clamp_min(1)
        settings = self.training
        loss = terms["hits"] + KL * terms["kl"] + settings.cleaning * terms["clean"]
        return loss + settings.velocity * terms["velocity"] + settings.timing * terms["timing"], terms

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Accuracy and mean intersection over union of held-out scores that are taken apart and put together."""
        assert isinstance(model, PatternNetwork)
        agreed = reconstruction(model, self._validation)
        return {"accuracy": agreed.accuracy, "mean_iou": agreed.mean_iou, "velocity_off": agreed.velocity_off}

    def export(self, model: nn.Module, progress: dict[str, Any]) -> None:
        """Into the pack."""
        assert isinstance(model, PatternNetwork)
        self._export(model, progress)

    def _drawn(self) -> list["_Heard"]:
        recorded = self._recorded and self._rng.random() < self.training.recorded
        bars = RECORDED_BARS if recorded else int(self._rng.choice(self._lengths, p=self._chances))
        found = self._recorded if recorded else self._by_bars[bars]
        picked = self._rng.integers(len(found), size=max(1, self.training.bars_per_batch // bars))
        return [found[index] for index in picked]

    def _told(self, scores: list[Score]) -> tuple[Tensor, Told]:
        known = self.model.known
        told = all_told(scores, known)
        count, open_ = len(scores), self.training.untold
        style = told.style * self._kept(count, 1, open_)
        plays = told.plays * self._kept(count, 1, open_) * self._kept(count, told.plays.shape[1], open_)
        told.numbers[:, :, 3] *= self._kept(count, 1, open_)
        return steps_of(scores, known), replace(told, style=style, plays=plays)

    def _kept(self, count: int, width: int, open_: float) -> Tensor:
        return torch.from_numpy((self._rng.random((count, width)) >= open_).astype(np.float32))

    def _trust(self, count: int, bars: int) -> Tensor:
        """How far each latent `[B, P, T]` is to be trusted: whole, or some parts blended, or some bars of them."""
        parts = len(self.model.known.parts)
        level = self._rng.random((count, 1, 1)) * (self._rng.random((count, 1, 1)) >= 0.1)
        free = self._rng.random((count, parts, 1)) < self._rng.random((count, 1, 1))
        some = self._rng.random((count, 1, 1)) < 0.25
        where = np.where(some, self._rng.random((count, 1, bars)) < 0.35, True)
        each = self._rng.random((count, parts, 1))
        level = np.where(self._rng.random((count, 1, 1)) < 0.2, each, level)
        whole = self._rng.random((count, 1, 1)) < self.training.whole
        return torch.from_numpy(np.where(whole | ~(free & where), 1.0, level).astype(np.float32))

    def _open_fills(self, alpha: Tensor, scores: Sequence[Score]) -> None:
        """Blend the last bar of drums that gather in a fill more often than others: fills are few, and there alone
        what they are can be learned."""
        for number, score in enumerate(scores):
            if self._rng.random() < self.training.open_fills and (leaders := gatherers(score)):
                rows = [row for row, part in enumerate(self.model.known.parts) if part in leaders]
                alpha[number, rows, -1] = float(self._rng.random() * (self._rng.random() >= 0.2))


@dataclass(frozen=True, eq=False)
class _Heard:
    """A score, and which rows `[P]` of it nobody would write."""

    score: Score
    free: NDArray[np.bool_]


def _rows(parts: Collection[str], known: Vocabulary) -> NDArray[np.bool_]:
    return np.array([part in parts for part in known.parts])


def score_losses(model: PatternNetwork, decoded: DecodedSteps, steps: Tensor) -> dict[str, Tensor]:
    """How far `decoded` is from `steps`: equation 2; velocities and timing where hits are.

    Weights have mean 1 over each part, not over all: in the paper parts exclude each other, so that a small one
    weighs more than a large one; here each has a rest of its own, and a part with few hits would weigh next to
    nothing.
    """
    struck, velocity, timing = steps.unbind(-1)
    share = model.frequency[:, None]
    weights = torch.where(struck > 0, 1 - share, share)
    crossed = functional.binary_cross_entropy_with_logits(decoded.logits.float(), struck, reduction="none")
    weights = weights / (2 * share * (1 - share))
    count = struck.sum().clamp_min(1)
    loud = ((decoded.velocity.float() - velocity).square() * struck).sum() / count
    late = ((decoded.timing.float() - timing).square() * struck).sum() / count
    return {"hits": (weights * crossed).mean(), "velocity": loud, "timing": late}
