"""A judge of scores: do these parts belong together? Trained to tell corpus scores from scores whose rows were taken
from other loops, turned, or spoilt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.patterns.grid import Score
from engine.vocabulary import PARTS, STEPS_PER_BAR, STYLES

STEPS, BATCH = 600, 48
CROP_BARS = 2
"""Bars of a score that are learned from at a time: what belongs together does so in every bar."""
WIDTH = 48


class CoherenceJudge(nn.Module):
    """Scores of any length to one logit each: above 0, they are rather whole than put together."""

    def __init__(self) -> None:
        super().__init__()
        self.place = nn.Parameter(0.1 * torch.randn(WIDTH, STEPS_PER_BAR))
        self.style = nn.Linear(len(STYLES), WIDTH)
        self.first = nn.Conv1d(2 * len(PARTS), WIDTH, 5, padding=2, padding_mode="circular")
        self.second = nn.Conv1d(WIDTH, WIDTH, 5, padding=2, padding_mode="circular")
        self.third = nn.Conv1d(WIDTH, WIDTH, 5, padding=8, dilation=4, padding_mode="circular")
        self.out = nn.Sequential(nn.Linear(2 * WIDTH, WIDTH), nn.SiLU(), nn.Linear(WIDTH, 1))

    def forward(self, planes: Tensor, style: Tensor) -> Tensor:
        """Hits and velocities `[B, 2 P, S]` and styles `[B, styles]` to logits `[B]`."""
        place = self.place.repeat(1, planes.shape[2] // STEPS_PER_BAR)
        x = functional.silu(self.first(planes) + place + self.style(style)[:, :, None])
        x = x + functional.silu(self.second(x))
        x = x + functional.silu(self.third(x))
        told: Tensor = self.out(torch.cat((x.mean(2), x.amax(2)), 1))
        return told[:, 0]

    @torch.no_grad()
    def judge(self, scores: Sequence[Score]) -> list[float]:
        """The logit of each of `scores`."""
        return [float(self(*_planes([score]))[0]) for score in scores]


@dataclass(frozen=True, eq=False)
class TrainedJudge:
    """A judge, and the share of unseen scores, whole and put together, that it tells apart."""

    judge: CoherenceJudge
    accuracy: float


def train_judge(
    scores: Sequence[Score], unseen: Sequence[Score], *, steps: int = STEPS, seed: int = 0
) -> TrainedJudge:
    """A judge trained on `scores`, tried on `unseen` ones; those of one part alone are left out."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    judge = CoherenceJudge()
    optimizer = torch.optim.AdamW(judge.parameters(), 3e-3, weight_decay=0.01)
    by_bars = _by_bars(scores)
    chances = np.array([len(found) for found in by_bars.values()], float)
    lengths = [*by_bars]
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * min(1.0, 2 * (1 - step / steps))
        found = by_bars[lengths[rng.choice(len(lengths), p=chances / chances.sum())]]
        whole = [found[i] for i in rng.integers(len(found), size=BATCH)]
        spoilt = [spoil(score, found, rng) for score in whole]
        logits = judge(*_planes([_cropped(score, rng) for score in (*whole, *spoilt)]))
        truth = torch.cat((torch.ones(BATCH), torch.zeros(BATCH)))
        loss = functional.binary_cross_entropy_with_logits(logits, truth)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    judge.eval()
    told = []
    for found in _by_bars(unseen).values():
        for score in found:
            one, other = judge.judge([score, spoil(score, found, rng)])
            told += [one > 0, other <= 0]
    return TrainedJudge(judge, float(np.mean(told)))


def spoil(score: Score, others: Sequence[Score], rng: np.random.Generator) -> Score:
    """`score` with some of its rows from another of `others`, turned by a few steps, or with steps struck or not."""
    velocity = score.velocity.copy()
    playing = np.flatnonzero(score.hits.any(1))
    rows = rng.permutation(playing)[: rng.integers(1, max(2, len(playing)))]
    kind = rng.random()
    if kind < 0.5:
        alike = [other for other in others if other.style == score.style and other is not score] or [*others]
        rows = rng.permutation(len(PARTS))[: rng.integers(1, len(PARTS) - 1)]
        velocity[rows] = alike[rng.integers(len(alike))].velocity[rows]
    elif kind < 0.75:
        for row in rows:
            velocity[row] = np.roll(velocity[row], rng.integers(1, STEPS_PER_BAR))
    else:
        flipped = rng.random((len(rows), velocity.shape[1])) < rng.uniform(0.04, 0.2)
        other = np.where(velocity[rows] > 0, 0, rng.uniform(0.3, 1, flipped.shape)).astype(np.float32)
        velocity[rows] = np.where(flipped, other, velocity[rows])
    return replace(score, velocity=velocity)


def _cropped(score: Score, rng: np.random.Generator) -> Score:
    turned = score.turned(int(rng.integers(score.bars)))
    steps = CROP_BARS * STEPS_PER_BAR
    return replace(score, velocity=turned.velocity[:, :steps], timing=turned.timing[:, :steps])


def _by_bars(scores: Sequence[Score]) -> dict[int, list[Score]]:
    found: dict[int, list[Score]] = {}
    for score in scores:
        if score.hits.any(1).sum() > 1:
            found.setdefault(score.bars, []).append(score)
    return {bars: some for bars, some in found.items() if len(some) > 1}


def _planes(scores: Sequence[Score]) -> tuple[Tensor, Tensor]:
    planes = np.stack([np.concatenate((score.hits, score.velocity)) for score in scores]).astype(np.float32)
    style = torch.zeros(len(scores), len(STYLES))
    for row, score in enumerate(scores):
        if score.style in STYLES:
            style[row, STYLES.index(score.style)] = 1
    return torch.from_numpy(planes), style
