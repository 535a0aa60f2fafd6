"""The few-step model under guidance: what the sampler "progressive" walks with, in two evaluations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

from engine.conditioning.conditions import Conditions
from engine.knobs import GUIDANCE_CONDITIONS, PROGRESSIVE
from engine.models.fewsteps import DETAILS, SEMANTICS, FewSteps, noises_of, view_of
from engine.models.guidance_told import given, guidance_inputs
from engine.models.sampling import PreparedConditions, SamplingDenoiser
from engine.models.semantic_directions import SemanticDirections
from engine.models.semantics import on_sphere
from engine.models.unet import Denoiser
from engine.rendering.guided import Aim, Guidance
from engine.requests import LoopRequest

PRIOR_TEMPERATURE = 0.8
"""Deviation of the noise that semantic latents are drawn from: a little nearer to what is usual."""
TOLD_MORE: Final[Mapping[str, float]] = {"pattern": 5 / 3, "clap": 5 / 3}
"""How much stronger guidance is told of rows and words than of the rest: two evaluations keep less to them than the
many that they learnt from. Of 40 loops of other seeds than any figure's, F1 of all parts was .561 without it and is
.574, of the kick .839 and .854, the distance to the corpus 18.0 and 17.8."""


class FewStepSampling:
    """A few-step model made ready on a device, its generator in `dtype`; sliders lead along its `directions`."""

    def __init__(
        self,
        model: FewSteps,
        denoiser: Denoiser,
        device: torch.device,
        dtype: torch.dtype,
        directions: SemanticDirections | None = None,
    ) -> None:
        self.directions = directions
        self.model = model.to(device, torch.float32).eval().requires_grad_(False)
        self.alphas = torch.tensor([0.0, model.alpha(DETAILS), 1.0])
        generator = model.changed(denoiser.to(device)).to(dtype).eval().requires_grad_(False)
        self.generator = SamplingDenoiser(generator)

    def flow(self, request: LoopRequest, aim: Aim, latents: "StageLatents | None" = None) -> "StagedFlow":
        """The direction field of one walk along `alphas`, under `aim` of B loops, guided as `request` says; with
        `latents` of its own, or those that belong to the loops' noise."""
        return StagedFlow(self, request, aim, latents or StageLatents())

    def worded(self, request: LoopRequest) -> LoopRequest:
        """`request` with the sliders alone that move its embedding, as it is sampled."""
        if self.directions is None or request.sampler != PROGRESSIVE:
            return request
        led = self.directions.led
        return request.with_(steer={name: at for name, at in request.steer.items() if name not in led})

    def steered(self, request: LoopRequest) -> Tensor | None:
        """What the other sliders of `request` add to its `z_2`, `[1, Z]`; None where there are no directions."""
        if self.directions is None or request.sampler != PROGRESSIVE:
            return None
        return self.directions.move(request.steer)

    def semantics_of(self, x_1: Tensor) -> Tensor:
        """`z_2` `[B, Z]` of loops `x_1` `[B, D, F]`, standardised latents."""
        z_2: Tensor = self.model.encoder(x_1.float())
        return z_2


@dataclass(frozen=True, eq=False)
class StageLatents:
    """`z_2` and `z_1` `[B, Z]` of loops; None for one that belongs to their noise: to that they are made from, or to
    another `noise` `[B, D, F]`, as of the loop that a window shows a part of."""

    semantics: Tensor | None = None
    details: Tensor | None = None
    noise: Tensor | None = None


class StagedFlow:
    """`D(x, alpha)` of the generator at the alphas of its two stages: `x + (1 - alpha) D` estimates the data.

    Guidance is an input of the network: a pass is one copy. What is to be kept away from is not, and takes two more:
    by `D(away) + gamma (D(c) - D(away))` it adds `(1 - gamma) (D(away) - D(null))` to what guidance makes of `c`.
    """

    def __init__(self, few: FewStepSampling, request: LoopRequest, aim: Aim, latents: StageLatents) -> None:
        self._few, self._given, self._details = few, latents, torch.empty(0)
        self._steered = aim.steered
        self._led = Guidance.of(request, aim.towards)
        scale = self._led.scale
        # What weighs nothing is left open: no guidance as weak as that was ever told.
        towards = self._led.towards if scale else aim.towards.without(*GUIDANCE_CONDITIONS)
        emphases = self._led.emphases if scale else ()
        parts = [towards, *(each.without for each in emphases)]
        told = [guidance_inputs(part, scale, TOLD_MORE) for part in parts]
        self._away = 1 - scale if scale and any(given(aim.away, name).any() for name in GUIDANCE_CONDITIONS) else 0.0
        if self._away:
            parts += [aim.away, aim.away.without(*GUIDANCE_CONDITIONS)]
            told += [guidance_inputs(part, 1.0) for part in parts[-2:]]
        weight = next(few.generator.parameters())
        self._copies = len(parts)
        conditions = Conditions.stack(parts).to(weight.device, weight.dtype)
        self._guidance = torch.cat(told).to(weight.device)
        self._view = view_of(few.generator, conditions)
        self.denoiser = few.generator
        self.embedded = few.generator.embed(conditions)

    def __call__(self, x: Tensor, alpha: Tensor) -> Tensor:
        """Direction `[B, D, F]` in float32 at states `x` `[B, D, F]` and scalar `alpha`, that of a stage."""
        model = self._few.model
        stage = SEMANTICS if float(alpha) < model.alpha(DETAILS) / 2 else DETAILS
        inputs = torch.cat([x.float()] * self._copies)
        z = self._latents(inputs, stage)
        embedded = replace(self.embedded, stage=model.stages(z, self._guidance, stage))
        outputs = self._few.generator.predict(inputs, alpha.expand(len(inputs)), embedded)
        if self._copies == 1:
            return outputs
        told, *without = outputs.chunk(self._copies)
        if not self._away:
            return self._led.aimed(told, without)
        *without, away, null = without
        return self._led.aimed(told, without) + self._away * (away - null)

    def turn(self, change: Callable[[PreparedConditions], PreparedConditions]) -> None:
        """`change` what conditions decide, in both stages."""
        self.embedded = change(self.embedded)

    def _latents(self, x: Tensor, stage: int) -> Tensor:
        model = self._few.model
        own = self._given.semantics if stage == SEMANTICS else self._given.details
        if own is not None:
            return torch.cat([own] * self._copies)
        if self._given.noise is not None:
            x = torch.cat([self._given.noise.to(x)] * self._copies)
        elif stage == DETAILS and len(self._details) == len(x):
            return self._details  # of the noise that the walk began with
        self._details = noises_of(x, model.config.semantic_dim)[1]
        return self._details if stage == DETAILS else self._drawn(x)

    def _drawn(self, x: Tensor) -> Tensor:
        model = self._few.model
        noise = PRIOR_TEMPERATURE * noises_of(x, model.config.semantic_dim)[0]
        drawn = model.prior.draw(noise, self._view, self._guidance)
        if self._steered is None or not self._steered.any():
            return drawn
        return on_sphere(drawn + torch.cat([self._steered.to(drawn)] * self._copies))

    def semantics(self, x: Tensor) -> Tensor:
        """`z_2` `[B, Z]` that the prior draws by the noise `x` `[B, D, F]` of the loops."""
        return self._drawn(torch.cat([x.float()] * self._copies))[: len(x)]
