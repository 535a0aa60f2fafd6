"""Passages: music of many bars that is no loop, made of overlapping windows that are sampled together."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.applications.interpolation import blend_aims
from engine.audio.loudness import integrated_loudness, level_match
from engine.codec.base import Decoding
from engine.conditioning.blending import read_conditions, slice_conditions
from engine.conditioning.conditions import Conditions
from engine.diffusion.fusion import FusedWindows, Window
from engine.errors import PackError
from engine.pipeline import LoopPipeline
from engine.rendering.guided import Aim
from engine.requests import LoopRequest
from engine.tempo import FRAME_RATE, TempoRamp
from engine.vocabulary import BEATS_PER_BAR, STEPS_PER_BAR

WINDOW_BARS: Final = 2
"""Bars of a window. Windows overlap by one bar, so every bar but the first and the last lies in two."""
CONTEXT_FRAMES: Final = 16
"""Frames decoded before and behind a passage, so that it begins and ends in the midst of the music."""


LOUDER_DB, QUIETER_DB = 3.0, 9.0
"""How far bars between may be above and below the level of the ends. Sparse bars are allowed to be quiet."""


@dataclass(frozen=True, eq=False)
class Passage:
    """Finished music that is no loop: `audio [2, T]` float32, exactly as long as the bars of its `ramp`.

    `latent [D, F]` is what was decoded; `window_seconds` are the times at which windows begin, but for the first.
    """

    audio: NDArray[np.float32]
    sample_rate: int
    ramp: TempoRamp
    latent: NDArray[np.float32]
    window_seconds: tuple[float, ...]
    pack_name: str
    pack_hash: str
    loudness_lufs: float
    true_peak_dbtp: float


def along(aim: Aim, positions: Tensor, ramp: TempoRamp) -> Aim:
    """A loop's conditions read at fractional frames `positions` `[F]`, in time with the beat of `ramp`."""
    beats = ramp.frame_beats()
    phases = np.stack((beats % 1.0, beats / BEATS_PER_BAR % 1.0)).astype(np.float32)

    def timed(conditions: Conditions) -> Conditions:
        return replace(read_conditions(conditions, positions), beat=torch.from_numpy(phases)[None])

    return Aim(timed(aim.towards), timed(aim.away), steered=aim.steered)


def _in_bars(aim: Aim, ramp: TempoRamp, first: int) -> Aim:
    """A window's conditions, which know their frame rate and, where its bars are equal, that they are bars."""
    if ramp.hop_length is not None:
        return aim
    counts = ramp.frames_per_step[first : first + WINDOW_BARS]
    middle = float(ramp.tempo_at(np.array(BEATS_PER_BAR * (first + WINDOW_BARS / 2))))
    rate = math.log2(sum(counts) / len(counts) * STEPS_PER_BAR / BEATS_PER_BAR * middle / 60 / FRAME_RATE)
    bars = float(WINDOW_BARS if len(set(counts)) == 1 else 0)

    def told(conditions: Conditions) -> Conditions:
        return replace(
            conditions, rate=torch.full_like(conditions.rate, rate), bars=torch.full_like(conditions.bars, bars)
        )

    return Aim(told(aim.towards), told(aim.away), steered=aim.steered)


def fused_windows(  # noqa: PLR0917
    pipeline: LoopPipeline,
    ramp: TempoRamp,
    ends: tuple[Aim, Aim],
    share: Tensor,
    request: LoopRequest,
    whole: Callable[[float], Tensor] | None = None,
) -> FusedWindows:
    """The direction field of a whole passage, guided as `request` says.

    `ends` are conditions along the passage; a window blends them at the mean `share` `[F]`, from 0 to 1, of its
    frames. `whole` gives the noise `[1, D, F]` of the loop that is played at a share of the passage: what windows are
    like goes by it, not by the few bars of noise that each has.
    """
    lines = window_lines(ramp)
    windows = []
    for first in range(len(lines) - WINDOW_BARS):
        start, frames = lines[first], lines[first + WINDOW_BARS] - lines[first]
        inside = tuple(
            Aim(
                slice_conditions(aim.towards, start, frames),
                slice_conditions(aim.away, start, frames),
                steered=aim.steered,
            )
            for aim in ends
        )
        aim = blend_aims(inside[0], inside[1], float(share[start : start + frames].mean()))
        around = None if whole is None else whole((start + frames / 2) / ramp.frames)
        windows.append(Window(start, frames, pipeline.flow(request, _in_bars(aim, ramp, first), around)))
    return FusedWindows(windows, ramp.frames)


def window_lines(ramp: TempoRamp) -> list[int]:
    """The frames nearest to the bar lines of a passage, both ends included."""
    return [round(ramp.beat_to_frame(BEATS_PER_BAR * bar)) for bar in range(ramp.bars + 1)]


def finish_passage(pipeline: LoopPipeline, ramp: TempoRamp, x_1: Tensor, before: Tensor, after: Tensor) -> Passage:
    """The passage of state `x_1` `[1, D, F]`, heard between the frames `before` and `after` `[1, D, N]`."""
    rate, edges = ramp.sample_rate, ramp.edges()
    lead = edges[1] * np.arange(before.shape[-1])
    first = round(float(edges[1] * before.shape[-1]))
    tail = edges[-1] + (edges[-1] - edges[-2]) * np.arange(1, after.shape[-1] + 1)
    around = torch.from_numpy(np.concatenate((lead, first + edges, first + tail)))
    even = ramp.hop_length is not None
    audio = pipeline.latents.decode(
        torch.cat((before, x_1, after), dim=-1),
        round(float(around[-1])),
        Decoding(circular=False, edges=None if even else around),
    )[0]
    levelled = level_match(ride(audio[:, first : first + ramp.samples], ramp), rate)
    if levelled.replaced_samples:
        raise PackError(f"Pack {pipeline.info.name!r} gave samples that are not numbers; use another pack.")
    begins = window_lines(ramp)[1:-WINDOW_BARS]
    return Passage(
        levelled.audio,
        rate,
        ramp,
        pipeline.latents.restore(x_1)[0].cpu().numpy(),
        tuple(float(edges[frame]) / rate for frame in begins),
        pipeline.info.name,
        pipeline.info.hash,
        levelled.loudness_lufs,
        levelled.true_peak_dbtp,
    )


def ride(audio: NDArray[np.float32], ramp: TempoRamp) -> NDArray[np.float32]:
    """`audio [2, T]` of a passage with the level of its bars held near that of its first and last, which stay as
    they are.

    Levels of what lies between two loops wander by 10 dB and more; finished loops are levelled one by one, the bars
    of a passage cannot be.
    """
    lines = ramp.beat_to_seconds(np.arange(ramp.bars + 1, dtype=np.float64) * BEATS_PER_BAR) * ramp.sample_rate
    edges = np.minimum(np.round(lines), audio.shape[-1]).astype(np.int64)
    levels = np.array(
        [integrated_loudness(audio[:, start:end], ramp.sample_rate) for start, end in itertools.pairwise(edges)]
    )
    ends = levels[[0, -1]]
    if not np.isfinite(ends).all():
        return audio
    wanted = np.linspace(ends[0], ends[1], ramp.bars)
    held = np.clip(np.maximum(levels, -100.0), wanted - QUIETER_DB, wanted + LOUDER_DB)
    gains = np.where(np.isfinite(levels), held - levels, 0.0)[1:-1]
    middles = (lines[1:-2] + lines[2:-1]) / 2
    at = np.concatenate(([lines[1]], middles, [lines[-2]]))
    gain_db = np.interp(np.arange(audio.shape[-1]), at, np.concatenate(([0.0], gains, [0.0])))
    return np.asarray(audio * 10 ** (gain_db / 20), dtype=np.float32)
