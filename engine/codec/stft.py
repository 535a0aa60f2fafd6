"""A short-time Fourier transform with as many frames as are asked for, circular or with silence outside.

Frames need not lie a whole number of samples apart: frame k of K is centred on the sample nearest to
`(k + 1/2) T / K`. Synthesis adds the windowed frames up where they were taken from and divides by the sum of the
squared windows there, so that both are each other's inverse at any hop that the windows cover.
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final

import numpy as np
import torch
from torch import Tensor

from engine.codec.wrapping import wrap_pad

FAINT: Final = 1e-3
"""Windows that add up to less than this do not cover a sample; what is there stays quiet instead of being raised."""


def frame_centres(frames: int, samples: int) -> Tensor:
    """Centres `[K]` in samples of `frames` even frames over `samples` samples."""
    return ((2 * torch.arange(frames, dtype=torch.int64) + 1) * samples).div(2 * frames, rounding_mode="floor")


def analyse(audio: Tensor, window: Tensor, frames: int, *, circular: bool) -> Tensor:
    """Spectrum `[..., N // 2 + 1, K]` of audio `[..., T]` in K = `frames` frames under `window` `[N]`."""
    size, samples = len(window), audio.shape[-1]
    padded = wrap_pad(audio, size, size, circular)
    starts = frame_centres(frames, samples) - size // 2 + size
    if samples % frames == 0 and (samples // frames) % 2 == 0:
        first = int(starts[0])
        taken = padded[..., first : first + samples + size].unfold(-1, size, samples // frames)[..., :frames, :]
    else:
        taken = padded[..., (starts[:, None] + torch.arange(size)).to(audio.device)]
    spectrum: Tensor = torch.fft.rfft(taken * window, norm="ortho")
    return spectrum.transpose(-1, -2)


def synthesise(
    spectrum: Tensor,
    window: Tensor,
    samples: int,
    *,
    circular: bool,
    noise: bool = False,
    centres: Tensor | None = None,
) -> Tensor:
    """Audio `[..., samples]` from a spectrum `[..., N // 2 + 1, K]` by windowed overlap-add.

    The inverse of `analyse`. With `noise` the frames are independent of each other: it is their power that adds up
    to one. `centres` `[K]`, in samples and rising, place frames that are not even (none of them circular).
    """
    size, frames = len(window), spectrum.shape[-1]
    pieces: Tensor = torch.fft.irfft(spectrum.transpose(-1, -2), n=size, norm="ortho") * window
    squares = window.square()
    if pieces.device.type == "cpu" and size <= samples and not (torch.is_grad_enabled() and pieces.requires_grad):
        starts = (frame_centres(frames, samples) if centres is None else centres) - size // 2
        wrapping = circular and centres is None
        total = _added(pieces, starts, samples, wrapping)
        cover = _added(squares.expand(frames, size), starts, samples, wrapping)
    else:
        total, cover = _gathered(pieces, squares, samples, circular, centres)
    cover = cover.clamp_min(FAINT)
    return total / (cover.sqrt() if noise else cover)


def _added(pieces: Tensor, starts: Tensor, samples: int, circular: bool) -> Tensor:
    """Frames `[..., K, N]` added up where they start, `[..., samples]`: one after the other, which on a processor is
    ten times as quick as to ask of each sample which frames it is in. Gradients do not pass."""
    frames, size = pieces.detach().numpy(), pieces.shape[-1]
    whole = np.zeros((*frames.shape[:-2], samples + 2 * size), frames.dtype)
    for number, start in enumerate(starts.tolist()):
        if -size < start < samples:
            whole[..., start + size : start + 2 * size] += frames[..., number, :]
    inside = whole[..., size:-size]
    if circular:
        inside[..., -size:] += whole[..., :size]
        inside[..., :size] += whole[..., -size:]
    return torch.from_numpy(inside)


def _gathered(
    pieces: Tensor, squares: Tensor, samples: int, circular: bool, centres: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Frames `[..., K, N]` added up, and `squares` `[N]` of the window for each of them, as `_added` does; on any
    device, and gradients pass."""
    frames, size = pieces.shape[-2:]
    if centres is None:
        overlap = _KEPT.of(frames, samples, size, circular)
    else:
        overlap = _overlap(tuple(centres.tolist()), samples, size, False)
    # Windows that are nowhere else are one value behind the frames, so that no sample asks which it is.
    flat = torch.cat((pieces.flatten(-2), pieces.new_zeros(*pieces.shape[:-2], 1)), dim=-1)
    covered = torch.cat((squares.repeat(frames), squares.new_zeros(1)))
    first, *others = (place.to(flat.device) for place in overlap.places)
    total, cover = flat.index_select(-1, first), covered.index_select(0, first)
    for place in others:
        total, cover = total + flat.index_select(-1, place), cover + covered.index_select(0, place)
    return total, cover


@dataclass(frozen=True, eq=False)
class Overlap:
    """For each sample, where in the flattened frames `[K * N]` the windows that cover it have it: rows `[T]`.

    K * N stands for none.
    """

    places: tuple[Tensor, ...]

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return sum(place.nbytes for place in self.places)


class Overlaps:
    """Overlaps of even frames, the newest of them kept up to `most` bytes. Thread safe.

    A loop that is played again needs those of the one before; each tempo that was ever played would fill memory.
    """

    def __init__(self, most: int = 32_000_000) -> None:
        self.most = most
        self._kept: OrderedDict[tuple[int, int, int, bool], Overlap] = OrderedDict()
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """What those that are kept take in memory."""
        return sum(overlap.bytes for overlap in self._kept.values())

    def of(self, frames: int, samples: int, size: int, circular: bool) -> Overlap:
        """The overlap of `frames` even frames of `size` over `samples` samples."""
        key = (frames, samples, size, circular)
        with self._lock:
            if (known := self._kept.pop(key, None)) is None:
                known = _overlap(tuple(frame_centres(frames, samples).tolist()), samples, size, circular)
            self._kept[key] = known
            while self.bytes > self.most:
                self._kept.popitem(last=False)
        return known


_KEPT: Final = Overlaps()


def _overlap(centres: tuple[int, ...], samples: int, size: int, circular: bool) -> Overlap:
    own = torch.tensor(centres, dtype=torch.int64) - size // 2
    frames = len(own)
    numbers = torch.arange(frames)
    starts = own
    if circular:
        rounds = range(-(size // samples + 2), size // samples + 3)
        starts = torch.cat([own + turn * samples for turn in rounds])
        numbers = numbers.repeat(len(rounds))
    time = torch.arange(samples)
    last = torch.searchsorted(starts, time, right=True) - 1
    places: list[Tensor] = []
    while True:
        offset = time - starts[last.clamp_min(0)]
        covered = (last >= 0) & (offset < size)
        if not bool(covered.any()):
            return Overlap(tuple(places))
        place = numbers[last.clamp_min(0)] * size + offset
        places.append(torch.where(covered, place, frames * size).to(torch.int32))
        last = last - 1


def hann_root(size: int) -> Tensor:
    """Root-Hann window `[size]`; its squares, half a window apart, sum to one."""
    return torch.hann_window(size, periodic=True).sqrt()
