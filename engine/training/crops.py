"""Random crops of a corpus's audio, for training a codec."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.corpus.store import StoredLoop
from engine.errors import CorpusError
from engine.tempo import LoopGeometry


@dataclass(frozen=True, eq=False)
class Crops:
    """Audio `[B, 2, T]` of `frames` latent frames each, all of one length."""

    audio: Tensor
    frames: int


class AudioCrops:
    """Draws crops of `frames` latent frames from a corpus's WAV files; a loop is read around its end, as it is heard.

    A crop begins where a frame of its loop does, so that hits lie in frames as they do in whole loops. Those of a
    batch are from loops of nearly one tempo and have the same length.
    """

    def __init__(self, loops: Sequence[StoredLoop], frames: int, seed: int) -> None:
        found = [loop for loop in loops if loop.audio_path.exists()]
        if not found:
            raise CorpusError("The corpus keeps no audio to train a codec on: build it with --audio.")
        self.loops = sorted(found, key=_hop)
        self.frames = frames
        self.rng = np.random.default_rng(seed)

    def batch(self, size: int) -> Crops:
        """`size` crops with random gain, polarity and channel order."""
        first = int(self.rng.integers(len(self.loops)))
        low = max(0, min(first - size, len(self.loops) - 2 * size))
        near = self.loops[low : low + 2 * size]
        chosen = [near[int(self.rng.integers(len(near)))] for _ in range(size)]
        samples = round(self.frames * _hop(self.loops[first]))
        audio = [self._vary(self._crop(loop, samples)) for loop in chosen]
        return Crops(torch.from_numpy(np.stack(audio)), self.frames)

    def _crop(self, loop: StoredLoop, samples: int) -> NDArray[np.float32]:
        with soundfile.SoundFile(loop.audio_path) as file:
            frames = _geometry(loop).frames
            start = round(int(self.rng.integers(frames)) * file.frames / frames) % file.frames
            pieces: list[NDArray[np.float32]] = []
            missing = samples
            file.seek(start)
            while missing > 0:
                pieces.append(file.read(missing, dtype="float32", always_2d=True))
                missing -= len(pieces[-1])
                file.seek(0)
        audio = np.concatenate(pieces).T
        return np.broadcast_to(audio, (2, audio.shape[1])) if len(audio) == 1 else audio[:2]

    def _vary(self, crop: NDArray[np.float32]) -> NDArray[np.float32]:
        gain = 10 ** (self.rng.uniform(-9, 1) / 20) * self.rng.choice((-1.0, 1.0))
        order = [0, 1] if self.rng.random() < 0.5 else [1, 0]
        return np.ascontiguousarray(np.clip(crop[order] * gain, -1, 1), dtype=np.float32)


def _geometry(loop: StoredLoop) -> LoopGeometry:
    return LoopGeometry(loop.annotation.tempo_bpm, loop.annotation.bars)


def _hop(loop: StoredLoop) -> float:
    """Samples of a latent frame."""
    geometry = _geometry(loop)
    return geometry.samples / geometry.frames
