"""The noise that a loop starts from, and how far from the mean what comes of it may go."""

import math
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

from engine.conditioning.composition import Composition, onsets_of
from engine.diffusion.found_noise import is_found
from engine.diffusion.hit_noise import Ties, strikes_of, tie
from engine.diffusion.noise import resample_noise, seeded_noise
from engine.knobs import PROGRESSIVE
from engine.requests import LoopRequest
from engine.tempo import LoopGeometry
from engine.vocabulary import PARTS

REACH: Final = 4.0
"""Deviations from the mean beyond which no sampled latent goes: of the corpus one in 2,000 does. Levels are coded by
their logarithm, and a chord that overshoots to eight deviations, as some did, drowns all else by 20 dB."""


PROGRESSIVE_SHARE: Final = 0.75
"""Of the deviation that noise has at a temperature, what it has for two evaluations. From the same noise their loops
differ more from seed to seed than those of 16 steps (.68 of what the corpus's do, not .56), and play drawn rows less
surely: of 40 loops of other seeds than any figure's, F1 of kicks was .82, .84 with so much, .86 with .6 of it; of 16
steps .83."""


def starts_from_found(request: LoopRequest) -> bool:
    """Whether the noise of `request` was found in a loop, at one corner of its pad at least."""
    return request.noise is not None and any(map(is_found, request.noise.corners))


def reach(request: LoopRequest) -> float:
    """The largest latent that sampling may reach; none for noise of a loop, which has to lead back to that loop."""
    return math.inf if starts_from_found(request) else REACH


def noise_temperature(request: LoopRequest) -> float:
    """The temperature of the noise that `request` starts from: its own, less for two evaluations."""
    return request.temperature * (PROGRESSIVE_SHARE if request.sampler == PROGRESSIVE else 1.0)


def struck_deviation(temperature: float) -> float:
    """The deviation of the noise that parts strike with, at a `temperature`: twice it, up to 1 or to itself.

    What is left free hisses and rings the more, the more noise it begins with; hits only differ more from loop to
    loop. As cool as the rest they vary less than music's do (kicks two thirds as much at 0.6).
    """
    return max(min(2 * temperature, 1.0), temperature)


def phase_deviation(temperature: float) -> float:
    """The deviation of the noise that phases begin with where parts strike, at a `temperature`: 0.75 at the usual
    0.4, up to 1 or to itself.

    A mean of phases is silence: what is told by phases, all below 260 Hz, is as quiet as its noise is cool, where
    nothing else tells it. Waves tell where basses and kicks stand (`engine.conditioning.waves`). What is warmer
    thumps under hats (at 0.9 half as many kicks more are heard), and cooler snares have no body (at 0.6).
    """
    return max(min(1.875 * temperature, 1.0), temperature)


def drawn_noise(  # noqa: PLR0917
    request: LoopRequest,
    seed: int,
    shape: tuple[int, int, int],
    geometry: LoopGeometry,
    composition: Composition | None,
    phases: Tensor | None = None,
) -> Tensor:
    """The noise of `shape` `[1, D, F]` of a seed, of the deviation that is its `noise_temperature`; and wherever
    a part of `request`, or one that is composed in it, strikes, the same of `struck_deviation`, as far as its
    `repeat` says. In the directions `phases` `[D, n]`, orthonormal, what strikes is of `phase_deviation`.
    """
    white = seeded_noise(seed, shape)
    if starts_from_found(request):
        return noise_temperature(request) * white
    ties = _ties(request, geometry, composition) if request.repeat else None
    seeds = {part: kept if isinstance(kept := request.voices.get(part), int) else seed for part in PARTS}
    bank = ties.bank(seeds, shape[1]) if ties is not None and ties.names else None

    def noise(free: float, struck: float) -> Tensor:
        if ties is None or bank is None:
            return free * white
        return tie(free * white, struck * bank, ties.places[None], torch.tensor([request.repeat]))

    return warmed(noise, noise_temperature(request), phases)


def warmed(noise: Callable[[float, float], Tensor], temperature: float, phases: Tensor | None) -> Tensor:
    """The noise `[B, D, F]` of a `temperature`, of `noise` whose deviations are given where it is free and where
    parts strike: there, in the directions `phases` `[D, n]`, where any are known, of `phase_deviation`."""
    cool = noise(temperature, struck_deviation(temperature))
    if phases is None or not phases.numel():
        return cool
    warm = noise(temperature, phase_deviation(temperature))
    return cool + phases @ (phases.T @ (warm - cool))


def found_noise(found: Tensor, frames: int) -> Tensor:
    """The noise `[1, D, frames]` that was `found` `[1, D, F]` in a loop, with the deviation that it had."""
    positions = torch.arange(frames, dtype=torch.float64) * found.shape[-1] / frames
    return resample_noise(found, positions, "nearest")


def _ties(request: LoopRequest, geometry: LoopGeometry, composition: Composition | None) -> Ties:
    """Which frames of the loop of `request` share their noise, because the same strikes there."""
    return Ties.of(strikes_of(onsets_of(request, composition), geometry), geometry)
