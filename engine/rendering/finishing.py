"""From what a codec decoded to loops: level, and what is told of them."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from engine.audio.descriptors import LOUDNESS_RANGE_LUFS
from engine.audio.expansion import expanded
from engine.audio.loudness import TARGET_LUFS, level_match
from engine.codec.base import Recurrence
from engine.errors import PackError
from engine.loop import Loop, PackInfo
from engine.models.balance import Balance
from engine.rendering.guided import Aim
from engine.rendering.rests import rests
from engine.rendering.starts import starts_from_found
from engine.rendering.voicing import voiced
from engine.requests import LoopRequest, Pattern
from engine.stems.network import StemNetwork
from engine.tempo import LoopGeometry

QUIETEST_LUFS, LOUDEST_LUFS = -22.0, -9.0
"""Between these lie nine in ten tracks, and what a loop is brought to."""


class Clock:
    """Adds up the seconds of each stage of a render."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count what passes meanwhile to `stage`."""
        start = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start

    def share(self, count: int) -> dict[str, float]:
        """Seconds per stage that one of `count` loops cost so far."""
        return {stage: seconds / count for stage, seconds in self.seconds.items()}


def recurrence(request: LoopRequest, geometry: LoopGeometry) -> Recurrence | None:
    """How the decoder's own noise repeats from beat to beat, by the `repeat` of the request.

    None for codecs whose frames do not follow the beat, and for noise that was found in a loop.
    """
    if geometry.hop_length is not None or starts_from_found(request):
        return None
    return Recurrence(geometry.frames // geometry.beats, request.repeat)


def asked_loudness(request: LoopRequest) -> float:
    """The loudness in LUFS that a request's curve has over the loop, gated as in EBU R128, from -22 to -9; -14
    where it has none. Peaks that limiting cannot hold leave a loop softer (`level_match`)."""
    if not (points := request.curves.get("loudness")):
        return TARGET_LUFS
    power = 10 ** (np.interp(points, (0, 1), LOUDNESS_RANGE_LUFS) / 10)
    heard = power[power > power.mean() / 10]
    return float(np.clip(10 * np.log10(heard.mean()), QUIETEST_LUFS, LOUDEST_LUFS))


def finished_loops(
    audio: NDArray[np.float32],
    latent: Tensor,
    requests: Sequence[LoopRequest],
    aim: Aim,
    loudness: Sequence[float],
    *,
    info: PackInfo,
    clock: Clock,
    balance: Balance | None = None,
    stems: StemNetwork | None = None,
) -> list[Loop]:
    """The loops `[B]` of decoded `audio` `[B, 2, T]` and latents `[B, D, F]`, at `loudness` in LUFS each; raises
    `PackError` on samples that are no numbers.

    Loops of noise that was drawn, not found in a sound, are brought into `balance` where that is known, and rest
    where their score does. Drums whose voices were heard in sounds are taken out of a loop by `stems` and brought to
    these.
    """
    loops = []
    for index, (request, written, loud) in enumerate(zip(requests, aim.compositions, loudness, strict=True)):
        with clock("finishing"):
            sound, own = audio[index], aim.towards.one(index)
            if balance is not None and not starts_from_found(request):
                sound = balance.balanced(sound, info.sample_rate, request.temperature)
            sound = voiced(sound, request, written, sample_rate=info.sample_rate, conditions=own, network=stems)
            if not starts_from_found(request):
                own_rests = rests(request, written, LoopGeometry(request.tempo_bpm, request.bars, info.sample_rate))
                sound = expanded(sound, info.sample_rate, own_rests)
            levelled = level_match(sound, info.sample_rate, loud)
        if levelled.replaced_samples:
            raise PackError(f"Pack {info.name!r} gave samples that are not numbers; use another pack.")
        loops.append(
            Loop(
                audio=levelled.audio,
                sample_rate=info.sample_rate,
                request=request,
                latent=latent[index].cpu().numpy(),
                pack_name=info.name,
                pack_hash=info.hash,
                loudness_lufs=levelled.loudness_lufs,
                true_peak_dbtp=levelled.true_peak_dbtp,
                seconds=clock.share(len(requests)),
                composed=written.pattern(request.bars) if written else Pattern(),
            )
        )
    return loops
