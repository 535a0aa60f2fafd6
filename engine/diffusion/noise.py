"""Noise a request starts from: seeded Gaussian noise and spherical interpolation between noises."""

from collections.abc import Callable

import torch
from torch import Tensor

from engine.errors import InvalidRequest

RESAMPLINGS = ("nearest", "restored", "fresh")
"""Ways to `resample_noise`."""


def seeded_noise(seed: int, shape: tuple[int, ...]) -> Tensor:
    """Standard normal noise of `shape`, the same on every device (drawn on the CPU)."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Spherical interpolation from `a` (t = 0) to `b` (t = 1) of whole tensors (Shoemake 1985).

    Ends are returned exactly; nearly parallel tensors fall back to linear interpolation.
    """
    if t <= 0 or t >= 1:
        return a if t <= 0 else b
    return slerp_along(a, b, torch.tensor(t))


def slerp_along(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Spherical interpolation of whole tensors `[B, D, F]`, each frame at its own share `t` `[F]` (or all at one)."""
    t = t.to(a)
    cosine = torch.sum(a * b) / (a.norm() * b.norm()).clamp_min(1e-12)
    angle = torch.acos(cosine.clamp(-1, 1))
    if torch.sin(angle) < 1e-4:
        return torch.lerp(a, b, t)
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def pad_noise(
    corners: tuple[int, int, int, int],
    x: float,
    y: float,
    draw: Callable[[int], Tensor],
) -> Tensor:
    """Noise at (x, y) of a pad over four corner seeds: spherical bilinear, corners exact.

    `x` 0 left to 1 right, `y` 0 top to 1 bottom; corners are top-left, top-right, bottom-left, bottom-right. `draw`
    says what noise a seed stands for.
    """
    top_left, top_right, bottom_left, bottom_right = (draw(seed) for seed in corners)
    return slerp(slerp(top_left, top_right, x), slerp(bottom_left, bottom_right, x), y)


def resample_noise(noise: Tensor, positions: Tensor, method: str = "restored") -> Tensor:
    """Noise `[B, D, F]` of a loop read at fractional frames `positions` `[F']` (modulo F): `[B, D, F']`.

    `nearest` repeats or drops whole frames: every frame stays as it was, neighbours may be equal. `restored`
    interpolates between neighbouring frames and divides by the deviation that white noise loses by it: every frame
    has the variance of white noise, neighbours stay correlated. `fresh` is `nearest`, with the first of two equal
    frames drawn anew at the deviation of the other: white, but with less of the old noise when it gets longer.
    """
    frames = noise.shape[-1]
    positions = positions.to(noise.device).remainder(frames)
    if method == "restored":
        low = positions.floor()
        weight = (positions - low).to(noise.dtype)
        first, second = noise[..., low.long() % frames], noise[..., (low.long() + 1) % frames]
        return ((1 - weight) * first + weight * second) / ((1 - weight) ** 2 + weight**2).sqrt()
    nearest = positions.round().long() % frames
    read = noise[..., nearest]
    if method == "nearest":
        return read
    if method != "fresh":
        raise InvalidRequest(f"Unknown way {method!r} to resample noise; possible: {', '.join(RESAMPLINGS)}.")
    again = nearest == nearest.roll(-1)
    drawn = seeded_noise(len(positions), tuple(read.shape)).to(read) * read.std(dim=1, keepdim=True)
    return torch.where(again, drawn, read)
