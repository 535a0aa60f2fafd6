"""Random crops of a corpus's audio, for training a codec."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
import torch
from torch import Tensor

from engine.errors import CorpusError


class AudioCrops:
    """Draws crops from WAV files; a loop is read around its end, as it is heard."""

    def __init__(self, paths: Sequence[Path], crop_samples: int, seed: int) -> None:
        self.paths = [path for path in paths if path.exists()]
        if not self.paths:
            raise CorpusError("The corpus keeps no audio to train a codec on: build it with --audio.")
        self.crop_samples = crop_samples
        self.rng = np.random.default_rng(seed)

    def batch(self, size: int) -> Tensor:
        """Audio `[size, 2, crop_samples]` with random gain, polarity and channel order."""
        crops = [self._crop(self.paths[int(self.rng.integers(len(self.paths)))]) for _ in range(size)]
        return torch.from_numpy(np.stack([self._vary(crop) for crop in crops]))

    def _crop(self, path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        with soundfile.SoundFile(path) as file:
            start = int(self.rng.integers(file.frames))
            pieces: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = []
            missing = self.crop_samples
            file.seek(start)
            while missing > 0:
                pieces.append(file.read(missing, dtype="float32", always_2d=True))
                missing -= len(pieces[-1])
                file.seek(0)
        audio = np.concatenate(pieces).T
        return np.broadcast_to(audio, (2, audio.shape[1])) if len(audio) == 1 else audio[:2]

    def _vary(
        self, crop: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        gain = 10 ** (self.rng.uniform(-9, 1) / 20) * self.rng.choice((-1.0, 1.0))
        order = [0, 1] if self.rng.random() < 0.5 else [1, 0]
        return np.ascontiguousarray(np.clip(crop[order] * gain, -1, 1), dtype=np.float32)
