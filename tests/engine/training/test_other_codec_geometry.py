"""A corpus at 44.1 kHz, encoded by a codec of another rate and hop: the same beats, to the frame."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import tiny_corpus
from torch import Tensor

from engine.codec.base import LOOP, Decoding, LatentCodec
from engine.codec.encodec import EncodecCodec, EncodecCodecConfig
from engine.corpus.store import read_manifest, stored_loops
from engine.errors import PackError
from engine.packs.identities import encoder_hash
from engine.packs.models import load_codec, store_codec
from engine.packs.pack import Pack
from engine.tempo import LoopGeometry
from engine.training.encoding import encode_corpus
from engine.training.latents import LatentCorpus, frames_of_curves

FRAMES = 48  # of 1024 samples at 44.1 kHz: 1.1146 s, so 83.6 frames of 320 samples at 24 kHz


class Levels(LatentCodec):
    """A codec whose one latent is the level of each frame: what it hears can be seen."""

    def __init__(self) -> None:
        super().__init__()
        self.sample_rate, self.channels, self.hop_length, self.latent_dim = 24_000, 2, 320, 1
        self.encoder = torch.nn.Linear(1, 1)

    def encode(self, audio: Tensor, frames: int, *, circular: bool = True) -> Tensor:
        edges = torch.linspace(0, audio.shape[-1], frames + 1).round().long()
        power = audio.mean(1).square()
        levels = [power[:, a:b].mean(1).sqrt() for a, b in itertools.pairwise(edges.tolist())]
        return torch.stack(levels, dim=1)[:, None]

    def decode(self, latent: Tensor, samples: int, how: Decoding = LOOP) -> Tensor:
        raise NotImplementedError


def test_beats_stay_where_they_are(tmp_path: Path) -> None:
    corpus, codec = tiny_corpus(tmp_path / "corpus", frames=FRAMES), Levels()
    encode_corpus(corpus, codec, lambda *_: None)
    manifest = read_manifest(corpus)
    assert (manifest["latent_sample_rate"], manifest["latent_hop_length"]) == (24_000, 320)
    loop = next(iter(stored_loops(corpus)))
    geometry = LoopGeometry(loop.annotation.tempo_bpm, loop.annotation.bars, 24_000, 320)
    assert geometry.frames == 84
    level = loop.latent()[0]
    assert level.shape == (84,)
    # A beep decays from each of four beats, 21 frames apart: the loudest whole frame is the one that it begins in.
    for beat in range(4):
        around = np.take(level, np.arange(21 * beat - 5, 21 * beat + 16), mode="wrap")
        assert abs(int(np.argmax(around)) - 5) <= 1
    batch = LatentCorpus(corpus, held_out=False, frames_per_batch=168).batch(torch.Generator().manual_seed(0))
    assert batch.latent.shape == (2, 1, 84)
    assert batch.conditions.beat.shape[-1] == batch.conditions.curves.shape[-1] == 84
    for beat_phase, kick in zip(batch.conditions.beat[:, 0], batch.conditions.pattern[:, 0], strict=True):
        assert (kick.roll(-1)[beat_phase == 0] == 7 / 8).all()


def test_curves_are_read_at_the_middle_of_each_frame() -> None:
    phase = 2 * np.pi * (np.arange(96) + 0.5) / 96
    curves = np.stack((np.sin(phase), np.cos(phase))).astype(np.float32)
    other = 2 * np.pi * (np.arange(168) + 0.5) / 168
    expected = np.stack((np.sin(other), np.cos(other)))
    assert np.abs(frames_of_curves(curves, 168) - expected).max() < 1e-3
    assert frames_of_curves(curves, 96) is curves


def test_an_encodec_pack_keeps_its_codec(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    torch.manual_seed(0)
    codec = EncodecCodec(EncodecCodecConfig(num_filters=2)).eval().requires_grad_(False).fuse_weight_norm()
    pack = store_codec(tmp_path, codec, "encodec 24 kHz", {})
    assert (pack.kind("codec"), pack.sample_rate, pack.hop_length, pack.latent_dim) == ("encodec", 24_000, 320, 128)
    loaded = load_codec(Pack.open(tmp_path))
    assert encoder_hash(loaded) == encoder_hash(codec)
    audio = 0.1 * torch.randn(1, 2, 320 * 30)
    with torch.no_grad():
        latent, exact = loaded.encode(audio, 30), codec.encode(audio, 30)
    assert (latent - exact).square().mean() < 1e-5 * exact.var()  # half precision: -50 dB
    wrong = dict(pack.manifest)
    wrong["components"] = {"codec": {**wrong["components"]["codec"], "config": {"num_filters": 3}}}
    with pytest.raises(PackError, match="does not fit its settings"):
        load_codec(Pack(pack.folder, wrong, pack.hash))
