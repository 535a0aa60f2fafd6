"""Inversion: a loop run backwards to the noise that it comes from, and how nearly that noise gives it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save
from torch import Tensor

from engine.applications.source import SourceLoop
from engine.audio.likeness import mel_distance, si_sdr
from engine.conditioning.composition import Composition
from engine.diffusion.inversion import invert
from engine.diffusion.samplers import EVALUATIONS, SamplerStep, sample
from engine.diffusion.schedules import alphas
from engine.errors import InvalidRequest
from engine.files import write_atomically
from engine.knobs import CORRECTIONS, WALK_GUIDANCE, WALK_SAMPLER, WALK_STEPS
from engine.loop import Loop
from engine.pipeline import LoopPipeline
from engine.progress import Progress
from engine.rendering.guided import Aim
from engine.requests import LoopRequest


@dataclass(frozen=True)
class Walk:
    """How the map is walked, both ways: steps, sampler, schedule, guidance, and corrections of each step back.

    Guidance 1 is the map under the loop's own conditions as it was learnt, and the one that inverts best. Raises
    `InvalidRequest` on what a request would not allow.
    """

    num_steps: int = WALK_STEPS.default
    sampler: str = WALK_SAMPLER.default
    schedule: str = "cosine"
    guidance_scale: float = WALK_GUIDANCE.default
    corrections: int = CORRECTIONS.default

    def __post_init__(self) -> None:
        WALK_SAMPLER.check(self.sampler)  # of the denoiser's own map alone can it be walked back
        self.of(LoopRequest())
        CORRECTIONS.check(self.corrections)

    def of(self, request: LoopRequest) -> LoopRequest:
        """`request`, walked like this."""
        return LoopRequest.from_dict(
            {
                **request.to_dict(),
                "num_steps": self.num_steps,
                "sampler": self.sampler,
                "schedule": self.schedule,
                "guidance_scale": self.guidance_scale,
            }
        )

    @property
    def alphas(self) -> Tensor:
        """Increasing, `[num_steps + 1]`."""
        return alphas(self.num_steps, self.schedule)

    def nearest(self, alpha: float) -> int:
        """The index of the alpha nearest to `alpha`; never the last one."""
        return int((self.alphas[:-1] - alpha).abs().argmin())

    @property
    def evaluations(self) -> int:
        """Evaluations of the denoiser for one walk back, at most: corrections that are not needed are not made."""
        extra = self.corrections + 1 if self.corrections else 0
        return self.num_steps * EVALUATIONS[self.sampler] * (1 + extra)


@dataclass(frozen=True, eq=False)
class InvertedLoop:
    """A loop `source` as noise: its `states` `[1, D, F]` at each of the increasing alphas of `walk`.

    They were found under `request`, the loop's own conditions, with what is composed in them, and mean something to
    the pack of `pack_hash` alone. A loop that was inverted part of the way has the states of the later alphas alone.
    """

    source: SourceLoop
    request: LoopRequest
    walk: Walk
    states: tuple[Tensor, ...]
    pack_hash: str
    composition: Composition | None = None

    @property
    def noise(self) -> Tensor:
        """Its state `[1, D, F]` at alpha 0."""
        return self.at(0)

    def at(self, index: int) -> Tensor:
        """Its state `[1, D, F]` at alpha number `index`; raises `InvalidRequest` beyond where its walk stopped."""
        first = self.walk.num_steps + 1 - len(self.states)
        if index < first:
            raise InvalidRequest("This loop was inverted part of the way alone; invert it down to its noise.")
        return self.states[index - first]

    @property
    def x_1(self) -> Tensor:
        """Its state `[1, D, F]` at alpha 1, the loop itself."""
        return self.states[-1]

    @property
    def deviation(self) -> float:
        """Standard deviation of the noise: 1 for loops such as the model knows."""
        return float(self.noise.std())


@dataclass(frozen=True)
class RoundTrip:
    """How far a loop comes back from its noise.

    `latent_error`: distance of the latents over the size of the loop's own. `mel` (mean difference of log10 mel
    amplitudes) and `si_sdr_db` compare sounds: with the loop as the codec alone gives it, so that they speak of the
    inversion; and with the loop itself (`heard_`), so that they speak of everything.
    """

    latent_error: float
    mel: float
    si_sdr_db: float
    heard_mel: float
    heard_si_sdr_db: float


def invert_loops(
    pipeline: LoopPipeline,
    sources: Sequence[SourceLoop],
    walk: Walk | None = None,
    *,
    down_to: float = 0.0,
    progress: Progress | None = None,
) -> list[InvertedLoop]:
    """The noises of loops of one tempo and length, each under its own conditions, in one pass of the network; or
    their states down to the alpha nearest to `down_to`."""
    walk = walk or Walk()
    hook = pipeline.latents.hook(progress)
    requests = [walk.of(source.request) for source in sources]
    x_1 = torch.cat([latent_state(pipeline, source) for source in sources])
    states = [x_1]

    def keep(step: SamplerStep) -> None:
        states.append(step.x)
        if hook is not None:
            hook(step)

    with torch.inference_mode():
        composed = [pipeline.compose(request) for request in requests]
        aims = [pipeline.aim(request, written) for request, written in zip(requests, composed, strict=True)]
        flow = pipeline.flow(requests[0], Aim.stack(aims))
        alphas = walk.alphas[walk.nearest(down_to) :]
        invert(flow, x_1, alphas, walk.sampler, corrections=walk.corrections, on_step=keep)
    apart = zip(*(state.chunk(len(sources)) for state in reversed(states)), strict=True)
    return [
        InvertedLoop(source, request, walk, tuple(own), pipeline.info.hash, written)
        for source, request, own, written in zip(sources, requests, apart, composed, strict=True)
    ]


def check_pack(pipeline: LoopPipeline, pack_hash: str) -> None:
    """Raise `InvalidRequest` unless a noise was found with the pack that is to play it."""
    if pack_hash != pipeline.info.hash:
        raise InvalidRequest(
            f"This noise was found with another pack and means nothing to {pipeline.info.name!r}; "
            "invert the loop again with the pack that is to play it."
        )


def latent_state(pipeline: LoopPipeline, source: SourceLoop) -> Tensor:
    """The state `x_1` `[1, D, F]` of a loop at alpha 1: its latent where this pack made it, else encoded."""
    if source.latent is not None and source.latent_pack == pipeline.info.hash:
        return pipeline.latents.standardise(source.latent[None])
    if source.sample_rate != pipeline.info.sample_rate:
        raise InvalidRequest(
            f"{source.name} has {source.sample_rate} samples a second, the pack {pipeline.info.sample_rate}; "
            "read it at the rate of the pack."
        )
    return pipeline.latents.encode(source.audio, pipeline.geometry(source.request).frames)


@dataclass(frozen=True, eq=False)
class Replay:
    """What the noise of a loop leads to again under its `aim`: its state `x_1` `[1, D, F]` at alpha 1."""

    inverted: InvertedLoop
    aim: Aim
    x_1: Tensor

    def loop(self, pipeline: LoopPipeline) -> Loop:
        """The finished loop."""
        return pipeline.finish(self.x_1, [self.inverted.request], self.aim)[0]

    def round_trip(self, pipeline: LoopPipeline) -> RoundTrip:
        """How far it is from the loop that was inverted."""
        inverted, source = self.inverted, self.inverted.source
        error = float((self.x_1 - inverted.x_1).norm() / inverted.x_1.norm())
        coded, back = (_sound(pipeline, x, source.geometry.samples) for x in (inverted.x_1, self.x_1))
        rate = source.sample_rate
        return RoundTrip(
            error,
            mel_distance(coded, back, rate),
            si_sdr(coded, back),
            mel_distance(source.audio, back, rate),
            si_sdr(source.audio, back),
        )


def replay(
    pipeline: LoopPipeline, inverted: Sequence[InvertedLoop], *, progress: Progress | None = None
) -> list[Replay]:
    """Where the noises of loops of one length and walk lead to, in one pass of the network."""
    for loop in inverted:
        check_pack(pipeline, loop.pack_hash)
    walk = inverted[0].walk
    with torch.inference_mode():
        aims = [pipeline.aim(loop.request, loop.composition) for loop in inverted]
        flow = pipeline.flow(inverted[0].request, Aim.stack(aims))
        noise = torch.cat([loop.noise for loop in inverted])
        x_1 = sample(flow, noise, walk.alphas, walk.sampler, pipeline.latents.hook(progress))
    return [Replay(*found) for found in zip(inverted, aims, x_1.chunk(len(inverted)), strict=True)]


def write_noise(path: Path, inverted: InvertedLoop) -> None:
    """Write an inverted loop's noise `[D, F]` as safetensors; raises `ExportError` when the folder cannot be used."""
    write_atomically(path, save({"noise": inverted.noise[0].cpu().numpy()}))


def keep_noise(pipeline: LoopPipeline, inverted: InvertedLoop) -> int:
    """Keep an inverted loop's noise where the pipeline finds it; returns the seed that stands for it in a noise pad.

    Raises `ExportError` when the folder cannot be used.
    """
    return pipeline.shelf.keep(inverted.noise, inverted.pack_hash)


def _sound(pipeline: LoopPipeline, x_1: Tensor, samples: int) -> NDArray[np.float32]:
    sound: NDArray[np.float32] = pipeline.latents.decode(x_1, samples)[0]
    return sound
