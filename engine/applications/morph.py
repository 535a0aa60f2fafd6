"""Morphs: loops between two ends by what they are like, their semantic latents, in two evaluations each."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from engine.applications.interpolation import TOGETHER, End, blend_aims, check_ends, passes, words_of
from engine.applications.inversion import check_pack
from engine.diffusion.noise import slerp
from engine.diffusion.samplers import sample
from engine.knobs import PROGRESSIVE, PROGRESSIVE_STEPS
from engine.loop import Loop
from engine.pipeline import LoopPipeline
from engine.progress import Progress
from engine.rendering.guided import Aim
from engine.rendering.progressive import StageLatents


def morph(
    pipeline: LoopPipeline, a: End, b: End, at: Sequence[float], *, progress: Progress | None = None
) -> list[Loop]:
    """A loop for each share of `at` on the way from `a` (0) to `b` (1), two loops of one tempo and length.

    `z_2` moves on the sphere from that of `a` to that of `b`: what the semantic encoder hears in a loop that is
    there, what the prior draws for one that is asked for. Conditions and noise move along. Raises `PackError` where
    the pack has no few-step model, `InvalidRequest` on ends that differ in tempo or bars.
    """
    check_ends(a, b, at)
    few = pipeline.few_steps
    for end in (a, b):
        check_pack(pipeline, end.pack_hash)
    a, b = _as_walked(pipeline, a), _as_walked(pipeline, b)
    walked = a.request.with_(sampler=PROGRESSIVE)
    aims = (a.aim(pipeline), b.aim(pipeline))
    counted = progress.over(passes(len(at)) * PROGRESSIVE_STEPS) if progress is not None else None
    loops = []
    with torch.inference_mode():
        first, last = (_semantics(pipeline, end, aim) for end, aim in zip((a, b), aims, strict=True))
        for start in range(0, len(at), TOGETHER):
            points = at[start : start + TOGETHER]
            aim = Aim.stack([blend_aims(*aims, t) for t in points])
            noise = torch.cat([slerp(a.noise, b.noise, t) for t in points])
            latents = StageLatents(torch.cat([slerp(first, last, t) for t in points]))
            flow = few.flow(walked, aim, latents)
            x_1 = sample(flow, noise, few.alphas, PROGRESSIVE, pipeline.latents.hook(counted))
            requests = [walked if t <= 0.5 else walked.with_(**words_of(b.request)) for t in points]
            loops += pipeline.finish(x_1, requests, aim)
    return loops


def _as_walked(pipeline: LoopPipeline, end: End) -> End:
    """An end that is asked for as two evaluations play it, from noise of their own."""
    if end.inverted is not None:
        return end
    request = end.request.with_(sampler=PROGRESSIVE)
    return replace(end, request=request, noise=pipeline.noise(request, end.composition).to(pipeline.device))


def _semantics(pipeline: LoopPipeline, end: End, aim: Aim) -> Tensor:
    """`z_2` `[1, Z]` of an end: heard in its loop, or drawn by its noise."""
    few = pipeline.few_steps
    if end.inverted is not None:
        return few.semantics_of(end.inverted.x_1.to(pipeline.device))
    return few.flow(end.request, aim).semantics(end.noise.to(pipeline.device))
