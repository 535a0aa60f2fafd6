"""A loop taken apart: the sound of each part that plays in it."""

import numpy as np
import torch
from numpy.typing import NDArray

from engine.codec.spectral import mid_side
from engine.conditioning.conditions import Conditions
from engine.stems.network import StemNetwork
from engine.vocabulary import PARTS

Audio = NDArray[np.float32]


def playing(conditions: Conditions) -> tuple[str, ...]:
    """The parts that play in one loop as its score tells, those included whose rows are open."""
    may_play = (conditions.pattern_given[0] < 0.5) | (conditions.pattern[0] > 0).any(1)
    return tuple(part for part, plays in zip(PARTS, may_play.tolist(), strict=True) if plays)


@torch.inference_mode()
def separate(network: StemNetwork, audio: Audio, conditions: Conditions) -> dict[str, Audio]:
    """The stems `[2, T]` of a loop `audio` `[2, T]`, one for each part that plays in it and that `network` knows, in
    the order of the kit. They add up to the loop, to rounding; a loop in which nothing plays has none.

    `conditions` are those of one loop: its score, and how many latent frames it has.
    """
    parts = [part for part in playing(conditions) if part in network.known.parts]
    if not parts:
        return {}
    device = network.window.device
    mixed = mid_side(torch.from_numpy(np.ascontiguousarray(audio, dtype=np.float32))[None].to(device))
    spectrum = network.spectrum(mixed, conditions.frames)
    masks = network(network.heard(spectrum), conditions.to(device), network.may_play(parts).to(device))[0]
    found = {}
    for part in parts:
        mask = network.spread(masks[network.known.parts.index(part)])
        stem = network.sound(spectrum * mask, audio.shape[-1])
        found[part] = mid_side(stem)[0].cpu().numpy()
    return found
