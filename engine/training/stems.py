"""Training the separator: corpus loops whose stems are exact, drawn anew while it trains."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.conditioning.conditions import Conditions
from engine.corpus.seeds import STEM_TRAINING, STEM_VALIDATION
from engine.stems.known_stems import BandedLoop, SeparateLoop, improvements, taken_apart
from engine.stems.network import StemNetwork
from engine.training.run import Trainer

LEAST_LEFT = 0.003
"""Error beside a stem's own power (-25 dB) from which on less counts little: the master chain makes as much."""


@dataclass(frozen=True)
class StemTraining:
    """What a run trains on: `kept` loops are in memory, of which each step draws `loops` and replaces one.

    In a share `unpitched` of them no pitches are told, in `untold` no score at all, as of a file without a recipe.
    """

    loops: int = 4
    kept: int = 400
    validation: int = 16
    unpitched: float = 0.3
    untold: float = 0.15


class StemTrainer(Trainer):
    """Errors of masked spectra in decibels below the stems, every part alike."""

    model: StemNetwork

    def __init__(
        self,
        model: StemNetwork,
        training: StemTraining,
        export: Callable[[StemNetwork, dict[str, Any]], None],
        *,
        seed: int = 0,
    ) -> None:
        self.model, self.training, self._export = model, training, export
        self._rng = np.random.default_rng(seed)
        self._kept: list[BandedLoop] = []
        first, count = STEM_VALIDATION.first, training.validation
        self._validation = [SeparateLoop.rendered(first + number) for number in range(count)]

    def loss(self, model: nn.Module) -> tuple[Tensor, dict[str, Tensor]]:
        """Mean over a few loops, each whole, so that time stays circular."""
        fresh = int(self._rng.integers(STEM_TRAINING.first, STEM_TRAINING.end))
        self._kept.append(BandedLoop.of(SeparateLoop.rendered(fresh), self.model))
        if len(self._kept) > self.training.kept:
            self._kept.pop(int(self._rng.integers(len(self._kept))))
        count = min(self.training.loops, len(self._kept))
        chosen = self._rng.choice(len(self._kept), count, replace=False)
        return torch.stack(
            [self._error(model, self._kept[number], open_=self._left_open()) for number in chosen]
        ).mean(), {}

    def validate(self, model: nn.Module) -> dict[str, float]:
        """By how many dB stems are nearer to the corpus's than the loop itself is."""
        assert isinstance(model, StemNetwork)
        gains = [gain for loop in self._validation for gain in improvements(loop, taken_apart(model, loop)).values()]
        return {"si_sdr_gain": float(np.mean(gains))}

    def export(self, model: nn.Module, progress: dict[str, Any]) -> None:
        """Hand the averaged separator to the pack writer."""
        assert isinstance(model, StemNetwork)
        self._export(model, progress)

    def _left_open(self) -> tuple[str, ...]:
        """Groups of conditions that are left open."""
        if self._rng.random() < self.training.untold:
            return ("pattern", "notes")
        return ("notes",) if self._rng.random() < self.training.unpitched else ()

    def _error(self, model: nn.Module, loop: BandedLoop, *, open_: tuple[str, ...]) -> Tensor:
        device = self.model.window.device
        conditions: Conditions = loop.conditions.without(*open_).to(device)
        plays = torch.ones_like(loop.plays) if "pattern" in open_ else loop.plays
        masks = model(loop.heard[None].float().to(device), conditions, plays[None].to(device))[0]
        own = loop.own.to(device)
        left = 10 * torch.log10(loop.left(masks) / own.clamp_min(1e-9) + LEAST_LEFT)
        heard = loop.plays.to(device)
        return (left * heard).sum() / heard.sum().clamp_min(1)
