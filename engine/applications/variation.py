"""Variations of a loop: its noise turned towards another, under conditions that are kept whole or in part."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch

from engine.applications.inversion import InvertedLoop, check_pack
from engine.applications.rhythm import heard_onsets
from engine.conditioning.composition import Composition
from engine.diffusion.noise import slerp
from engine.diffusion.samplers import sample
from engine.errors import InvalidRequest
from engine.knobs import KEEP, STRENGTH, SWING
from engine.loop import Loop
from engine.pipeline import LoopPipeline
from engine.progress import Progress
from engine.rendering.guided import Aim
from engine.requests import LoopRequest, Pattern
from engine.vocabulary import PARTS

NEW_GUIDANCE: Final = 3.0
"""Least guidance under conditions that the loop was not inverted under: there is nothing to invert then, and rhythms
are kept better."""

_RHYTHM_CURVES, _SOUND_CURVES = ("loudness", "density"), ("brightness", "noisiness")


def vary(
    pipeline: LoopPipeline,
    inverted: InvertedLoop,
    strengths: Sequence[float],
    *,
    keep: str = "all",
    seed: int = 0,
    tags: Sequence[str] = (),
    progress: Progress | None = None,
) -> list[Loop]:
    """The loop of `inverted` at each strength: 0 (itself, but for its round trip) to 1 (its conditions, new noise).

    All are made in one pass of the network.

    Its noise is turned that share of the way, on the sphere, towards the noise of `seed`. `keep` "all" keeps all its
    conditions; "rhythm" its pattern and dynamics alone, with `tags` for a new sound; "sound" its tags, key and mean
    colour, with a pattern that is composed anew from `seed`; both are followed at guidance 3 or more. Raises
    `InvalidRequest` on a strength outside 0 to 1 or another word for what to keep.
    """
    for strength in strengths:
        check(strength, keep, tags, seed)
    check_pack(pipeline, inverted.pack_hash)
    request = varied_request(inverted, keep, seed, tags)
    aimed, played = _aimed(inverted, request, keep)
    with torch.inference_mode():
        new = pipeline.noise(request.with_(seed=seed, noise=None), played).to(pipeline.device)
        start = torch.cat([slerp(inverted.noise, new, strength) for strength in strengths])
        aim = Aim.stack([pipeline.aim(aimed, played)] * len(strengths))
        flow = pipeline.flow(aimed, aim)
        x_1 = sample(flow, start, inverted.walk.alphas, inverted.walk.sampler, pipeline.latents.hook(progress))
    return pipeline.finish(x_1, [request] * len(strengths), aim)


def _aimed(inverted: InvertedLoop, request: LoopRequest, keep: str) -> tuple[LoopRequest, Composition | None]:
    """A variation's request as the denoiser is asked it, and what plays in its open parts.

    A rhythm that nobody wrote down is played as it was heard, and not on the grid that the request shows it on.
    """
    if keep == "rhythm" and not _written_rows(inverted):
        source = inverted.source
        heard = heard_onsets(source.audio, source.sample_rate, source.geometry)
        return request.with_(pattern=Pattern()), Composition(heard, {}, 0.0, (), None)
    return request, None


def varied_request(inverted: InvertedLoop, keep: str, seed: int, tags: Sequence[str] = ()) -> LoopRequest:
    """The conditions of a variation that keeps "all", "rhythm" or "sound" of a loop; see `vary`."""
    request = inverted.request
    if keep != "all":
        request = request.with_(guidance_scale=max(request.guidance_scale, NEW_GUIDANCE))
    match keep:
        case "rhythm":
            return request.with_(
                seed=seed,
                pattern=kept_pattern(inverted),
                tags=(*(tag for tag in request.tags if tag in PARTS), *tags),
                negative_tags=(),
                key=None,
                curves={name: request.curves[name] for name in _RHYTHM_CURVES if name in request.curves},
                prompt="",
            )
        case "sound":
            colour = {
                name: (round(float(np.mean(request.curves[name])), 3),)
                for name in _SOUND_CURVES
                if name in request.curves
            }
            return request.with_(
                seed=seed, pattern=Pattern(), curves=colour, compose=True, tags=(*request.tags, *tags)
            )
    return request


def check(strength: float, keep: str, tags: Sequence[str] = (), seed: int = 0) -> None:
    """Raise `InvalidRequest` on a variation that is not possible, before a loop is inverted for it."""
    STRENGTH.check(strength)
    KEEP.check(keep)
    if tags and keep == "all":
        raise InvalidRequest("New tags change the sound: they need keep 'rhythm' or 'sound', not 'all'.")
    LoopRequest(seed=seed, tags=tuple(tags))


def kept_pattern(inverted: InvertedLoop) -> Pattern:
    """The pattern of a loop: as it was asked for and composed; where there is neither, as it is heard."""
    request, source = inverted.request, inverted.source
    rows = _written_rows(inverted)
    if not rows:
        heard = heard_onsets(source.audio, source.sample_rate, source.geometry)
        return Pattern.nearest(heard, source.geometry.bars)
    swing = request.pattern.swing or (inverted.composition.swing if inverted.composition is not None else 0.0)
    return Pattern(rows, SWING.clamp(swing))


def _written_rows(inverted: InvertedLoop) -> dict[str, tuple[float, ...]]:
    written = inverted.composition
    composed = written.pattern(inverted.request.bars).rows if written is not None else {}
    return {**composed, **inverted.request.pattern.rows}
