"""The contract every latent codec keeps."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Final

from torch import Tensor, nn

from engine.tempo import LoopGeometry


@dataclass(frozen=True)
class Recurrence:
    """The noise that a decoder makes comes again after `frames` latent frames, as far as `share`, 0 to 1, says: what
    strikes on every beat is then the same sound each time."""

    frames: int
    share: float


@dataclass(frozen=True)
class Decoding:
    """How latents become sound.

    With `circular` time wraps around, without it the outside is silence. `edges` `[F + 1]`: the samples, fractions
    possible, at which frames begin and the last one ends, where they are not even; such music is no loop. `again` is
    for codecs that make noise of their own, others pass it over.
    """

    circular: bool = True
    edges: Tensor | None = None
    again: Recurrence | None = None


LOOP: Final = Decoding()
"""A loop of even frames, its noise drawn without recurrence."""
PASSAGE: Final = Decoding(circular=False)
"""Music of even frames with a beginning and an end."""


class LatentCodec(nn.Module, ABC):
    """Continuous autoencoder of audio.

    `encode` takes audio `[B, C, T]` in [-1, 1] at `sample_rate` to latents `[B, D, F]` of F even frames; `decode` is
    its inverse. Where it is `circular`, time wraps around: the last frame's neighbour is the first, so a loop has no
    seam. Where it is not, the outside is silence.

    Frames follow the beat where `hop_length` is None: any F is possible, frame i begins at sample `i * T / F`, and
    nothing is resampled. A codec with a hop of its own hears and gives `F * hop_length` samples, which are brought to
    T by Fourier interpolation.
    """

    kind: ClassVar[str]
    """What packs call codecs of its class."""
    sample_rate: int
    channels: int
    hop_length: int | None
    latent_dim: int

    @property
    def phased_hz(self) -> float:
        """Below this frequency sounds are told by their phases, above by levels; 0 where levels tell all, or nobody
        knows."""
        return 0.0

    def geometry(self, tempo_bpm: float, bars: int) -> LoopGeometry:
        """A loop in samples and frames of this codec; raises `InvalidRequest` on a tempo or bars out of range."""
        return LoopGeometry(tempo_bpm, bars, self.sample_rate, self.hop_length)

    @abstractmethod
    def encode(self, audio: Tensor, frames: int, *, circular: bool = True) -> Tensor:
        """Audio `[B, C, T]` to latents `[B, D, frames]`."""

    @abstractmethod
    def decode(self, latent: Tensor, samples: int, how: Decoding = LOOP) -> Tensor:
        """Latents `[B, D, F]` to audio `[B, C, samples]`."""
