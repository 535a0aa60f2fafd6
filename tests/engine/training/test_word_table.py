"""Word vectors from a sentence encoder small enough to make here."""

from pathlib import Path

import pytest
import torch

from engine.clap.words import pieces
from engine.training.word_table import domain_words, read_word_vectors

pytest.importorskip("transformers")
PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "tech", "##no", "kick", "gloom", "##y", "drum", "!", "été")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("encoder")
    config = BertConfig(
        vocab_size=len(PIECES), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    BertModel(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(PIECES), encoding="utf-8")
    return folder


def test_longest_pieces_first() -> None:
    rows = {piece: row for row, piece in enumerate(PIECES)}
    assert pieces("techno", rows) == [4, 5]
    assert pieces("gloomy", rows) == [7, 8]
    assert pieces("zebra", rows) == [] and pieces("kickz", rows) == []


def test_captions_words_come_first_and_8_bits_are_enough(encoder: Path) -> None:
    found = read_word_vectors(encoder, dim=3)
    own = domain_words()
    assert found.words[: found.domain] == own and {"techno", "kick", "no"} <= set(own)
    # Of the encoder's own pieces those stay that prompts can be split into.
    assert found.words[found.domain :] == ("##no", "gloom", "##y")
    assert found.vectors.shape == (len(own) + 3, 3)
    assert float(found.vectors.norm(dim=1).mean()) == pytest.approx(1, abs=1e-5)
    quantised, scale = found.quantised()
    assert (quantised.float() * scale - found.vectors).abs().max() <= scale.max() / 2 + 1e-6
    assert found.letters.decode().split("\n") == list(found.words)
    unknown = [found.vectors[found.words.index(word)] for word in ("reverb", "shuffle") if word in own]
    assert all(torch.allclose(vector, unknown[0], atol=1e-5) for vector in unknown)
