"""Perceptual path length (Karras et al. 2019, section 4.1): how far what is heard moves for a step in a latent."""

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor

from engine.diffusion.noise import slerp

EPSILON: Final = 1e-4
"""The step, a share of the way between two latents; squared distances are divided by its square."""


def path_length(
    hear: Callable[[Tensor], Tensor], ends: Sequence[tuple[Tensor, Tensor]], shares: Sequence[float]
) -> float:
    """Mean squared distance of what is heard at two points of a path, EPSILON apart, over EPSILON squared.

    `hear` makes of a latent an embedding; each path runs on the sphere between its two `ends`, and is tried at its
    share (0 to 1) of the way. Float32 throughout: in half precision the step is nothing.
    """
    lengths = []
    for (a, b), share in zip(ends, shares, strict=True):
        here, there = (hear(slerp(a, b, t)).double() for t in (share, share + EPSILON))
        lengths.append(float((here - there).square().sum()) / EPSILON**2)
    return float(torch.tensor(lengths, dtype=torch.float64).mean())
