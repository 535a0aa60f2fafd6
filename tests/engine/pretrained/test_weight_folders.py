"""Folders of weights, file by file: what is read, and what is refused before it is read."""

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

from engine.errors import PackError
from engine.pretrained import folders
from engine.pretrained.folders import config_subset, read_text, read_tokenizer, read_weights


@dataclass(frozen=True)
class Shape:
    width: int
    rates: tuple[int, ...]
    extra: str


def test_our_config_takes_what_it_names_and_lists_become_tuples() -> None:
    theirs = SimpleNamespace(width=8, rates=[2, 4], extra="theirs", more=1)
    assert config_subset(Shape, theirs) == Shape(8, (2, 4), "theirs")
    assert config_subset(Shape, theirs, extra="ours") == Shape(8, (2, 4), "ours")


def test_a_small_file_is_read_whole_and_a_large_one_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MAX_TEXT_BYTES", 4)
    (tmp_path / "a").write_bytes(b"1234")
    (tmp_path / "b").write_bytes(b"12345")
    assert read_text(tmp_path, "a") == b"1234"
    for name, said in (("b", "too large"), ("c", "has no c")):
        with pytest.raises(PackError, match=said):
            read_text(tmp_path, name)
    with pytest.raises(PackError, match="no folder"):
        read_text(tmp_path / "none", "a")


def test_weights_are_safetensors_and_a_pickle_is_named_and_not_read(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="put the weights of the model there"):
        read_weights(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"c__builtin__\neval\n")
    with pytest.raises(PackError, match=r"'pytorch_model\.bin' is a pickle"):
        read_weights(tmp_path)
    save_file({"a": torch.arange(3.0)}, tmp_path / "model.safetensors")
    assert read_weights(tmp_path)["a"].tolist() == [0.0, 1.0, 2.0]


def test_a_tokenizer_is_its_own_file_or_made_of_its_vocabulary_and_merges(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="no tokenizer"):
        read_tokenizer(tmp_path)
    pytest.importorskip("tokenizers")
    letters = {letter: number for number, letter in enumerate(["<s>", "<pad>", "</s>", "<unk>", "a", "b", "ab"])}
    (tmp_path / "vocab.json").write_text(json.dumps(letters))
    (tmp_path / "merges.txt").write_text("#version: 0.2\na b")
    made = json.loads(read_tokenizer(tmp_path))["model"]
    assert made["vocab"] == letters and len(made["merges"]) == 1
    (tmp_path / "tokenizer.json").write_bytes(b"{}")
    assert read_tokenizer(tmp_path) == b"{}"
