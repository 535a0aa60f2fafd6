"""A denoiser under guidance: the model that samplers walk with, from a denoiser and the conditions of a request."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.conditioning.composition import Composition
from engine.conditioning.conditions import Conditions
from engine.diffusion.guidance import guide, rescale
from engine.models.sampling import SamplingDenoiser
from engine.requests import LoopRequest


@dataclass(frozen=True)
class Aim:
    """What guidance leads `towards` and `away` from: conditions of the same B loops of F frames, and what is composed
    in each, as it was conditioned on; and how far sliders move `z_2` `[B, Z]`, where they do."""

    towards: Conditions
    away: Conditions
    compositions: tuple[Composition | None, ...] = (None,)
    steered: Tensor | None = None

    @classmethod
    def stack(cls, aims: "Sequence[Aim]") -> "Aim":
        """One batch from several with the same number of frames, of one pack and sampler."""
        moves = [aim.steered for aim in aims if aim.steered is not None]
        return cls(
            Conditions.stack([aim.towards for aim in aims]),
            Conditions.stack([aim.away for aim in aims]),
            tuple(composition for aim in aims for composition in aim.compositions),
            torch.cat(moves) if len(moves) == len(aims) else None,
        )


@dataclass(frozen=True)
class GuidedDirection:
    """One conditional direction and its scale gamma_k."""

    conditions: Conditions
    scale: float


class GuidedDenoiser:
    """`D(null) + sum_k gamma_k (D(c_k) - D(null))`, rescaled, in one batched pass of the network.

    Evaluates only what counts: a single direction at scale 1 needs no null, no direction (or scales 0) nothing else.
    """

    def __init__(
        self,
        denoiser: SamplingDenoiser,
        null: Conditions,
        directions: Sequence[GuidedDirection],
        *,
        rescaling: float = 0.7,
    ) -> None:
        self.denoiser = denoiser
        self.rescaling = rescaling
        active = [direction for direction in directions if direction.scale != 0]
        self.scales = [direction.scale for direction in active]
        self.plain = self.scales == [1.0] or not active
        parts = [active[0].conditions] if self.plain and active else [null, *(d.conditions for d in active)]
        self.copies = len(parts)
        weights = next(denoiser.parameters())
        self.embedded = denoiser.embed(Conditions.stack(parts).to(weights.device, weights.dtype))

    def __call__(self, x: Tensor, alpha: Tensor) -> Tensor:
        """Guided direction `[B, D, F]` in float32 at states `x` `[B, D, F]` and scalar `alpha`."""
        inputs = torch.cat([x] * self.copies)
        alphas = alpha.expand(len(inputs))
        outputs = self.denoiser.predict(inputs, alphas, self.embedded)
        if self.plain:
            return outputs
        null, *conditioned = outputs.chunk(self.copies)
        reference = guide(null, conditioned, [1.0] * len(conditioned)) if len(conditioned) > 1 else conditioned[0]
        return rescale(guide(null, conditioned, self.scales), reference, x, alpha, self.rescaling)


def guided_directions(request: LoopRequest, conditions: Conditions) -> list[GuidedDirection]:
    """How a request weighs its conditions: together at the master scale, or apart when it sets weights of its own.

    Apart, direction k keeps the beat and one group only. What the request leaves open has no direction.
    """
    weights = request.guidance
    groups = [group for group in ("tags", "pattern", "curves", "clap") if _asked(conditions, group)]
    if not groups:
        return []
    if all(weights.get(group, 1.0) == 1.0 for group in groups):
        return [GuidedDirection(conditions, request.guidance_scale)]
    return [
        GuidedDirection(
            conditions.without(*(other for other in groups if other != group)),
            request.guidance_scale * weights.get(group, 1.0),
        )
        for group in groups
    ]


def _asked(conditions: Conditions, group: str) -> bool:
    if group == "tags":
        return bool(conditions.tags.any() or conditions.key.any())
    mask: Tensor = getattr(conditions, f"{group}_given")
    return bool(mask.any())
