"""Between scores and the network: steps, what is told, and noise, in the rows of the parts that it knows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from engine.models.word_rows import matched
from engine.patterns.grid import Score, fills
from engine.patterns.network import TOLD, Told
from engine.vocabulary import PARTS, Vocabulary, places

SHARED = 0.8
"""Share of the variance of noise that all bars of a loop have in common: what repeats does so in noise too."""


def steps_of(scores: Sequence[Score], known: Vocabulary) -> Tensor:
    """Steps `[B, P, S, 3]` of scores of one length: struck, velocity, timing, in the rows of what is `known`."""
    planes = np.stack([np.stack((s.hits, s.velocity, s.timing), -1) for s in scores]).astype(np.float32)
    return matched(torch.from_numpy(planes), places(known.parts, PARTS), 1)


def told_of(
    scores: Sequence[Score], known: Vocabulary, plays: Mapping[str, bool] | None = None, fill: bool | None = None
) -> Told:
    """What is told of `scores`: tempo, swing and bars, their style where it is known, which parts play or not as far
    as `plays` says, and whether they end in a fill where `fill` does."""
    numbers = torch.zeros(len(scores), scores[0].bars, TOLD)
    style = torch.zeros(len(scores), len(known.styles))
    told = torch.zeros(len(scores), len(known.parts))
    for row, score in enumerate(scores):
        numbers[row, :, 0] = float(np.log2(score.tempo_bpm / 120))
        numbers[row, :, 1] = 2 * score.swing
        numbers[row, :, 2] = float(np.log2(score.bars)) / 4
        numbers[row, -1, 3] = 0.0 if fill is None else 1.0 if fill else -1.0
        if score.style in known.styles:
            style[row, known.styles.index(score.style)] = 1
        for part, playing in (plays or {}).items():
            if part in known.parts:
                told[row, known.parts.index(part)] = 1.0 if playing else -1.0
    return Told(numbers, style, told)


def all_told(scores: Sequence[Score], known: Vocabulary) -> Told:
    """All that can be told of `scores`, as training does before it leaves some of it open."""
    told = told_of(scores, known)
    told.numbers[:, -1, 3] = torch.tensor([1.0 if fills(score) else -1.0 for score in scores])
    plays = np.stack([score.hits.any(1) for score in scores]).astype(np.float32) * 2 - 1
    return replace(told, plays=matched(torch.from_numpy(plays), places(known.parts, PARTS), 1))


def noise(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    """Noise `[B, P, T, Z]` of deviation 1 that bars of a loop share for the most part."""
    batch, parts, bars, latent = shape
    common = torch.randn(batch, parts, 1, latent, generator=generator)
    own = torch.randn(batch, parts, bars, latent, generator=generator)
    drawn: Tensor = SHARED**0.5 * common + (1 - SHARED) ** 0.5 * own
    return drawn
