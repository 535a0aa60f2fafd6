"""Transitions: a passage that begins as one loop and ends as another, whatever their tempi."""

from typing import Final

import torch
from torch import Tensor

from engine.applications.interpolation import End
from engine.applications.inversion import Walk, check_pack
from engine.applications.passage import CONTEXT_FRAMES, Passage, along, finish_passage, fused_windows
from engine.diffusion.fusion import PinnedEnds
from engine.diffusion.noise import resample_noise, slerp_along
from engine.diffusion.samplers import sample
from engine.knobs import TRANSITION_BARS
from engine.pipeline import LoopPipeline
from engine.progress import Progress
from engine.tempo import TempoRamp
from engine.vocabulary import BEATS_PER_BAR

MIDWAY_TEMPERATURE: Final = 0.8
"""Noise half-way between that of two loops is wilder than either: at this deviation its music keeps their level."""


def transition(
    pipeline: LoopPipeline, a: End, b: End, bars: int, walk: Walk, *, progress: Progress | None = None
) -> Passage:
    """`bars` bars from the first bar of loop `a`, as `a` sounds, to the last bar of loop `b`.

    Played behind `a` and before `b` it continues both: its first and last bar are held to the states of theirs at
    every step. In between, windows of two bars have conditions and noise of their own on the way from `a` to `b`, and
    the tempo goes evenly from one to the other. With the `walk` that inverted the ends nothing is lost at them.
    Raises `InvalidRequest` on fewer than 3 bars or more than 64.
    """
    check_bars(bars)
    check_pack(pipeline, a.pack_hash)
    check_pack(pipeline, b.pack_hash)
    request = walk.of(a.request)
    geometry = pipeline.geometry(request)
    ramp = TempoRamp(a.request.tempo_bpm, b.request.tempo_bpm, bars, geometry.sample_rate, geometry.hop_length)
    head = round(ramp.beat_to_frame(BEATS_PER_BAR))
    tail = ramp.frames - round(ramp.beat_to_frame(ramp.beats - BEATS_PER_BAR))
    beats = torch.from_numpy(ramp.frame_beats())
    share = _way(ramp, beats, head, tail)
    in_a, in_b = _positions(a, beats, head), _positions_from_end(b, beats, ramp.beats, tail)
    with torch.inference_mode():
        ends = (resample_noise(a.noise, in_a), resample_noise(b.noise, in_b))
        tamed = 1 - (1 - MIDWAY_TEMPERATURE) * torch.sin(torch.pi * share)
        between = slerp_along(*ends, share) * tamed.to(a.noise)
        aims = (a.aim(pipeline), b.aim(pipeline))
        fused = fused_windows(
            pipeline, ramp, (along(aims[0], in_a, ramp), along(aims[1], in_b, ramp)), share, request
        )
        walks = 1 + sum(end.found(walk) is None for end in (a, b))
        counted = progress.over(walks * walk.num_steps) if progress is not None else None
        in_both = [end.states(pipeline, walk, counted) for end in (a, b)]
        first, last = in_a[:head].long(), in_b[ramp.frames - tail :].long()
        pinned = PinnedEnds([x[..., first] for x in in_both[0]], [x[..., last] for x in in_both[1]])
        x_1 = sample(fused, between, walk.alphas, walk.sampler, pipeline.latents.hook(counted), hold=pinned)
    before, after = (states[-1] for states in in_both)
    return finish_passage(pipeline, ramp, x_1, before[..., -CONTEXT_FRAMES:], after[..., :CONTEXT_FRAMES])


def _way(ramp: TempoRamp, beats: Tensor, head: int, tail: int) -> Tensor:
    """How far the way is gone `[F]`, 0 to 1, at the `beats` `[F]` of frames: not at all in the first `head` of them,
    all of it in the last `tail`."""
    share = ((beats - BEATS_PER_BAR) / (ramp.beats - 2 * BEATS_PER_BAR)).clamp(0, 1)
    share[:head], share[ramp.frames - tail :] = 0.0, 1.0
    return share


def _positions(end: End, beats: torch.Tensor, head: int) -> torch.Tensor:
    """Frames of a loop that the beats of a passage are at, `[F]`; its first `head` frames exactly."""
    frames, loop_beats = end.noise.shape[-1], end.request.bars * BEATS_PER_BAR
    positions = beats % loop_beats / loop_beats * frames
    positions[:head] = torch.arange(head, dtype=positions.dtype) % frames
    return positions


def _positions_from_end(end: End, beats: torch.Tensor, total_beats: int, tail: int) -> torch.Tensor:
    """The same for a loop whose end is the passage's: its last `tail` frames exactly."""
    frames, loop_beats = end.noise.shape[-1], end.request.bars * BEATS_PER_BAR
    positions = (beats - total_beats) % loop_beats / loop_beats * frames
    positions[len(positions) - tail :] = torch.arange(-tail, 0, dtype=positions.dtype) % frames
    return positions


def check_bars(bars: int) -> None:
    """Raise `InvalidRequest` on a transition of too few or too many bars."""
    TRANSITION_BARS.check(bars)
