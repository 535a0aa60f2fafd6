"""The codec experiment with codecs whose damage is known."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from known_loops import house
from torch import Tensor

from engine.audio.resampling import resample_periodic
from engine.codec.base import LOOP, Decoding, LatentCodec
from engine.evaluation.experiments.codec import CodecLoop, codec_round_trip, evaluate_codec
from engine.evaluation.judges.opus import opus_available


class HalfGainCodec(LatentCodec):
    """Frames of 1024 samples as they are, at half the level."""

    sample_rate, channels, hop_length, latent_dim = 44100, 2, 1024, 2048

    def encode(self, audio: Tensor, frames: int, *, circular: bool = True) -> Tensor:
        fitted = torch.from_numpy(resample_periodic(audio[0].numpy(), frames * 1024))[None]
        return fitted.reshape(1, 2, frames, 1024).transpose(2, 3).reshape(1, 2048, -1)

    def decode(self, latent: Tensor, samples: int, how: Decoding = LOOP) -> Tensor:
        batch, _, frames = latent.shape
        audio = latent.reshape(batch, 2, 1024, frames).transpose(2, 3).reshape(batch, 2, -1) / 2
        return torch.from_numpy(resample_periodic(audio[0].numpy(), samples))[None]


class SlowCodec(HalfGainCodec):
    """The same at 24 kHz: it is heard at its own rate, so nothing above 12 kHz passes and all below does."""

    sample_rate = 24_000


def _house() -> CodecLoop:
    audio, geometry = house(117.3, 2)
    return CodecLoop("house", audio, tuple(geometry.beat_to_seconds(beat) for beat in range(8)))


def test_a_loop_of_any_length_comes_back_with_its_length() -> None:
    loop = _house()
    assert loop.audio.shape[-1] % 1024
    decoded = codec_round_trip(HalfGainCodec())(loop.audio)
    assert decoded.shape == loop.audio.shape
    error = np.abs(decoded - loop.audio / 2)
    assert np.sqrt(np.mean(error**2)) < 4e-3  # what resampling to whole frames loses near Nyquist


class BeatCodec(HalfGainCodec):
    """As many frames as come nearest to 43 a second, of whatever length: their levels."""

    hop_length = None

    def encode(self, audio: Tensor, frames: int, *, circular: bool = True) -> Tensor:
        self.asked = frames
        return audio

    def decode(self, latent: Tensor, samples: int, how: Decoding = LOOP) -> Tensor:
        assert latent.shape[-1] == samples
        return latent / 2


def test_a_codec_without_a_hop_hears_the_loop_as_it_is() -> None:
    loop, codec = _house(), BeatCodec()
    assert np.array_equal(codec_round_trip(codec)(loop.audio), loop.audio / 2)
    assert codec.asked == round(loop.audio.shape[-1] / 1024)


def test_a_codec_of_another_rate_hears_the_same_pitch() -> None:
    time = np.arange(44_100) / 44_100
    low, high = (np.sin(2 * np.pi * hertz * time)[None].repeat(2, 0).astype(np.float32) for hertz in (440, 15_000))
    trip = codec_round_trip(SlowCodec())
    assert np.abs(trip(low) - low / 2).max() < 1e-4
    assert np.abs(trip(high)).max() < 1e-4


def test_figures_of_a_known_gain(tmp_path: Path) -> None:
    assert torch.get_default_dtype() == torch.float32
    results = evaluate_codec(lambda audio: audio / 2, {"house": [_house()]}, tmp_path, progress=False)
    figures = results["house"]["figures"]
    assert figures["SI-SDR, mean dB"] == 100
    assert figures["greatest mean band error, dB"] == pytest.approx(6.02, abs=0.01)
    assert figures["kick attack, median absolute error ms"] == pytest.approx(0, abs=0.05)
    assert 0.15 < figures["mel distance, mean"] <= 0.302  # log10(2), less what is silent
    if opus_available():
        assert 12 < figures["Opus 16, kb/s per channel reached"] < 22
        ratio = figures["mel distance, mean"] / figures["Opus 16, mel distance"]
        assert figures["mel distance / that of Opus 16"] == pytest.approx(ratio)
    assert json.loads((tmp_path / "codec.json").read_text()) and "| SI-SDR" in (tmp_path / "codec.md").read_text()
    assert (tmp_path / "codec.png").read_bytes()[:4] == b"\x89PNG"
