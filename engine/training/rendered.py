"""Latents that a denoiser made, for the codec's second stage: what its decoder has to make sound real in the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import trange

from engine.codec.base import PASSAGE
from engine.codec.spectral import SpectralCodec
from engine.corpus.seeds import TRAINING
from engine.evaluation.held_out import corpus_case
from engine.pipeline import LoopPipeline

MARGIN: Final = 4
"""Frames around a crop of latents that are decoded with it and not heard, so that it has no edges."""


@dataclass(frozen=True)
class RenderedLoop:
    """The latent `[D, F]` of a loop of `samples` samples."""

    latent: Tensor
    samples: int


def rendered_loops(pack: Path, count: int) -> list[RenderedLoop]:
    """What `pack` makes of `count` corpus loops as requests, at its usual temperature and at 1 by turns.

    Raises `PackError` where it has no denoiser.
    """
    pipeline = LoopPipeline.from_pack(pack)
    found = []
    for number, seed in enumerate(trange(TRAINING.end - count, TRAINING.end, desc="rendering")):
        request = corpus_case(seed).request
        loop = pipeline.render(request if number % 2 else request.with_(temperature=1.0))
        found.append(RenderedLoop(torch.from_numpy(loop.latent), loop.audio.shape[-1]))
    return found


class RenderedCrops:
    """Draws passages of `frames` latent frames from rendered loops, and lets a codec decode them."""

    def __init__(self, loops: Sequence[RenderedLoop], frames: int, seed: int) -> None:
        self.loops, self.frames = loops, frames
        self.hops = np.array([loop.samples / loop.latent.shape[1] for loop in loops])
        self.rng = np.random.default_rng(seed)

    def latents(self, size: int, hop: float) -> Tensor:
        """Latents `[size, D, MARGIN + frames + MARGIN]` of loops whose frames last nearly `hop` samples."""
        near = np.abs(np.log(self.hops / hop)).argsort()[: 4 * size]
        return torch.stack([self._crop(self.loops[int(self.rng.choice(near))]) for _ in range(size)])

    def decoded(self, codec: SpectralCodec, latents: Tensor, samples: int) -> Tensor:
        """Audio `[B, 2, samples]` of the `frames` in the middle of `latents`, at random levels."""
        share = MARGIN / self.frames
        before = round(samples * share)
        audio = codec.decode(latents, samples + 2 * before, PASSAGE)[..., before : before + samples]
        gains = 10 ** (torch.from_numpy(self._decibels(len(latents))) / 20)
        return audio * gains.to(audio.device)[:, None, None]

    def _decibels(self, size: int) -> NDArray[np.float32]:
        return self.rng.uniform(-9, 1, size).astype(np.float32)

    def _crop(self, loop: RenderedLoop) -> Tensor:
        frames = loop.latent.shape[1]
        places = (int(self.rng.integers(frames)) + torch.arange(self.frames + 2 * MARGIN)) % frames
        return loop.latent[:, places]
