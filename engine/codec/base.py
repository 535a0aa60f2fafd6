"""The contract every latent codec keeps."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class LatentCodec(nn.Module, ABC):
    """Continuous autoencoder of audio.

    `encode` takes audio `[B, C, T]` in [-1, 1] at `sample_rate`, T a multiple of `hop_length`, and returns latents
    `[B, D, F]`, F = T / hop_length; `decode` is its inverse. With `circular` time wraps around: the last frame's
    neighbour is the first, so a loop has no seam. Without it the outside is silence.
    """

    sample_rate: int
    channels: int
    hop_length: int
    latent_dim: int

    @property
    def frame_rate(self) -> float:
        """Latent frames per second."""
        return self.sample_rate / self.hop_length

    @abstractmethod
    def encode(self, audio: Tensor, *, circular: bool = True) -> Tensor:
        """Audio `[B, C, T]` to latents `[B, D, F]`."""

    @abstractmethod
    def decode(self, latent: Tensor, *, circular: bool = True) -> Tensor:
        """Latents `[B, D, F]` to audio `[B, C, F * hop_length]`."""
