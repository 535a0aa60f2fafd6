"""The sounds that a pack learnt from, as requests that say nothing take them on."""

from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn

from engine.requests import LoopRequest
from engine.vocabulary import CURVES, EMBEDDING_DIM

POINTS: Final = 64
"""Values of each curve that are kept of a sound."""
MOSTLY: Final = 0.5
"""Up to this share of what was learnt, the denoiser knows such sounds too little: asked for them, it plays neither
theirs nor its own (as far again from them as before it learnt)."""


@dataclass(frozen=True)
class LearntSoundsConfig:
    """Of how many sounds there is something."""

    count: int


class LearntSounds(nn.Module):
    """What was heard in each of N sounds: its embedding `[N, 512]`, and its curves `[N, 4, POINTS]` from 0 to 1.

    A denoiser that learnt from sounds whose scores nobody knows has learnt what they are like under these conditions,
    and not under those of a loop of which nothing is known but a score.
    """

    embeddings: Tensor
    curves: Tensor

    def __init__(self, config: LearntSoundsConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("embeddings", torch.zeros(config.count, EMBEDDING_DIM))
        self.register_buffer("curves", torch.zeros(config.count, len(CURVES), POINTS))

    def applied(self, request: LoopRequest) -> LoopRequest:
        """`request` in the manner of one of the sounds, which its seed chooses, where it says nothing itself: with
        its embedding, its curves, and open parts left to the denoiser.

        One with words, tags or a reference, or with `MOSTLY` or less of what was learnt, stays as it is.
        """
        told = request.prompt or request.tags or request.reference
        if request.learnt <= MOSTLY or not self.config.count or told:
            return request
        number = request.seed % self.config.count
        changes: dict[str, Any] = {
            "reference": tuple(self.embeddings[number].nan_to_num().clamp(-1, 1).tolist()),
            "compose": False,
        }
        if not request.curves:
            rows = self.curves[number].nan_to_num().clamp(0, 1).tolist()
            changes["curves"] = {name: tuple(row) for name, row in zip(CURVES, rows, strict=True)}
        return request.with_(**changes)
