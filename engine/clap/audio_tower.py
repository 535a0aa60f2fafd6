"""The audio tower: circular convolutions over what is heard."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.clap.base import CLAP_DIM
from engine.clap.config import StarterClapConfig
from engine.clap.summary import SUMMARY, summarise

DROPPED = 0.1
"""Share of values that training drops at every convolution of a block."""


class CircularBlock(nn.Module):
    """Norm, GELU and circular convolution, twice, with dropout between, added to the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.GroupNorm(8, width) for _ in range(2))
        self.convolutions = nn.ModuleList(
            nn.Conv1d(width, width, 3, padding=1, padding_mode="circular") for _ in range(2)
        )

    def forward(self, x: Tensor) -> Tensor:
        """`[B, C, F]` to the same shape."""
        y = x
        for norm, convolution in zip(self.norms, self.convolutions, strict=True):
            y = convolution(functional.dropout(functional.gelu(norm(y)), DROPPED, self.training))
        return x + y


class AudioTower(nn.Module):
    """Circular convolutions over what is heard, halving time at each stage; mean, deviation and peak over time."""

    def __init__(self, config: StarterClapConfig, inputs: int) -> None:
        super().__init__()
        first, *_ = widths = config.audio_widths
        stages: list[nn.Module] = [nn.Conv1d(inputs, first, 5, padding=2, padding_mode="circular")]
        for index, width in enumerate(widths):
            if index:
                stages.append(nn.Conv1d(widths[index - 1], width, 4, stride=2, padding=1, padding_mode="circular"))
            stages += [CircularBlock(width) for _ in range(config.audio_blocks)]
        self.stages = nn.Sequential(*stages)
        self._fine_stages = 2 * (1 + config.audio_blocks)
        pooled = 3 * widths[-1]
        self.out = nn.Sequential(
            nn.LayerNorm(pooled), nn.Linear(pooled, pooled), nn.GELU(), nn.Dropout(0.1), nn.Linear(pooled, CLAP_DIM)
        )
        self.summary = _summary_branch(pooled) if config.summary else None

    def forward(self, heard: Tensor, summary: Tensor | None = None) -> Tensor:
        """What is heard `[B, inputs, F]`, F at least 16, to `[B, 512]`, not normalised.

        Where `heard` is a window of a loop, `summary` `[B, SUMMARY]` is that of the whole loop.
        """
        return self.embed(self.follow(heard), summarise(heard) if summary is None else summary)

    def follow(self, heard: Tensor) -> Tensor:
        """What sounds when, `[B, C, F / 2]`: what the first two stages make of what is heard `[B, inputs, F]`."""
        followed: Tensor = self.stages[: self._fine_stages](heard)
        return followed

    def embed(self, followed: Tensor, summary: Tensor) -> Tensor:
        """From what `follow` gave and the `summary` `[B, SUMMARY]` of the whole loop to `[B, 512]`."""
        x = self.stages[self._fine_stages :](followed)
        deviation = (x.var(-1, unbiased=False) + 1e-5).sqrt()
        pooled = torch.cat((x.mean(-1), deviation, x.amax(-1)), dim=1).float()
        embedded: Tensor
        if self.summary is None:
            embedded = self.out(pooled)
            return embedded
        norm, into, *rest = self.out
        hidden = into(norm(pooled)) + self.summary(summary)
        embedded = nn.Sequential(*rest)(hidden)
        return embedded


def _summary_branch(width: int) -> nn.Sequential:
    """From a summary into the hidden layer; it adds nothing before it is trained."""
    last = nn.Linear(256, width)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.LayerNorm(SUMMARY), nn.Linear(SUMMARY, 256), nn.GELU(), nn.Dropout(0.1), last)
