"""The contract every CLAP embedder keeps (contrastive language-audio pretraining; Wu et al. 2023)."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn

from engine.vocabulary import EMBEDDING_DIM, TODAY, Vocabulary

CLAP_DIM = EMBEDDING_DIM


class ClapEmbedder(nn.Module, ABC):
    """Words and sounds in one space: vectors `[B, 512]` of unit norm, near each other when they mean the same.

    One that `reads_tags` tells by its own classifiers which of the tags it has `known` a vector means; reading
    prompts as tags, hearing tags in a reference and steering by them need that.
    """

    reads_tags: ClassVar[bool] = False
    known: Vocabulary = TODAY

    @abstractmethod
    def embed_text(self, texts: Sequence[str]) -> Tensor:
        """One vector per text."""

    @abstractmethod
    def embed_audio(self, audio: Tensor, sample_rate: int) -> Tensor:
        """One vector per sound of `audio` `[B, C, T]` in [-1, 1] at `sample_rate` Hz; one or two channels.

        A sound is taken to be a loop: time wraps around where the network allows.
        """

    @property
    def own_words(self) -> tuple[str, ...]:
        """Words of musicians that it takes, worth suggesting."""
        return ()

    def knows(self, text: str) -> bool:
        """Whether some word of `text` says anything to it."""
        return bool(text.strip())

    def tag_logits(self, embedded: Tensor) -> Tensor:
        """How sure it is of each known tag `[B, len(known.tags)]`, in logits, from vectors `[B, 512]` of words or
        sounds; only where it `reads_tags`."""
        raise NotImplementedError(f"{type(self).__name__} reads no tags.")

    def tag_directions(self) -> Tensor:
        """The vectors `[len(known.tags), 512]` along which its tags lie, of any length; where it `reads_tags`."""
        raise NotImplementedError(f"{type(self).__name__} reads no tags.")
