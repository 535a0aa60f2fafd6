"""The text tower: a small transformer over frozen word vectors."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from engine.clap.base import CLAP_DIM
from engine.clap.config import StarterClapConfig
from engine.clap.words import MAX_WORDS, Word, WordTokenizer


class WordTable(nn.Module):
    """Frozen word vectors in 8 bits, and the words they are for."""

    vectors: Tensor
    scale: Tensor
    letters: Tensor

    def __init__(self, words: int, dim: int, letters: int, domain: int) -> None:
        super().__init__()
        self.domain = domain
        self.register_buffer("vectors", torch.zeros(words, dim, dtype=torch.int8))
        self.register_buffer("scale", torch.ones(words, 1))
        self.register_buffer("letters", torch.zeros(letters, dtype=torch.uint8))
        self._vocabulary: WordTokenizer | None = None

    @property
    def vocabulary(self) -> WordTokenizer:
        """The words, in the order of the rows."""
        if self._vocabulary is None:
            spelled = bytes(self.letters.cpu().tolist()).decode().split("\n")
            self._vocabulary = WordTokenizer(spelled, self.domain)
        return self._vocabulary

    def forward(self, rows: Tensor) -> Tensor:
        """Rows `[...]` to vectors `[..., dim]`."""
        return self.vectors[rows].float() * self.scale[rows].float()


class TextTower(nn.Module):
    """A small transformer over word vectors; words of the domain have a learned part beside the frozen one."""

    def __init__(self, config: StarterClapConfig) -> None:
        super().__init__()
        width = config.text_width
        self.table = WordTable(config.words, config.word_dim, config.letters, config.domain)
        self.lift = nn.Linear(config.word_dim, width)
        self.own = nn.Embedding(config.domain + 1, width, padding_idx=config.domain)
        nn.init.normal_(self.own.weight, std=0.1)
        self.number = nn.Linear(3, width)
        self.places = nn.Parameter(0.02 * torch.randn(MAX_WORDS + 1, width))
        self.start = nn.Parameter(0.02 * torch.randn(1, 1, width))
        layer = nn.TransformerEncoderLayer(
            width, config.text_heads, 3 * width, dropout=0.1, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, config.text_layers, enable_nested_tensor=False)
        self.out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, CLAP_DIM))

    def forward(self, texts: Sequence[Sequence[Word]], learned: Tensor | None = None) -> Tensor:
        """Read texts to `[B, 512]`, not normalised. `learned` `[B, W]` says which words use their own part."""
        device = self.places.device
        longest = max(1, *map(len, texts))
        rows = torch.zeros(len(texts), longest, dtype=torch.long)
        numbers = torch.zeros(len(texts), longest, 3)
        absent = torch.ones(len(texts), longest + 1, dtype=torch.bool)
        absent[:, 0] = False
        for index, text in enumerate(texts):
            if text:
                rows[index, : len(text)] = torch.tensor([word.row for word in text])
                numbers[index, : len(text)] = torch.stack([number_code(word.number) for word in text])
                absent[index, 1 : len(text) + 1] = False
        rows, numbers, absent = rows.to(device), numbers.to(device), absent.to(device)
        domain = self.table.domain
        own = self.own(torch.where(rows < domain, rows, domain))
        if learned is not None:
            own = own * learned[:, :longest, None]
        x = self.lift(self.table(rows)) + own + self.number(numbers)
        x = torch.cat((self.start.expand(len(texts), -1, -1), x), dim=1) + self.places[: longest + 1]
        x = self.layers(x, src_key_padding_mask=absent)
        embedded: Tensor = self.out(x[:, 0])
        return embedded


def number_code(number: float | None) -> Tensor:
    """A number as three inputs `[3]`: that it is one, its octaves above 120, and these held between -1 and 1."""
    if number is None:
        return torch.zeros(3)
    size = torch.log2(torch.tensor(min(max(number, 1.0), 1e4)) / 120.0)
    return torch.stack((torch.ones(()), size, torch.tanh(4 * size)))
