"""Noise paths: a line drawn on the noise pad becomes a passage that follows it."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.applications.passage import CONTEXT_FRAMES, Passage, along, finish_passage, fused_windows
from engine.diffusion.noise import slerp, slerp_along
from engine.diffusion.samplers import sample
from engine.errors import InvalidRequest
from engine.pipeline import LoopPipeline
from engine.progress import Progress
from engine.requests import LoopRequest, NoisePad
from engine.tempo import TempoRamp
from engine.vocabulary import BEATS_PER_BAR

MAX_POINTS: Final = 4096


def render_path(
    pipeline: LoopPipeline,
    request: LoopRequest,
    points: Sequence[tuple[float, float]],
    bars: int,
    *,
    progress: Progress | None = None,
) -> Passage:
    """`bars` bars of the loop of `request`, evolving as its noise moves along `points` (x, y) of its pad.

    Points are reached at even times, the first at the beginning and the last at the end; the loop goes round under
    them. Raises `InvalidRequest` without a pad, or on a path that is empty or leaves the pad.
    """
    pad = request.noise
    if pad is None:
        raise InvalidRequest("A path needs a noise pad: four corner seeds.")
    if not 1 <= len(points) <= MAX_POINTS:
        raise InvalidRequest(f"A path has 1 to {MAX_POINTS} points, not {len(points)}.")
    for x, y in points:
        NoisePad(pad.corners, x, y)  # judges the point
    geometry = pipeline.geometry(request)
    ramp = TempoRamp(request.tempo_bpm, request.tempo_bpm, bars, geometry.sample_rate, geometry.hop_length)
    beats = torch.from_numpy(ramp.frame_beats())
    positions = beats % geometry.beats / geometry.beats * geometry.frames
    with torch.inference_mode():
        corners = [pipeline.corner_noise(request, seed) for seed in pad.corners]
        noise = _path_noise(corners, points, positions)
        aim = along(pipeline.aim(request, pipeline.compose(request)), positions, ramp)
        at = partial(_noise_at, corners, points)
        fused = fused_windows(pipeline, ramp, (aim, aim), torch.zeros(ramp.frames), request, at)
        hook = pipeline.latents.hook(progress)
        x_1 = sample(fused, noise.to(pipeline.device), pipeline.alphas(request), request.sampler, hook)
    # Nothing is known of the music around it: it begins and ends as its own first and last bar do.
    context = round(ramp.beat_to_frame(BEATS_PER_BAR))
    before = x_1[..., :context][..., -CONTEXT_FRAMES:]
    return finish_passage(pipeline, ramp, x_1, before, x_1[..., -context:][..., :CONTEXT_FRAMES])


def _noise_at(corners: Sequence[Tensor], points: Sequence[tuple[float, float]], share: float) -> Tensor:
    """Noise `[1, D, F]` of the loop at the point of the pad where the path is at a `share` of its way."""
    x, y = (float(place) for place in _walked(points, np.array([share])))
    return slerp(slerp(corners[0], corners[1], x), slerp(corners[2], corners[3], x), y)


def _walked(points: Sequence[tuple[float, float]], at: NDArray[np.float64]) -> tuple[Tensor, Tensor]:
    """Where on the pad the path is at shares `at` `[N]` of its way: x and y `[N]`."""
    drawn = np.asarray(points, dtype=np.float64)
    x, y = (np.interp(at, np.linspace(0, 1, len(drawn)), drawn[:, axis]) for axis in (0, 1))
    return torch.from_numpy(x), torch.from_numpy(y)


def _path_noise(corners: Sequence[Tensor], points: Sequence[tuple[float, float]], positions: Tensor) -> Tensor:
    """Noise `[1, D, F]` of a passage: at each frame that of the pad's point there, read at its place in the loop."""
    x, y = _walked(points, np.linspace(0, 1, len(positions)))
    nearest = positions.round().long() % corners[0].shape[-1]
    read = [corner[..., nearest] for corner in corners]
    return slerp_along(slerp_along(read[0], read[1], x), slerp_along(read[2], read[3], x), y)
