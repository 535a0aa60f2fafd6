"""A denoiser under guidance: the model that samplers walk with, from a denoiser and the conditions of a request.

Where rows are told, guidance above 1 leads away from their *silence*, not from rows that nobody told. Away from these
it made hits late: what tells most surely that a hit was asked for at a step is one of which nothing lies before that
step (of rows by themselves hats rose 5 ms late, snares 12). Rows that are to rest stay untold until `RESTING`, so
that guidance silences them, too. And it ends at `GUIDED_UNTIL`: what is decided after that is how a hit rises and how
long it rings, not what is played.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

from engine.conditioning.composition import Composition
from engine.conditioning.conditions import Conditions
from engine.diffusion.guidance import guide, rescale
from engine.models.sampling import PreparedConditions, SamplingDenoiser
from engine.requests import LoopRequest

RESTING: Final = 0.1
"""The alpha until which rows that rest are led away from what may play there. Were they silent on both sides from the
beginning, kicks by themselves would leave 2 dB more behind them; until 0.2, they differ too little between loops."""

GUIDED_UNTIL: Final = 0.5
"""The alpha at which guidance above 1 ends (Kynkäänniemi et al. 2024, guidance in an interval). Of 40 loops of other
seeds than any figure's, F1 of all parts was .600 with guidance to the end and from what nobody told, .589 to 0.6 and
.583 to 0.4, and of guidance to 0.25 .558; the lag of their hits 3.0, 2.2, 1.5 and 1.5 ms, as the corpus's 1.5."""


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

    Evaluates only what counts: a single direction at scale 1 needs no null, no direction (or scales 0) nothing else,
    and a single one above 1 is alone from `GUIDED_UNTIL` on.
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
        told = [direction.conditions for direction in active]
        if self.scales == [1.0] or not active:
            self._phases = [_Phase(math.inf, 1, self._embed(told or [null]))]
        elif len(active) == 1 and self.scales[0] > 1:
            every = self._embed([silenced(null, told[0], rests=False), silenced(null, told[0]), *told])
            early, late, alone = torch.arange(3 * len(null)).chunk(3)
            self._phases = [
                _Phase(RESTING, 2, every.of(torch.cat((early, alone)))),
                _Phase(GUIDED_UNTIL, 2, every.of(torch.cat((late, alone)))),
                _Phase(math.inf, 1, every.of(alone)),
            ]
        else:
            self._phases = [_Phase(math.inf, 1 + len(told), self._embed([null, *told]))]

    def __call__(self, x: Tensor, alpha: Tensor) -> Tensor:
        """Guided direction `[B, D, F]` in float32 at states `x` `[B, D, F]` and scalar `alpha`."""
        phase = next(each for each in self._phases if float(alpha) < each.until)
        inputs = torch.cat([x] * phase.copies)
        outputs = self.denoiser.predict(inputs, alpha.expand(len(inputs)), phase.embedded)
        if phase.copies == 1:
            return outputs
        null, *conditioned = outputs.chunk(phase.copies)
        reference = guide(null, conditioned, [1.0] * len(conditioned)) if len(conditioned) > 1 else conditioned[0]
        return rescale(guide(null, conditioned, self.scales), reference, x, alpha, self.rescaling)

    @property
    def embedded(self) -> PreparedConditions:
        """What conditions decide where a walk begins."""
        return self._phases[0].embedded

    def turn(self, change: Callable[[PreparedConditions], PreparedConditions]) -> None:
        """`change` what conditions decide, from the beginning of a walk to its end."""
        self._phases = [replace(each, embedded=change(each.embedded)) for each in self._phases]

    def _embed(self, parts: Sequence[Conditions]) -> PreparedConditions:
        weights = next(self.denoiser.parameters())
        return self.denoiser.embed(Conditions.stack([*parts]).to(weights.device, weights.dtype))


@dataclass(frozen=True, eq=False)
class _Phase:
    """What is evaluated at alphas below `until`: conditions of the null and of each direction, or of one alone."""

    until: float
    copies: int
    embedded: PreparedConditions


def silenced(null: Conditions, told: Conditions, *, rests: bool = True) -> Conditions:
    """`null` with the rows silent that are `told`, but for those that it gives itself; those that rest in all of
    their loop stay open without `rests`."""
    given = told.pattern_given if rests else told.pattern_given * (told.pattern.amax(dim=2) > 0)
    return replace(
        null,
        pattern=null.pattern * null.pattern_given[:, :, None],
        pattern_given=torch.maximum(null.pattern_given, given),
    )


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
