"""How well scores come back from their latents: accuracy and intersection over union, per part."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.models.word_rows import matched
from engine.patterns.drawn import PackedScores
from engine.patterns.grid import Score
from engine.patterns.network import PatternNetwork
from engine.patterns.tensors import all_told, steps_of
from engine.vocabulary import PARTS, Vocabulary, places


def struck_share(scores: PackedScores, known: Vocabulary) -> Tensor:
    """Share of steps `[P]` that are struck: the statistics of equation 1."""
    share = torch.from_numpy((scores.velocity > 0).mean(1).astype(np.float32))
    return matched(share, places(known.parts, PARTS), 0).clamp(0.01, 0.99)


@dataclass(frozen=True)
class Agreement:
    """How well scores come back: share of steps that agree, intersection over union of each part's hits over all
    scores and its mean, and how far velocities of hits that came back are off in the mean."""

    accuracy: float
    iou: tuple[float, ...]
    mean_iou: float
    velocity_off: float
    part_accuracy: tuple[float, ...]


@torch.no_grad()
def reconstruction(model: PatternNetwork, scores: PackedScores, *, batch: int = 64) -> Agreement:
    """Take each score apart and put it together, told all of it but its steps."""
    by_bars: dict[int, list[Score]] = {}
    for score in scores:
        by_bars.setdefault(score.bars, []).append(score)
    parts = len(model.known.parts)
    same, steps_seen, both, either = (np.zeros(parts) for _ in range(4))
    off, met = 0.0, 0
    device = next(model.parameters()).device
    for found in by_bars.values():
        for start in range(0, len(found), batch):
            some = found[start : start + batch]
            steps, told = steps_of(some, model.known).to(device), all_told(some, model.known).to(device)
            normal = model.embedded(steps)
            decoded = model.decode(
                model.relate_parts(normal, torch.ones(normal.shape[:3], device=device), told), told
            )
            hits, real = model.hit_logits(decoded) > 0, steps[..., 0] > 0
            same += (hits == real).sum((0, 2)).cpu().numpy()
            steps_seen += real.shape[0] * real.shape[2]
            both += (hits & real).sum((0, 2)).cpu().numpy()
            either += (hits | real).sum((0, 2)).cpu().numpy()
            off += float(((decoded.velocity - steps[..., 1]).abs() * (hits & real)).sum())
            met += int((hits & real).sum())
    iou = both / np.maximum(either, 1)
    return Agreement(
        float(same.sum() / steps_seen.sum()),
        tuple(map(float, iou)),
        float(iou.mean()),
        off / max(met, 1),
        tuple(map(float, same / steps_seen)),
    )
