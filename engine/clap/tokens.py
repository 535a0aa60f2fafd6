"""The words of a text tower as numbers, from a tokenizer file that is proven to be a real one.

Libraries that miss their tokenizer offline may hand out a dummy of five tokens, for which all prompts are equal;
nothing is trusted here before its vocabulary has the size that the model was trained with.
"""

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from engine.documents import read_document
from engine.errors import PackError
from engine.offline_transformers import tokenizers

MAX_TOKENS: Final = 77
"""What LAION's models were trained with; longer prompts are cut."""

MAX_TOKEN: Final = 2**20
"""Libraries make a table as long as the largest number is, and abort the process where memory ends."""

_MAX_FILE_BYTES: Final = 50_000_000
_UNALIKE: Final = ("a deep house groove with a warm bass", "industrial techno, distorted kick")


class Tokens:
    """Turns texts into token numbers; `content` is a `tokenizer.json`.

    Raises `PackError` when it is no tokenizer, has not `vocabulary` tokens, or cannot tell two prompts apart.
    """

    def __init__(self, content: bytes, vocabulary: int, padding: int) -> None:
        self._tokenizer = _parsed(content)
        found = self._tokenizer.get_vocab_size()
        if found != vocabulary:
            raise PackError(
                f"The tokenizer has {found} tokens instead of the {vocabulary} that the model was trained with; "
                "use the tokenizer.json (or vocab.json and merges.txt) that comes with its weights."
            )
        self._tokenizer.enable_truncation(MAX_TOKENS)
        name = self._tokenizer.id_to_token(padding)
        self._tokenizer.enable_padding(pad_id=padding, pad_token=name)
        first, second = (row.ids for row in self._tokenizer.encode_batch(list(_UNALIKE)))
        if first == second or len({*first, *second}) < 8:
            raise PackError("The tokenizer gives the same tokens for different prompts; it is not the model's own.")

    def __call__(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Token numbers and the mask of those that are not padding, both `[B, N]` int64, N at most 77."""
        rows = self._tokenizer.encode_batch(list(texts))
        return torch.tensor([row.ids for row in rows]), torch.tensor([row.attention_mask for row in rows])


def tokenizer_from_merges(vocabulary: bytes, merges: bytes) -> bytes:
    """The `tokenizer.json` that a RoBERTa `vocab.json` and `merges.txt` amount to.

    Raises `PackError` when they are not those of a byte-level BPE tokenizer.
    """
    library = tokenizers()
    try:
        words = {str(word): _token(number) for word, number in read_document(vocabulary).items()}
        lines = merges.decode().splitlines()
        pairs = [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]
        tokenizer = library.Tokenizer(library.models.BPE(vocab=words, merges=pairs))
        ends = {name: (name, words[name]) for name in ("<s>", "</s>")}
        tokenizer.add_special_tokens([name for name in ("<s>", "<pad>", "</s>", "<unk>", "<mask>") if name in words])
    except Exception as error:  # the library raises nothing narrower
        raise PackError("vocab.json and merges.txt are not those of a byte-level BPE tokenizer.") from error
    tokenizer.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = library.processors.RobertaProcessing(
        ends["</s>"], ends["<s>"], trim_offsets=True, add_prefix_space=False
    )
    return str(tokenizer.to_str()).encode()


def _parsed(content: bytes) -> Any:
    library = tokenizers()
    try:
        _check_numbers(read_document(content, most_bytes=_MAX_FILE_BYTES, levels=64))
        return library.Tokenizer.from_str(content.decode())
    except Exception as error:  # the library raises nothing narrower
        raise PackError("The tokenizer file is damaged or of another kind; a tokenizer.json is needed.") from error


def _check_numbers(told: Any) -> None:
    """Raise `ValueError` where a token of a `tokenizer.json` has a number that no table should be made for."""
    vocabulary, added = told["model"]["vocab"], told.get("added_tokens", [])
    numbers = [row["id"] for row in added]
    for number in (*numbers, *(vocabulary.values() if isinstance(vocabulary, dict) else ())):
        _token(number)


def _token(number: Any) -> int:
    if not 0 <= int(number) < MAX_TOKEN:
        raise ValueError(f"token number {number}")
    return int(number)
