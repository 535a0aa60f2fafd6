"""Whether rendered loops are copies: nearer to a loop that was learnt from than those are to each other."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.vocabulary import STEPS_PER_BAR

COPY_PERCENTILE: Final = 1.0


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
