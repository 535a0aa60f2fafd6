"""A short-time Fourier transform whose frames tile the signal exactly, circular or with silence outside."""

import torch
from torch import Tensor
from torch.nn import functional


def wrap_pad(x: Tensor, left: int, right: int, circular: bool) -> Tensor:
    """Pad the last axis by wrapping around (any amount, also more than its length) or with zeros."""
    if not circular:
        return functional.pad(x, (left, right))
    length = x.shape[-1]
    if left <= length and right <= length:
        return torch.cat((x[..., length - left :], x, x[..., :right]), dim=-1)
    index = torch.arange(-left, length + right, device=x.device) % length
    return x[..., index]


def analyse(audio: Tensor, window: Tensor, hop: int, *, circular: bool) -> Tensor:
    """Spectrum `[..., N // 2 + 1, K]` of audio `[..., T]`; K = T / hop frames, frame k centred on its hop.

    `window` `[N]`, N a multiple of `hop`, T a multiple of `hop`.
    """
    size = len(window)
    margin = size - hop
    padded = wrap_pad(audio, margin // 2, margin - margin // 2, circular)
    frames = padded.unfold(-1, size, hop) * window
    spectrum: Tensor = torch.fft.rfft(frames, norm="ortho")
    return spectrum.transpose(-1, -2)


def synthesise(spectrum: Tensor, window: Tensor, hop: int, *, circular: bool) -> Tensor:
    """Audio `[..., K * hop]` from a spectrum `[..., N // 2 + 1, K]` by windowed overlap-add.

    The inverse of `analyse` when the squared windows overlap to one (see `tight_window`).
    """
    size = len(window)
    overlap = size // hop
    frames: Tensor = torch.fft.irfft(spectrum.transpose(-1, -2), n=size, norm="ortho") * window  # [..., K, N]
    count = frames.shape[-2]
    pieces = frames.reshape(*frames.shape[:-1], overlap, hop)
    if circular:
        rolled = torch.stack([torch.roll(pieces[..., j, :], j, dims=-2) for j in range(overlap)])
        return torch.roll(rolled.sum(0).flatten(-2), -((size - hop) // 2), dims=-1)
    longer = frames.new_zeros(*frames.shape[:-2], count + overlap - 1, hop)
    for j in range(overlap):
        longer[..., j : j + count, :] = longer[..., j : j + count, :] + pieces[..., j, :]
    start = (size - hop) // 2
    audio: Tensor = longer.flatten(-2)[..., start : start + count * hop]
    return audio


def tight_window(size: int, hop: int) -> Tensor:
    """Root-Hann window `[size]` scaled so that its squares, `hop` apart, sum to one (perfect reconstruction)."""
    return torch.hann_window(size, periodic=True).sqrt().mul((2 * hop / size) ** 0.5)
