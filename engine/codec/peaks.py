"""Which partials sound in a signal, and how loud."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from engine.codec.stft import analyse
from engine.codec.wrapping import wrap_pad

SIZE = 4096
LASTING = 7
PROMINENCE = 5.0
"""Ratio of a peak to the valleys beside it at which it counts as half tone, half noise; peaks of noise reach 3."""


def tonal_peaks(audio: Tensor, hertz: Tensor, frames: int, sample_rate: int, *, circular: bool) -> Tensor:
    """Amplitudes `[B, C, tones, frames]` of the spectral peaks of audio `[B, C, T]` that are nearest to each of
    `hertz` `[tones]` (evenly spaced in octaves, from 60 Hz up to 40 % of `sample_rate`); zero where none is.

    Peaks are local maxima of a 93 ms Hann window, interpolated by a parabola (Smith and Serra 1987, PARSHL). Where
    a 23 ms window finds less, as just before an attack, its answer holds. Peaks that do not last for 7 frames are
    left out: those come and go in noise.
    """
    reach = 5  # bins that the valleys of the outermost peaks need
    first = int(hertz[0] * SIZE / sample_rate) - reach
    last = int(hertz[-1] * SIZE / sample_rate) + 1 + reach
    spectrum = _amplitudes(audio, SIZE, frames, circular)[:, :, first : last + 1]
    quick = _amplitudes(audio, SIZE // 4, frames, circular)
    bins = torch.arange(first, last + 1, device=audio.device) / 4
    below, part = bins.long(), (bins % 1)[:, None]
    quick = quick[:, :, below] * (1 - part) + quick[:, :, below + 1] * part
    log = (spectrum + 1e-7).log()
    before, here, after = log[:, :, :-2], log[:, :, 1:-1], log[:, :, 2:]
    curve = (before - 2 * here + after).clamp_max(-1e-4)
    offset = ((before - after) / (2 * curve)).clamp(-0.5, 0.5)
    height = (here - 0.25 * (before - after) * offset).exp()
    ratio = ((height + 1e-7) / (_valleys(spectrum) + 1e-7)).log2() - math.log2(PROMINENCE)
    amplitude = torch.minimum(height, 1.5 * quick[:, :, 1:-1]) * torch.sigmoid(4 * ratio)
    amplitude = amplitude * ((here > before) & (here >= after))
    centres = torch.arange(first + 1, last, device=audio.device)[:, None] * sample_rate / SIZE
    steps = math.log2(float(hertz[1] / hertz[0]))
    place = (((centres + offset * (sample_rate / SIZE)) / hertz[0]).log2() / steps).round().long()
    inside = (place >= 0) & (place < len(hertz))
    peaks = amplitude.new_zeros(*audio.shape[:2], len(hertz), spectrum.shape[-1])
    peaks = peaks.scatter_reduce(2, place.clamp(0, len(hertz) - 1), amplitude * inside, "amax")
    return peaks * (_lasting(peaks, circular) > 0.3 * peaks)


def _lasting(peaks: Tensor, circular: bool) -> Tensor:
    """Morphological opening over `LASTING` frames: what a track, or its neighbour, keeps up that long."""
    wide = functional.max_pool2d(peaks.flatten(0, 1), (3, 1), 1, (1, 0))
    padded = wrap_pad(wide, LASTING - 1, LASTING - 1, circular)
    low = -functional.max_pool1d(-padded, LASTING, 1)
    lasting: Tensor = functional.max_pool1d(low, LASTING, 1)
    return lasting.reshape(peaks.shape)


def _amplitudes(audio: Tensor, size: int, frames: int, circular: bool) -> Tensor:
    """Spectrum `[B, C, bins, K]` scaled so that a sine shows its amplitude."""
    window = torch.hann_window(size, device=audio.device)
    return _levels(analyse(audio.float(), window, frames, circular=circular)) * (2 * math.sqrt(size) / window.sum())


def _levels(spectrum: Tensor) -> Tensor:
    return (spectrum.real.square() + spectrum.imag.square() + 1e-14).sqrt()


def _valleys(spectrum: Tensor) -> Tensor:
    """Geometric mean of the lowest bins two to four to the left and to the right of each bin but the outer ones."""
    inverse = functional.pad(-spectrum.flatten(0, 1).transpose(1, 2), (4, 4), value=0.0)
    lowest = -functional.max_pool1d(inverse, 3, 1)  # [B * C, K, bins + 6]
    left, right = lowest[..., :-6], lowest[..., 6:]
    valleys = (left * right).clamp_min(0).sqrt().transpose(1, 2)[:, 1:-1]
    return valleys.reshape(*spectrum.shape[:2], *valleys.shape[1:])
