"""The contract every CLAP embedder keeps (contrastive language-audio pretraining; Wu et al. 2023)."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor, nn

from engine.vocabulary import EMBEDDING_DIM

CLAP_DIM = EMBEDDING_DIM


class ClapEmbedder(nn.Module, ABC):
    """Words and sounds in one space: vectors `[B, 512]` of unit norm, near each other when they mean the same."""

    @abstractmethod
    def embed_text(self, texts: Sequence[str]) -> Tensor:
        """One vector per text."""

    @abstractmethod
    def embed_audio(self, audio: Tensor, sample_rate: int) -> Tensor:
        """One vector per sound of `audio` `[B, C, T]` in [-1, 1] at `sample_rate` Hz; one or two channels.

        A sound is taken to be a loop: time wraps around where the network allows.
        """
