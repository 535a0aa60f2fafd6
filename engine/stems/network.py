"""The separator: how much of each band of a loop's spectrum is whose part's, as the loop's score tells.

Masks on the mixture's complex spectrum, one per part, in bands that are single bins below 1 kHz and grow with pitch;
they are a softmax over the parts that play, so stems always add up to the loop. What tells parts apart is mostly when
they strike and at which pitches, and that is known of a loop that was rendered: the network reads pattern and notes
beside the spectrum (score-informed separation; Ewert et al. 2014). A stack of dilated circular convolutions over
time, as in Conv-TasNet (Luo and Mesgarani 2019), hears whole bars at once.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.codec.bands import band_means, band_shapes
from engine.codec.blocks import ChannelNorm
from engine.codec.stft import analyse, hann_root, synthesise
from engine.codec.wrapping import wrap_pad
from engine.conditioning.conditions import Conditions
from engine.models.embeddings import piano_rolls
from engine.models.word_rows import own_rows, roll_words
from engine.vocabulary import TODAY, Vocabulary

CHANNELS = 2
"""Mid and side."""
LEAST = 1e-7
"""Power of a band, beside that of the loop, below which nothing is heard."""


@dataclass(frozen=True)
class StemConfig:
    """Sizes of a `StemNetwork`; it looks at `fine` columns of a spectrum in each latent frame."""

    fft_size: int = 2048
    fine: int = 2
    bands: int = 128
    width: int = 160
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 1, 2, 4, 8)


class DilatedBlock(nn.Module):
    """Norm, a circular convolution that hears `dilation` columns to both sides, SiLU and a mix of channels, added."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.norm = ChannelNorm(width)
        self.first = nn.Conv1d(width, width, 3, dilation=dilation)
        self.second = nn.Conv1d(width, width, 1)
        nn.init.normal_(self.second.weight, std=0.1 / width**0.5)

    def forward(self, x: Tensor) -> Tensor:
        """`[B, C, K]` to the same shape."""
        wrapped = wrap_pad(self.norm(x), self.dilation, self.dilation, True)
        change: Tensor = self.second(functional.silu(self.first(wrapped)))
        return x + change


class StemNetwork(nn.Module):
    """Loops of any length, and what is known of their scores, to masks for each of the parts that it has `known`."""

    window: Tensor
    means: Tensor
    shapes: Tensor

    def __init__(self, config: StemConfig | None = None, known: Vocabulary = TODAY) -> None:
        super().__init__()
        self.config = config = config or StemConfig()
        self.known = known
        bins, parts = config.fft_size // 2 + 1, len(known.parts)
        for name, constant in {
            "window": hann_root(config.fft_size),
            "means": band_means(config.bands, 0, bins),
            "shapes": band_shapes(config.bands, bins),
        }.items():
            self.register_buffer(name, constant, persistent=False)
        told = 2 * parts + len(roll_words(known))
        self.front = nn.Conv1d(CHANNELS * config.bands + told, config.width, 3)
        self.blocks = nn.ModuleList(DilatedBlock(config.width, dilation) for dilation in config.dilations)
        self.norm = ChannelNorm(config.width)
        self.out = nn.Conv1d(config.width, CHANNELS * parts * config.bands, 1)

    def spectrum(self, audio: Tensor, frames: int) -> Tensor:
        """The spectrum `[B, C, bins, K]` of mid and side `[B, C, T]` of loops of `frames` latent frames."""
        return analyse(audio.float(), self.window, frames * self.config.fine, circular=True)

    def sound(self, spectrum: Tensor, samples: int) -> Tensor:
        """The inverse of `spectrum`: mid and side `[..., samples]`."""
        return synthesise(spectrum, self.window, samples, circular=True)

    def heard(self, spectrum: Tensor) -> Tensor:
        """Levels `[B, C * bands, K]` of a spectrum `[B, C, bins, K]`, in decades beside that of the whole loop."""
        power = self.banded(spectrum.real.square() + spectrum.imag.square())
        whole = power.mean((1, 2, 3), keepdim=True).clamp_min(1e-12)
        return ((power / whole + LEAST).log10() / 2).flatten(1, 2)

    def banded(self, values: Tensor) -> Tensor:
        """Means `[..., bands, K]` of values `[..., bins, K]`."""
        return self.means @ values

    def spread(self, masks: Tensor) -> Tensor:
        """Masks `[..., bins, K]` of those `[..., bands, K]`."""
        return self.shapes @ masks

    def forward(self, heard: Tensor, conditions: Conditions, plays: Tensor) -> Tensor:
        """Masks `[B, P, C, bands, K]` of what is `heard` of mid and side, for the parts that may play `[B, P]`; over
        the parts they add up to one, also where none may play.

        `conditions` `[B, ...]` of the loops' latent frames tell onsets and pitches, in the rows of today's words.
        """
        batch, _, columns = heard.shape
        x = torch.cat((heard, self._told(conditions).repeat_interleave(self.config.fine, dim=2)), dim=1)
        x = self.front(wrap_pad(x, 1, 1, True))
        for block in self.blocks:
            x = block(x)
        levels = self.out(functional.silu(self.norm(x)))
        closed = torch.where(plays > 0, 0.0, -math.inf)
        closed = torch.where((plays > 0).any(1, keepdim=True), closed, 0.0)
        shape = (batch, len(self.known.parts), CHANNELS, self.config.bands, columns)
        masks: Tensor = (levels.float().reshape(shape) + closed[:, :, None, None, None]).softmax(1)
        return masks

    def _told(self, conditions: Conditions) -> Tensor:
        own = own_rows(conditions, self.known)
        given = own.pattern_given[:, :, None]
        masks = given.expand(-1, -1, own.frames)
        return torch.cat((own.pattern * given, masks, piano_rolls(own, self.known)), dim=1)

    def may_play(self, parts: Collection[str]) -> Tensor:
        """The mask `[1, P]` of `parts` among those that it knows."""
        return torch.tensor([[float(part in parts) for part in self.known.parts]])
