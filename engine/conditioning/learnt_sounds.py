"""The sounds that a pack learnt from, as requests that say nothing take them on."""

from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn

from engine.requests import LoopRequest, Pattern
from engine.vocabulary import CURVES, EMBEDDING_DIM, PARTS, STEPS_PER_BAR

POINTS: Final = 64
"""Values of each curve that are kept of a sound."""
STEPS: Final = 4 * STEPS_PER_BAR
"""Steps of each row that are kept of a sound; shorter ones are repeated."""
UNKNOWN: Final = -1.0
"""Where nobody knows what a part plays."""
MOSTLY: Final = 0.5
"""Up to this share of what was learnt, the denoiser knows such sounds too little: asked for them, it plays neither
theirs nor its own (as far again from them as before it learnt)."""

KEPT_TO: Final = 0.75
"""Of what was learnt no more counts where a row is drawn: strokes that were only heard teach to keep to rows less
closely. Of 48 loops of drawn kicks, F1 was .75 with all of it, .89 with so much, .86 with none; and what they sound
like was 1.2, .1 and none of the way to the sounds (musicnn; .4, -.3 and none by log-mel): no share has both."""


@dataclass(frozen=True)
class LearntSoundsConfig:
    """Of how many sounds there is something."""

    count: int


class LearntSounds(nn.Module):
    """What was heard in each of N sounds: its embedding `[N, 512]`, its curves `[N, 4, POINTS]` from 0 to 1, and the
    velocities `[N, P, STEPS]` that its parts strike with, or `UNKNOWN`.

    A denoiser that learnt from sounds whose scores nobody knows has learnt what they are like under these conditions,
    and not under those of a loop of which nothing is known but a score.
    """

    embeddings: Tensor
    curves: Tensor
    rows: Tensor

    def __init__(self, config: LearntSoundsConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("embeddings", torch.zeros(config.count, EMBEDDING_DIM))
        self.register_buffer("curves", torch.zeros(config.count, len(CURVES), POINTS))
        self.register_buffer("rows", torch.full((config.count, len(PARTS), STEPS), UNKNOWN))

    def speak_for(self, request: LoopRequest) -> bool:
        """Whether `request` says nothing itself: one with words, tags or a reference does, and of one with `MOSTLY`
        or less of what was learnt nothing is taken on."""
        told = request.prompt or request.tags or request.reference
        return request.learnt > MOSTLY and bool(self.config.count) and not told

    def share(self, request: LoopRequest) -> float:
        """How much counts of what was learnt."""
        drawn = self.speak_for(request) and request.pattern.rows
        return min(request.learnt, KEPT_TO) if drawn else request.learnt

    def applied(self, request: LoopRequest) -> LoopRequest:
        """`request` in the manner of one of the sounds, which its seed chooses, where they `speak_for` it: with its
        embedding, and open parts left to the denoiser; and, where no row is drawn, with its curves and its rows.
        """
        if not self.speak_for(request):
            return request
        number = request.seed % self.config.count
        changes: dict[str, Any] = {
            "reference": tuple(self.embeddings[number].nan_to_num().clamp(-1, 1).tolist()),
            "compose": False,
        }
        if not request.curves and not request.pattern.rows:
            curves = self.curves[number].nan_to_num().clamp(0, 1).tolist()
            changes["curves"] = {name: tuple(curve) for name, curve in zip(CURVES, curves, strict=True)}
        if not request.pattern.rows:
            rows = dict(zip(PARTS, self.rows[number].nan_to_num(UNKNOWN).clamp_max(1), strict=True))
            known = {part: tuple(row.tolist()) for part, row in rows.items() if float(row.min()) >= 0}
            changes["pattern"] = Pattern(known, request.pattern.swing)
        return request.with_(**changes)
