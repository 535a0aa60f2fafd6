"""What is checked before learning: whether the codec can give the sounds back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from engine.audio.likeness import mel_distance
from engine.audio.resampling import resample_periodic
from engine.codec.base import LatentCodec
from engine.corpus.store import StoredLoop
from engine.training.encoding import CORPUS_RATE

CODEC_ASKS: Final = 1.5
"""How much worse than the pack's own kind of loops the codec may give sounds back before it is said to need them."""
USUAL_DISTANCE: Final = 0.2
"""Mel distance that codecs of packs give loops of the generator back with, where there are none to measure."""
MEASURED: Final = 12


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
