"""What is checked of learning: whether the codec can give the sounds back, and whether what comes out is copied."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from engine.audio.likeness import mel_distance
from engine.audio.resampling import resample_periodic
from engine.codec.base import LatentCodec
from engine.corpus.store import StoredLoop
from engine.training.encoding import CORPUS_RATE
from engine.vocabulary import STEPS_PER_BAR

CODEC_ASKS: Final = 1.5
"""How much worse than the pack's own kind of loops the codec may give sounds back before it is said to need them."""
USUAL_DISTANCE: Final = 0.2
"""Mel distance that codecs of packs give loops of the generator back with, where there are none to measure."""
MEASURED: Final = 12
COPY_PERCENTILE: Final = 1.0


@dataclass(frozen=True)
class CodecFit:
    """Mel distance through the codec and back, mean over sounds of the folder and over loops of the pack's kind."""

    folder: float
    known: float

    @property
    def asks_for_training(self) -> bool:
        """Whether the codec should be trained on the folder first."""
        return self.folder > CODEC_ASKS * self.known

    @property
    def sentence(self) -> str:
        """What it means to whoever learns."""
        figures = f"mel distance {self.folder:.3f}, of its own kind of loops {self.known:.3f}"
        if self.asks_for_training:
            return (
                f"The codec gives these sounds back roughly ({figures}): loops will sound rougher than the sounds. "
                "`loopgen train codec` on them would help, and a denoiser trained anew after it."
            )
        return f"The codec gives these sounds back well enough ({figures}); it stays as it is."


@torch.no_grad()
def codec_fit(codec: LatentCodec, sounds: Sequence[StoredLoop], known: Sequence[StoredLoop]) -> CodecFit:
    """Measure up to `MEASURED` loops of each, evenly spread."""
    own = _distance(codec, known) if known else USUAL_DISTANCE
    return CodecFit(_distance(codec, sounds), own)


def _distance(codec: LatentCodec, loops: Sequence[StoredLoop]) -> float:
    device = next(codec.parameters()).device
    found = []
    for loop in loops[:: max(1, len(loops) // MEASURED)][:MEASURED]:
        geometry = codec.geometry(loop.annotation.tempo_bpm, loop.annotation.bars)
        audio = loop.audio()
        fitted = torch.from_numpy(resample_periodic(audio, geometry.samples))[None].to(device)
        latent = codec.encode(fitted, geometry.frames, circular=True)
        decoded = codec.decode(latent, geometry.samples)[0].float().cpu().numpy()
        found.append(mel_distance(audio, resample_periodic(decoded, audio.shape[-1]), CORPUS_RATE))
    return float(np.mean(found))


def bar_of(latent: NDArray[np.float32], bars: int) -> NDArray[np.float32]:
    """What a loop `latent` `[D, F]` of `bars` bars is on its sixteenths, mean over bars: `[D * 16]`."""
    frames = latent.shape[1]
    step = (np.arange(frames) * bars * STEPS_PER_BAR // frames) % STEPS_PER_BAR
    sums = np.zeros((latent.shape[0], STEPS_PER_BAR), np.float32)
    np.add.at(sums.T, step, latent.T)
    counts = np.maximum(np.bincount(step, minlength=STEPS_PER_BAR), 1).astype(np.float32)
    return np.asarray(sums / counts, np.float32).ravel()


@dataclass(frozen=True)
class Nearness:
    """How near each rendered loop comes to a training loop `[N]`, and the `limit`: what the nearest one in a hundred
    pairs of training loops are apart."""

    nearest: NDArray[np.float64]
    limit: float

    @property
    def copies(self) -> int:
        """How many are nearer than the limit."""
        return int((self.nearest < self.limit).sum())

    @property
    def sentence(self) -> str:
        """What was found."""
        if not self.copies:
            return f"None of {len(self.nearest)} rendered loops is nearer to a training loop than those are apart."
        return (
            f"{self.copies} of {len(self.nearest)} rendered loops are nearer to a training loop than those are "
            "apart: it has begun to copy. Fewer minutes, or more sounds, help."
        )


def nearness(rendered: NDArray[np.float32], training: NDArray[np.float32]) -> Nearness:
    """Of rendered `[N, E]` and training loops `[M, E]`, two at least, as embeddings or bars: Euclidean."""
    apart = _distances(training, training)[np.triu_indices(len(training), 1)]
    nearest = _distances(rendered, training).min(axis=1) if len(rendered) else np.zeros(0)
    return Nearness(nearest, float(np.percentile(apart, COPY_PERCENTILE)))


def _distances(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.linalg.norm(a[:, None].astype(np.float64) - b[None], axis=-1)
    return found
