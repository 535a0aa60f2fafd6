"""The `laion-clap` package and ours give the same embeddings for the same checkpoint."""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pretrained_folders import TEXTS, tokenizer_json

from engine.clap.laion import LaionClap
from engine.clap.tokens import Tokens
from engine.offline_transformers import transformers
from engine.pretrained.laion_checkpoint import convert_checkpoint
from engine.pretrained.models import read_laion

pytest.importorskip("transformers")
pytestmark = [
    pytest.mark.skipif(find_spec("laion_clap") is None, reason="the extra `laion-clap` is not installed"),
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.slow,
]


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> Any:
    """LAION's model code with random weights: what it would fetch at import is made here instead."""
    library = transformers()
    for name in ("BertTokenizer", "RobertaTokenizer", "BartTokenizer"):
        monkeypatch.setattr(getattr(library, name), "from_pretrained", lambda *_, **__: None)
    config = library.RobertaConfig(
        vocab_size=300, num_hidden_layers=2, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5
    )
    monkeypatch.setattr(library.RobertaModel, "from_pretrained", lambda *_, **__: library.RobertaModel(config))
    monkeypatch.setattr(sys, "argv", ["loopgen"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    return import_module("laion_clap")


def test_both_implementations_agree(package: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    theirs = package.CLAP_Module(enable_fusion=False, device="cpu", amodel="HTSAT-tiny").eval()
    for name, weights in theirs.model.named_parameters():
        if weights.dim() == 1 and "norm" in name:
            torch.nn.init.normal_(weights, mean=float(name.endswith("weight")), std=0.1)
    state = {f"module.{name}": x for name, x in theirs.model.state_dict().items()}
    torch.save({"epoch": 15, "state_dict": state, "loss": np.float64(0)}, tmp_path / "laion.pt")
    text, audio = read_laion(convert_checkpoint(tmp_path / "laion.pt", tmp_path / "out", tokenizer_json()))
    ours = LaionClap(text, lambda: audio).eval()
    tokens, mask = Tokens(tokenizer_json(), 300, 1)(TEXTS)
    sound = 0.2 * np.random.default_rng(0).standard_normal((1, 480_000)).astype(np.float32)
    with torch.no_grad():
        words = theirs.get_text_embedding(
            TEXTS, tokenizer=lambda _: {"input_ids": tokens, "attention_mask": mask}, use_tensor=True
        )
        assert torch.allclose(ours.embed_text(TEXTS), words, atol=1e-5)
        heard = theirs.get_audio_embedding_from_data(torch.from_numpy(sound), use_tensor=True)
        cosine = float((ours.embed_audio(torch.from_numpy(sound)[None], 48_000) * heard).sum())
    assert cosine > 0.99999
