"""LAION's CLAP on small towers with random weights: unit vectors, real words, loops as loops, and a lazy half."""

from pathlib import Path

import numpy as np
import pytest
import torch
from pretrained_folders import TEXTS, clap_folder, clap_model, tokenizer_json, vocab_and_merges

from engine.clap.laion import LaionClap
from engine.clap.log_mel import log_mel, loop_windows, slaney_filters
from engine.clap.tokens import Tokens, tokenizer_from_merges
from engine.errors import PackError
from engine.offline_transformers import tokenizers, transformers
from engine.pretrained.models import read_laion

pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def clap(tmp_path_factory: pytest.TempPathFactory) -> LaionClap:
    text, audio = read_laion(clap_folder(tmp_path_factory.mktemp("clap")))
    return LaionClap(text, lambda: audio).eval()


def test_prompts_become_the_unit_vectors_of_transformers(clap: LaionClap) -> None:
    with torch.no_grad():
        vectors = clap.embed_text(TEXTS)
        tokens = tokenizers().Tokenizer.from_str(tokenizer_json().decode())
        expected = [
            clap_model().get_text_features(torch.tensor([tokens.encode(text).ids])).pooler_output for text in TEXTS
        ]
    assert vectors.shape == (4, 512)
    assert torch.allclose(vectors.norm(dim=1), torch.ones(4), atol=1e-5)
    assert torch.allclose(vectors, torch.cat(expected), atol=1e-5)  # whatever the padding
    assert float((vectors @ vectors.T).fill_diagonal_(0).max()) < 0.9999
    assert clap.embed_text([]).shape == (0, 512)
    long = clap.embed_text(["techno " * 500])
    assert torch.isfinite(long).all()


def test_sounds_become_the_unit_vectors_of_transformers(clap: LaionClap) -> None:
    library = transformers()
    time = np.arange(480_000) / 48_000
    sound = (0.3 * np.sin(2 * np.pi * 220 * time) * (1 + np.sin(2 * np.pi * 2 * time))).astype(np.float32)
    extractor = library.ClapFeatureExtractor(truncation="rand_trunc", frequency_min=50)
    heard = extractor(sound, sampling_rate=48_000, return_tensors="pt")
    mine = log_mel(torch.from_numpy(sound)[None], 64)
    assert mine.shape == heard["input_features"].shape == (1, 1, 1001, 64)
    assert (mine - heard["input_features"]).abs().mean() < 0.01  # decibels
    with torch.no_grad():
        expected = clap_model().get_audio_features(**heard).pooler_output
        vector = clap.embed_audio(torch.from_numpy(sound)[None, None], 48_000)
    assert float((vector * expected).sum()) > 0.99999


def test_a_loop_is_heard_going_round_whatever_its_rate(clap: LaionClap) -> None:
    rng = np.random.default_rng(0)
    loop = rng.standard_normal((2, 44_100)).astype(np.float32) * 0.1
    with torch.no_grad():
        once = clap.embed_audio(torch.from_numpy(loop)[None], 44_100)
        thrice = clap.embed_audio(torch.from_numpy(np.tile(loop, 3))[None], 44_100)
        again = clap.embed_audio(torch.from_numpy(loop)[None], 44_100)
    assert torch.equal(once, again)
    assert float((once * thrice).sum()) > 0.9999
    windows = loop_windows(np.tile(loop, 25), 44_100)  # 25 s
    assert windows.shape == (3, 480_000)
    assert np.allclose(windows[0], np.take(windows[0], np.arange(48_000, 528_000) % 48_000), atol=1e-5)


def test_filters_have_unit_area() -> None:
    filters = slaney_filters(64)
    assert filters.shape == (64, 513)
    wide = filters[40:].sum(1) * (24_000 / 512)
    assert np.abs(wide - 1).max() < 0.02


def test_the_audio_tower_waits_until_it_is_needed(tmp_path: Path) -> None:
    text, audio = read_laion(clap_folder(tmp_path))
    loads: list[int] = []

    def load() -> object:
        loads.append(1)
        return audio

    clap = LaionClap(text, load)  # type: ignore[arg-type]
    clap.embed_text(["kick"])
    assert clap.audio is None and loads == []
    for _ in range(2):
        clap.embed_audio(torch.zeros(1, 2, 4800), 48_000)
    assert loads == [1]


def test_tokenizers_are_proven_real() -> None:
    real = tokenizer_json()
    numbers, mask = Tokens(real, 300, 1)(["kick", "a very long prompt about hats"])
    assert numbers.shape == mask.shape and mask[0].sum() < mask[1].sum()
    assert (numbers[0][mask[0] == 0] == 1).all()
    with pytest.raises(PackError, match="300 tokens instead of the 50265"):
        Tokens(real, 50_265, 1)
    dummy = tokenizers().Tokenizer(tokenizers().models.BPE(vocab={w: i for i, w in enumerate("abcde")}, merges=[]))
    with pytest.raises(PackError, match="same tokens for different prompts"):
        Tokens(dummy.to_str().encode(), 5, 1)
    with pytest.raises(PackError, match="damaged or of another kind"):
        Tokens(b"{}", 5, 1)


def test_vocab_and_merges_give_the_same_tokens() -> None:
    real = tokenizer_json()
    built = tokenizer_from_merges(*vocab_and_merges(real))
    ours, theirs = Tokens(built, 300, 1)(TEXTS), Tokens(real, 300, 1)(TEXTS)
    assert torch.equal(ours[0], theirs[0]) and torch.equal(ours[1], theirs[1])
    with pytest.raises(PackError, match="byte-level BPE"):
        tokenizer_from_merges(b'{"a": 0}', b"a b")
