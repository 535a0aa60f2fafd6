"""Blocks of the codec: convolutions that wrap around a loop or end in silence, and their residual runs."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.codec.wrapping import wrap_pad


class Conv(nn.Conv1d):
    """Conv1d of odd kernel that keeps the length and pads with wrapped time or silence, as asked per call."""

    def forward(self, x: Tensor, circular: bool = True) -> Tensor:
        """`[B, C, F]` to `[B, C', F]`."""
        reach = self.kernel_size[0] // 2
        if reach and circular:
            return functional.conv1d(wrap_pad(x, reach, reach, True), self.weight, self.bias)
        return functional.conv1d(x, self.weight, self.bias, padding=reach)


class ChannelNorm(nn.Module):
    """Root-mean-square norm over channels, frame by frame, so that loops of any length normalise alike."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width, 1))

    def forward(self, x: Tensor) -> Tensor:
        """`[B, C, F]` to the same shape."""
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-5) * self.gain


class ResidualBlock(nn.Module):
    """Norm, convolution, SiLU, convolution, added to the input. Dense kernels: depthwise ones cost as much here."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = ChannelNorm(width)
        self.first = Conv(width, width, 3)
        self.second = Conv(width, width, 3)
        nn.init.normal_(self.second.weight, std=1e-2 / width**0.5)

    def forward(self, x: Tensor, circular: bool) -> Tensor:
        """`[B, C, F]` to the same shape."""
        change: Tensor = self.second(functional.silu(self.first(self.norm(x), circular)), circular)
        return x + change


class Blocks(nn.ModuleList):
    """A run of residual blocks."""

    def __init__(self, width: int, count: int) -> None:
        super().__init__(ResidualBlock(width) for _ in range(count))

    def forward(self, x: Tensor, circular: bool) -> Tensor:
        """`[B, C, F]` to the same shape."""
        for block in self:
            x = block(x, circular)
        return x
