"""The judge of the codec's adversarial stage: a multi-scale STFT discriminator and its losses.

After Defossez et al. 2022 (EnCodec, section 3.4): complex spectra of several windows go through two-dimensional
convolutions; the generator is pushed by a hinge loss and by the distance of inner features.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

COMPRESSION: Final = 0.4
QUIET: Final = 1e-5
"""The power that magnitudes are raised to before they are judged, and what power counts as silence."""


@dataclass(frozen=True)
class Judgement:
    """What one window's network says: `score` `[B, 1, bins', K']` (above zero: real) and its inner `features`."""

    score: Tensor
    features: list[Tensor]


class StftDiscriminator(nn.Module):
    """Convolutions over the complex spectrum of one window size; strides along frequency."""

    window: Tensor

    def __init__(self, fft_size: int, channels: int, width: int) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(fft_size), persistent=False)
        widths, strides = (2 * channels, width, width, 2 * width, 2 * width), (4, 2, 2, 2)
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(inputs, outputs, (9, 3), (stride, 1), (4, 1)))
            for (inputs, outputs), stride in zip(pairwise(widths), strides, strict=True)
        )
        self.score = weight_norm(nn.Conv2d(widths[-1], 1, 3, padding=1))

    def forward(self, audio: Tensor) -> Judgement:
        """Judge audio `[B, C, T]`."""
        with torch.autocast(audio.device.type, enabled=False):
            size = len(self.window)
            flat = audio.float().flatten(0, 1)
            bins = torch.stft(flat, size, size // 4, window=self.window, normalized=True, return_complex=True)
            parts = torch.view_as_real(bins)
            # Quiet and high bands would hardly be seen beside the low ones.
            parts = parts * (parts.square().sum(-1, keepdim=True) + QUIET) ** ((COMPRESSION - 1) / 2)
            x = (
                parts.reshape(len(audio), -1, *bins.shape[1:], 2)
                .permute(0, 1, 4, 2, 3)
                .flatten(1, 2)
                .contiguous(memory_format=torch.channels_last)
            )
        features = []
        for layer in self.layers:
            x = functional.leaky_relu(layer(x), 0.2)
            features.append(x)
        return Judgement(self.score(x), features)


class MultiScaleDiscriminator(nn.Module):
    """One `StftDiscriminator` per window size."""

    def __init__(self, channels: int = 2, fft_sizes: Sequence[int] = (2048, 1024, 512), width: int = 16) -> None:
        super().__init__()
        self.scales = nn.ModuleList(StftDiscriminator(size, channels, width) for size in fft_sizes)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, audio: Tensor, scale: int | None = None) -> list[Judgement]:
        """One judgement of audio `[B, C, T]` per window size, or that of one `scale` alone."""
        return [judge(audio) for judge in (self.scales if scale is None else [self.scales[scale]])]


def discriminator_loss(real: list[Judgement], fake: list[Judgement]) -> Tensor:
    """Hinge loss that rewards scores above one for real audio and below minus one for decoded audio."""
    terms = [
        functional.relu(1 - a.score.float()).mean() + functional.relu(1 + b.score.float()).mean()
        for a, b in zip(real, fake, strict=True)
    ]
    return torch.stack(terms).mean()


def generator_loss(fake: list[Judgement]) -> Tensor:
    """Hinge loss of the decoder: its audio should score above one."""
    return torch.stack([functional.relu(1 - judgement.score.float()).mean() for judgement in fake]).mean()


def feature_loss(real: list[Judgement], fake: list[Judgement]) -> Tensor:
    """Relative L1 distance of the inner features, averaged over layers and windows."""
    pairs = [pair for a, b in zip(real, fake, strict=True) for pair in zip(a.features, b.features, strict=True)]
    terms = [(a.float().detach() - b.float()).abs().mean() / a.float().detach().abs().mean() for a, b in pairs]
    return torch.stack(terms).mean()


def balanced(
    reference: Tensor, others: Sequence[tuple[float, Tensor]], at: Tensor, *, largest: float = 1e4
) -> Tensor:
    """`reference` plus other losses, each scaled so that its gradient at `at` is a given share of the reference's.

    EnCodec's balancer: weights then mean what they say, however large a loss happens to be. `others` are pairs of
    share and loss; all losses are scalars that depend on `at`.
    """
    wanted, total = gradient_norm(reference, at), reference
    for share, loss in others:
        total = total + loss * (share * wanted / gradient_norm(loss, at).clamp_min(1e-12)).clamp(max=largest)
    return total


def gradient_norm(loss: Tensor, at: Tensor) -> Tensor:
    """The length of the gradient of `loss` at `at`; the graph stays."""
    (gradient,) = torch.autograd.grad(loss, at, retain_graph=True)
    norm: Tensor = gradient.norm()
    return norm
