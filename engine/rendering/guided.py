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
from engine.knobs import GUIDANCE_CONDITIONS
from engine.models.guidance_told import given
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
class Emphasis:
    """One condition that counts `more` than the others by as much as that, or less: what is asked `without` it."""

    without: Conditions
    more: float


@dataclass(frozen=True)
class Guidance:
    """What a request is led `towards`, how strongly, and which of its conditions count otherwise than the rest.

    `D(c) + sum_k (w_k - 1) (D(c) - D(c without k))` is what is led towards: by the weight `w_k` counts what a
    condition adds to all others. At 1 nothing changes, and at 0 it is not heard.
    """

    towards: Conditions
    scale: float
    emphases: tuple[Emphasis, ...] = ()

    @classmethod
    def of(cls, request: LoopRequest, conditions: Conditions) -> "Guidance":
        """How `request` is guided to `conditions` of its own; not at all where these tell nothing."""
        asked = [group for group in GUIDANCE_CONDITIONS if given(conditions, group).any()]
        weights = {group: request.guidance.get(group, 1.0) for group in asked}
        towards = conditions.without(*(group for group, weight in weights.items() if weight == 0))
        heard = [group for group, weight in weights.items() if weight != 0]
        emphases = [Emphasis(towards.without(group), weights[group] - 1) for group in heard if weights[group] != 1]
        return cls(towards, request.guidance_scale if heard else 0.0, tuple(emphases))

    def aimed(self, told: Tensor, without: Sequence[Tensor]) -> Tensor:
        """What is led towards, from `D(c)` `[B, ...]` and `D(c without k)` for each emphasis."""
        aimed = told
        for emphasis, direction in zip(self.emphases, without, strict=True):
            aimed = aimed + emphasis.more * (told - direction)
        return aimed


class GuidedDenoiser:
    """`D(away) + gamma (aimed - D(away))`, rescaled, in one batched pass of the network.

    Evaluates only what counts: at scale 1 nothing is led away from, at 0 nothing led towards; and above 1, what is
    led towards is alone from `GUIDED_UNTIL` on.
    """

    def __init__(
        self, denoiser: SamplingDenoiser, away: Conditions, guidance: Guidance, *, rescaling: float = 0.7
    ) -> None:
        self.denoiser, self.guidance = denoiser, guidance
        self.rescaling = rescaling
        told = [guidance.towards, *(emphasis.without for emphasis in guidance.emphases)]
        if guidance.scale == 0:
            self._phases = [_Phase(math.inf, 1, self._embed([away]))]
        elif guidance.scale == 1:
            self._phases = [_Phase(math.inf, len(told), self._embed(told))]
        elif guidance.scale > 1:
            sides = [silenced(away, guidance.towards, rests=False), silenced(away, guidance.towards)]
            every = self._embed([*sides, *told])
            early, late, *rest = torch.arange((2 + len(told)) * len(away)).chunk(2 + len(told))
            self._phases = [
                _Phase(RESTING, 1 + len(told), every.of(torch.cat((early, *rest))), away=True),
                _Phase(GUIDED_UNTIL, 1 + len(told), every.of(torch.cat((late, *rest))), away=True),
                _Phase(math.inf, len(told), every.of(torch.cat(rest))),
            ]
        else:
            self._phases = [_Phase(math.inf, 1 + len(told), self._embed([away, *told]), away=True)]

    def __call__(self, x: Tensor, alpha: Tensor) -> Tensor:
        """Guided direction `[B, D, F]` in float32 at states `x` `[B, D, F]` and scalar `alpha`."""
        phase = next(each for each in self._phases if float(alpha) < each.until)
        inputs = torch.cat([x] * phase.copies)
        outputs = self.denoiser.predict(inputs, alpha.expand(len(inputs)), phase.embedded)
        if phase.copies == 1:
            return outputs
        copies = list(outputs.chunk(phase.copies))
        away = copies.pop(0) if phase.away else None
        told, *without = copies
        aimed = self.guidance.aimed(told, without)
        led = aimed if away is None else guide(away, aimed, self.guidance.scale)
        return rescale(led, told, x, alpha, self.rescaling)

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
    """What is evaluated at alphas below `until`: conditions that are led `away` from, where they count, those that
    are led towards, and these without each that counts otherwise."""

    until: float
    copies: int
    embedded: PreparedConditions
    away: bool = False


def silenced(null: Conditions, told: Conditions, *, rests: bool = True) -> Conditions:
    """`null` with the rows silent that are `told`, but for those that it gives itself; those that rest in all of
    their loop stay open without `rests`."""
    given = told.pattern_given if rests else told.pattern_given * (told.pattern.amax(dim=2) > 0)
    return replace(
        null,
        pattern=null.pattern * null.pattern_given[:, :, None],
        pattern_given=torch.maximum(null.pattern_given, given),
    )
