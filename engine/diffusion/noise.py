"""Noise a request starts from: seeded Gaussian noise and spherical interpolation between noises."""

import torch
from torch import Tensor


def seeded_noise(seed: int, shape: tuple[int, ...]) -> Tensor:
    """Standard normal noise of `shape`, the same on every device (drawn on the CPU)."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Spherical interpolation from `a` (t = 0) to `b` (t = 1) of whole tensors (Shoemake 1985).

    Ends are returned exactly; nearly parallel tensors fall back to linear interpolation.
    """
    if t <= 0 or t >= 1:
        return a if t <= 0 else b
    cosine = torch.sum(a * b) / (a.norm() * b.norm()).clamp_min(1e-12)
    angle = torch.acos(cosine.clamp(-1, 1))
    if torch.sin(angle) < 1e-4:
        return torch.lerp(a, b, t)
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def pad_noise(corners: tuple[int, int, int, int], x: float, y: float, shape: tuple[int, ...]) -> Tensor:
    """Noise at (x, y) of a pad over four corner seeds: spherical bilinear, corners exact.

    `x` 0 left to 1 right, `y` 0 top to 1 bottom; corners are top-left, top-right, bottom-left, bottom-right.
    """
    top_left, top_right, bottom_left, bottom_right = (seeded_noise(seed, shape) for seed in corners)
    return slerp(slerp(top_left, top_right, x), slerp(bottom_left, bottom_right, x), y)
