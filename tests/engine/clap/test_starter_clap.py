"""The starter's embedder: unit norm, circular time, words and numbers that reach it, its vocabulary."""

import pytest
import torch
from tiny import tiny_clap

from engine.clap.audio_tower import AudioTower
from engine.clap.starter import StarterClap


@pytest.fixture(scope="module")
def clap() -> StarterClap:
    return tiny_clap().eval()


@torch.no_grad()
def test_embeddings_have_unit_norm(clap: StarterClap) -> None:
    text = clap.embed_text(["techno", "no kick", ""])
    generator = torch.Generator().manual_seed(0)
    audio = clap.embed_audio(torch.randn(2, 2, 44100, generator=generator), 44100)
    mono = clap.embed_audio(torch.randn(1, 1, 24000, generator=generator), 24000)
    for embedded, count in ((text, 3), (audio, 2), (mono, 1)):
        assert embedded.shape == (count, 512)
        assert torch.allclose(embedded.norm(dim=1), torch.ones(count), atol=1e-5)


@torch.no_grad()
def test_the_order_of_words_counts_and_the_rest_of_a_batch_does_not(clap: StarterClap) -> None:
    alone = clap.embed_text(["no kick"])[0]
    beside = clap.embed_text(["no kick", "techno bright kick 126 bpm no kick"])[0]
    assert torch.allclose(alone, beside, atol=1e-5)
    assert (alone - clap.embed_text(["kick no"])[0]).norm() > 1e-3
    assert (clap.embed_text(["126 bpm"]) - clap.embed_text(["90 bpm"])).norm() > 1e-2
    assert torch.equal(clap.embed_text(["126 bpm"]), clap.embed_text(["126BPM!"]))


@torch.no_grad()
def test_where_a_loop_begins_says_nothing(clap: StarterClap) -> None:
    generator = torch.Generator().manual_seed(1)
    tower = clap.audio
    assert isinstance(tower, AudioTower)
    heard = torch.randn(1, clap.listening.rows, 128, generator=generator)
    embedded = tower(heard)
    assert torch.allclose(tower(torch.roll(heard, 8, -1)), embedded, atol=1e-4)


@torch.no_grad()
def test_of_a_long_sound_the_middle_is_heard(clap: StarterClap) -> None:
    generator = torch.Generator().manual_seed(2)
    long = torch.zeros(1, 2, 44100 * 40)
    long[..., 5 * 44100 : 35 * 44100] = torch.randn(1, 2, 30 * 44100, generator=generator)
    middle = long[..., 5 * 44100 : 35 * 44100]
    assert torch.allclose(clap.embed_audio(long, 44100), clap.embed_audio(middle, 44100), atol=1e-5)


def test_the_vocabulary_survives_its_bytes(clap: StarterClap) -> None:
    assert clap.vocabulary.words[:2] == ("techno", "kick")
    assert clap.vocabulary.domain[-1] == "bpm"
    assert clap.tag_logits(torch.zeros(1, 512)).shape[0] == 1
