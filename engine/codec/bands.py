"""Matrices between bins of a spectrum and what a codec calls them: bands and partials."""

import math

import torch
from torch import Tensor


def tone_shapes(hertz: Tensor, window: Tensor, sample_rate: int) -> Tensor:
    """Complex spectra `[bins, tones]` of a windowed frame of each sine of amplitude one, phase zero at its start.

    `hertz` `[tones]`, below Nyquist and above the width of a bin, where a sine's negative frequency does not reach.
    """
    time = torch.arange(len(window)) / sample_rate
    angles = 2 * math.pi * hertz[:, None] * time
    spectra = torch.fft.fft(torch.polar(window.expand_as(angles), angles), norm="ortho") / 2
    positive: Tensor = spectra[:, : len(window) // 2 + 1].T.contiguous()
    return positive


def _positions(bins: int, bands: int) -> Tensor:
    """Where each of `bins` lies between the centres of `bands`, on an axis close to the mel scale."""
    return torch.log1p(torch.linspace(0, 32, bins)) / torch.log1p(torch.tensor(32.0)) * (bands - 1)


def band_shapes(bands: int, bins: int) -> Tensor:
    """Weights `[bins, bands]` that draw a curve over `bins` from its values at band centres; rows sum to one."""
    return (1 - (_positions(bins, bands)[:, None] - torch.arange(bands)).abs()).clamp_min(0)


def band_means(bands: int, first: int, bins: int) -> Tensor:
    """Weights `[bands, bins]` that average the bins from `first` on in `bands`; rows sum to one."""
    shapes = torch.zeros(bands, bins)
    shapes[:, first:] = band_shapes(bands, bins - first).T
    return shapes / shapes.sum(1, keepdim=True).clamp_min(1e-6)
