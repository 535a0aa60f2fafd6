"""Long states from short windows: each window has a model of its own, and their directions are fused at every step.

MultiDiffusion (Bar-Tal et al. 2023, equation 3): the direction of a frame is the weighted mean of those that the
windows over it give. As a model it is walked by any sampler.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.diffusion.samplers import Model


@dataclass(frozen=True)
class Window:
    """Frames `start` to `start + frames` of a longer state, and the model that knows them."""

    start: int
    frames: int
    model: Model


class FusedWindows:
    """`D(x, alpha)` over states `[B, D, F]` that the windows cover without a gap.

    A window weighs most in its middle and next to nothing at its edges, where circular models see its other end;
    at the outer ends of the state there is nobody else.
    """

    def __init__(self, windows: Sequence[Window], frames: int) -> None:
        self.windows, self.frames = tuple(windows), frames
        weights = torch.zeros(len(self.windows), frames)
        for row, window in zip(weights, self.windows, strict=True):
            row[window.start : window.start + window.frames] = _bump(window, frames)
        total = weights.sum(dim=0)
        assert bool((total > 0).all()), "windows must cover every frame"
        self.weights = weights / total

    def __call__(self, x: Tensor, alpha: Tensor) -> Tensor:
        """Fused direction, the shape of `x`."""
        fused = torch.zeros_like(x)
        for window, weight in zip(self.windows, self.weights, strict=True):
            inside = slice(window.start, window.start + window.frames)
            fused[..., inside] += weight[inside].to(x) * window.model(x[..., inside], alpha)
        return fused


@dataclass(frozen=True, eq=False)
class PinnedEnds:
    """The walks of two loops that a longer state begins and ends with: `head` and `tail`, a state `[B, D, F]` for
    each alpha. Frames that are held to them end exactly as the loops do.
    """

    head: Sequence[Tensor]
    tail: Sequence[Tensor]

    def __call__(self, index: int, x: Tensor) -> Tensor:
        """State `x` `[B, D, F]` at alpha number `index` with its first and last frames as the loops have them."""
        head, tail = self.head[index].to(x), self.tail[index].to(x)
        return torch.cat((head, x[..., head.shape[-1] : x.shape[-1] - tail.shape[-1]], tail), dim=-1)


def _bump(window: Window, frames: int) -> Tensor:
    """Weights `[window.frames]`: sin^2, but level up to the middle where the state itself begins or ends."""
    at = (torch.arange(window.frames) + 0.5) / window.frames
    bump = torch.sin(torch.pi * at).square()
    if window.start == 0:
        bump[at < 0.5] = 1.0
    if window.start + window.frames == frames:
        bump[at > 0.5] = 1.0
    return bump
