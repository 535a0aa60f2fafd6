"""Loops whose stems are known: those of the corpus, and how near to them a separator comes."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.audio.likeness import si_sdr
from engine.codec.spectral import mid_side
from engine.codec.stft import analyse, hann_root, synthesise
from engine.conditioning.assembly import annotation_conditions
from engine.conditioning.conditions import Conditions
from engine.corpus.render import render_loop
from engine.stems.network import StemNetwork
from engine.tempo import LoopGeometry
from engine.vocabulary import CURVES, NOTE_RANGES, PARTS

DRUMS: Final = tuple(part for part in PARTS if part not in NOTE_RANGES)
FILTER_SIZE, MOST_GAIN, NEIGHBOURS = 2048, 8.0, (5, 3)
"""The filter that stands for a master chain: its window, greatest gain, and the bins and columns it is found in."""
AUDIBLE: Final = 1e-6
"""Power of a stem beside that of its loop, below which nothing of it is heard."""


@dataclass(frozen=True, eq=False)
class SeparateLoop:
    """A corpus loop: mid and side `[2, T]` of the finished loop and of its parts `[P, 2, T]`, as they are in it; its
    score, of one loop; and which parts are heard in it `[P]`."""

    audio: Tensor
    stems: Tensor
    conditions: Conditions
    plays: Tensor

    @classmethod
    def rendered(cls, seed: int) -> Self:
        """Loop `seed` of the corpus."""
        loop = render_loop(seed, with_stems=True)
        geometry = LoopGeometry(loop.annotation.tempo_bpm, loop.annotation.bars)
        silent = np.zeros_like(loop.audio)
        stems = mid_side(torch.from_numpy(np.stack([loop.stems.get(part, silent) for part in PARTS])))
        audio = mid_side(torch.from_numpy(loop.audio)[None])[0]
        stems = mastered(stems, audio, geometry.frames)
        power = stems.square().mean((1, 2))
        curves = torch.zeros(len(CURVES), geometry.frames)
        conditions = annotation_conditions(loop.annotation, geometry, curves)
        return cls(audio, stems, conditions, (power > AUDIBLE * audio.square().mean()).float())


def mastered(stems: Tensor, audio: Tensor, frames: int) -> Tensor:
    """`stems` `[P, C, T]` from before the master chain, through what the chain did to their sum to make it `audio`
    `[C, T]`, of `frames` latent frames.

    Equalisers, width, compressor and limiter are one slowly changing filter, found in a few columns and bins at a
    time by least squares. Saturation is none, and what it added is in no stem.
    """
    window, columns = hann_root(FILTER_SIZE), 2 * frames
    made, parts = (analyse(sound, window, columns, circular=True) for sound in (audio, stems))
    total = parts.sum(0)
    product = made * total.conj()
    agreement = torch.complex(_around(product.real), _around(product.imag))
    power = _around(total.real.square() + total.imag.square())
    gain = agreement / (power + 1e-6 * power.mean())
    gain = gain * (MOST_GAIN / gain.abs().clamp_min(1e-9)).clamp(max=1.0)
    return synthesise(parts * gain, window, audio.shape[-1], circular=True)


def _around(values: Tensor) -> Tensor:
    return functional.avg_pool2d(values, NEIGHBOURS, 1, (NEIGHBOURS[0] // 2, NEIGHBOURS[1] // 2))


@dataclass(frozen=True, eq=False)
class BandedLoop:
    """What the error of any masks in bands follows from: what is `heard` of a loop `[C * bands, K]`, its power
    `[C, bands, K]`, how far the stems agree with it `[P, C, bands, K]`, and their power `[P]`; all relative to the
    power of the loop. A mask m leaves of part p the power of `m^2 power - 2 m agreement` over all bands, and its own.
    """

    heard: Tensor
    power: Tensor
    agreement: Tensor
    own: Tensor
    conditions: Conditions
    plays: Tensor

    @classmethod
    @torch.no_grad()
    def of(cls, loop: SeparateLoop, network: StemNetwork) -> Self:
        """`loop` in the bands of `network`."""
        device, frames = network.window.device, loop.conditions.frames
        spectrum = network.spectrum(loop.audio[None].to(device), frames)
        stems = network.spectrum(loop.stems.to(device), frames)
        power = spectrum.real.square() + spectrum.imag.square()
        whole = power.sum(2).mean().clamp_min(1e-12)
        agreement = stems.real * spectrum.real + stems.imag * spectrum.imag
        own = (stems.real.square() + stems.imag.square()).sum(2).mean((1, 2))
        # A band holds as many bins as weigh on it.
        size = network.shapes.sum(0)[:, None]
        return cls(
            network.heard(spectrum)[0].half().cpu(),
            (network.banded(power[0]) * size / whole).cpu(),
            (network.banded(agreement) * size / whole).half().cpu(),
            (own / whole).cpu(),
            loop.conditions,
            loop.plays,
        )

    def left(self, masks: Tensor) -> Tensor:
        """The power `[P]` of the errors of masks `[P, C, bands, K]`, beside that of the loop."""
        power, agreement = (x.to(masks.device).float() for x in (self.power, self.agreement))
        changed = (masks * (masks * power - 2 * agreement)).sum(2).mean((1, 2))
        return (changed + self.own.to(masks.device)).clamp_min(0)


@torch.no_grad()
def taken_apart(network: StemNetwork, loop: SeparateLoop) -> Tensor:
    """Mid and side `[P, 2, T]` of each part of `loop` as `network` finds them, its score known."""
    device = network.window.device
    spectrum = network.spectrum(loop.audio[None].to(device), loop.conditions.frames)
    masks = network(network.heard(spectrum), loop.conditions.to(device), loop.plays[None].to(device))[0]
    samples = loop.audio.shape[-1]
    return torch.stack([network.sound(spectrum[0] * network.spread(mask), samples).cpu() for mask in masks])


def improvements(loop: SeparateLoop, stems: Tensor) -> dict[str, float]:
    """For each part that is heard in `loop`, and for its "drums" together, by how many dB the SI-SDR of what of
    `stems` `[P, 2, T]` is theirs is higher than that of the whole loop; not for what is all that is heard."""
    plays, whole = loop.plays > 0, loop.audio.numpy()
    groups = {part: [row] for row, part in enumerate(PARTS)} | {"drums": [PARTS.index(part) for part in DRUMS]}
    found = {}
    for name, rows in groups.items():
        if plays[rows].any() and plays.sum() > plays[rows].sum():
            wanted = loop.stems[rows].sum(0).numpy()
            found[name] = si_sdr(wanted, stems[rows].sum(0).numpy()) - si_sdr(wanted, whole)
    return found
