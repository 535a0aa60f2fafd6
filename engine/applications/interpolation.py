"""Blends: loops between two ends, by their noises, by their conditions, or by both."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, Self

import torch
from torch import Tensor

from engine.applications.inversion import InvertedLoop, Walk, check_pack
from engine.conditioning.blending import blend_conditions
from engine.conditioning.composition import Composition
from engine.diffusion.noise import slerp
from engine.diffusion.samplers import SamplerStep, sample
from engine.errors import InvalidRequest
from engine.knobs import BLEND_COUNT
from engine.loop import Loop
from engine.pipeline import LoopPipeline
from engine.progress import Progress
from engine.rendering.guided import Aim
from engine.requests import LoopRequest

OVER: Final = ("both", "noise", "conditions")
"""What changes along a blend: noise, conditions or both. What does not change is that of its first end."""
PATHS: Final = ("spherical", "linear")
TOGETHER: Final = 8
"""Loops of one pass of the network: on a CPU, eight together cost what four cost one by one."""


@dataclass(frozen=True, eq=False)
class End:
    """One end of a blend: a `request`, what its open parts play, and the `noise` `[1, D, F]` it starts from.

    `inverted` is the loop that the noise was found of, where there is one.
    """

    request: LoopRequest
    noise: Tensor
    composition: Composition | None
    pack_hash: str
    inverted: InvertedLoop | None = None

    @classmethod
    def of_request(cls, pipeline: LoopPipeline, request: LoopRequest) -> Self:
        """The loop that `request` renders to."""
        noise = pipeline.noise(request).to(pipeline.device)
        return cls(request, noise, pipeline.compose(request), pipeline.info.hash)

    @classmethod
    def of_loop(cls, inverted: InvertedLoop) -> Self:
        """A loop that was inverted."""
        return cls(inverted.request, inverted.noise, inverted.composition, inverted.pack_hash, inverted)

    def aim(self, pipeline: LoopPipeline) -> Aim:
        """Its conditions."""
        return pipeline.aim(self.request, self.composition)

    def found(self, walk: Walk) -> tuple[Tensor, ...] | None:
        """Its states `[1, D, F]` at each alpha of `walk`, where they were found along it."""
        return self.inverted.states if self.inverted is not None and self.inverted.walk == walk else None

    def states(self, pipeline: LoopPipeline, walk: Walk, progress: Progress | None = None) -> tuple[Tensor, ...]:
        """Its states `[1, D, F]` at each alpha of `walk`: as they were found, or as its noise leads to them."""
        found = self.found(walk)
        if found is not None:
            return found
        states, hook = [self.noise], pipeline.latents.hook(progress)

        def keep(step: SamplerStep) -> None:
            states.append(step.x)
            if hook is not None:
                hook(step)

        flow = pipeline.flow(walk.of(self.request), self.aim(pipeline))
        sample(flow, self.noise, walk.alphas, walk.sampler, keep)
        return tuple(states)


def same(pipeline: LoopPipeline, a: End, b: End) -> bool:
    """Whether two ends are one and the same to the pack, so that nothing lies between them."""
    if a.noise.shape != b.noise.shape or not torch.equal(a.noise, b.noise):
        return False
    one, other = (end.aim(pipeline).towards for end in (a, b))
    return all(torch.equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))


def blend_aims(a: Aim, b: Aim, t: float) -> Aim:
    """From `a` (t = 0) to `b` (t = 1); what is composed is that of the nearer one."""
    steered = None if a.steered is None or b.steered is None else torch.lerp(a.steered, b.steered, t)
    return Aim(
        blend_conditions(a.towards, b.towards, t),
        blend_conditions(a.away, b.away, t),
        (a if t <= 0.5 else b).compositions,
        steered,
    )


def blend(
    pipeline: LoopPipeline,
    a: End,
    b: End,
    at: Sequence[float],
    walk: Walk | None = None,
    *,
    over: str = "both",
    path: str = "spherical",
    progress: Progress | None = None,
) -> list[Loop]:
    """A loop for each share of `at` on the way from `a` (0) to `b` (1), two loops of one tempo and length.

    Noises move on the sphere, or with `path` "linear" on the straight line, where they lose up to 3 dB. `walk` says
    how all are sampled, by default as `a` asks. Raises `InvalidRequest` on ends that differ in tempo or bars.
    """
    _check(a, b, at, over, path)
    check_pack(pipeline, a.pack_hash)
    check_pack(pipeline, b.pack_hash)
    walked = walk.of(a.request) if walk else a.request
    alphas = pipeline.alphas(walked)
    aims = (a.aim(pipeline), b.aim(pipeline))
    counted = progress.over(passes(len(at)) * (len(alphas) - 1)) if progress is not None else None
    loops = []
    for first in range(0, len(at), TOGETHER):
        points = at[first : first + TOGETHER]
        turned = [0.0 if over == "conditions" else t for t in points]
        with torch.inference_mode():
            start = torch.cat([_between(a.noise, b.noise, t, path) for t in turned])
            aim = Aim.stack([blend_aims(*aims, 0.0 if over == "noise" else t) for t in points])
            flow = pipeline.flow(walked, aim)
            x_1 = sample(flow, start, alphas, walked.sampler, pipeline.latents.hook(counted))
        requests = [walked if t <= 0.5 else walked.with_(**words_of(b.request)) for t in points]
        loops += pipeline.finish(x_1, requests, aim)
    return loops


def passes(count: int) -> int:
    """Passes of the network that a blend of `count` loops takes."""
    return -(-count // TOGETHER)


def _between(a: Tensor, b: Tensor, t: float, path: str) -> Tensor:
    return slerp(a, b, t) if path == "spherical" else torch.lerp(a, b, t)


def words_of(request: LoopRequest) -> dict[str, object]:
    """What names a loop: its own words, seed and pattern, in the recipe of the points nearest to it."""
    names = ("seed", "prompt", "tags", "key", "pattern", "curves", "noise", "compose")
    return {name: getattr(request, name) for name in names}


def _check(a: End, b: End, at: Sequence[float], over: str, path: str) -> None:
    if over not in OVER:
        raise InvalidRequest(f"Unknown way {over!r} to blend; possible: {', '.join(OVER)}.")
    if path not in PATHS:
        raise InvalidRequest(f"Unknown path {path!r}; possible: {', '.join(PATHS)}.")
    check_ends(a, b, at)


def check_ends(a: End, b: End, at: Sequence[float]) -> None:
    """Raise `InvalidRequest` unless loops at the shares `at` can be made between two ends."""
    most = int(BLEND_COUNT.high)
    if not 1 <= len(at) <= most or any(not 0 <= t <= 1 for t in at):
        raise InvalidRequest(f"A blend has 1 to {most} points, each from 0 to 1.")
    one, other = a.request, b.request
    if (one.bars, round(one.tempo_bpm, 3)) != (other.bars, round(other.tempo_bpm, 3)):
        raise InvalidRequest(
            f"Loops of {one.bars} bars at {one.tempo_bpm:.4g} BPM and {other.bars} bars at {other.tempo_bpm:.4g} BPM "
            "cannot be blended; stretch one to the tempo of the other, or make a transition between them."
        )
