"""EnCodec as a codec of loops, on small networks with random weights and the real geometry."""

import sys

import pytest
import torch

from engine.codec.base import Decoding
from engine.codec.encodec import EncodecCodec, EncodecCodecConfig
from engine.errors import InvalidRequest, MissingDependency

pytest.importorskip("transformers")
MONO = EncodecCodecConfig(num_filters=2, hidden_size=16)
STEREO = EncodecCodecConfig(
    num_filters=2, hidden_size=16, sampling_rate=48_000, audio_channels=2, normalize=True,
    norm_type="time_group_norm", use_causal_conv=False,
)  # fmt: skip
HOP = 320


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module", params=[MONO, STEREO], ids=["24 kHz", "48 kHz"])
def codec(request: pytest.FixtureRequest) -> EncodecCodec:
    torch.manual_seed(0)
    return EncodecCodec(request.param).eval().requires_grad_(False).fuse_weight_norm()


def test_the_geometry_is_that_of_the_paper() -> None:
    with torch.device("meta"):
        mono, stereo = EncodecCodec(), EncodecCodec(STEREO)
    assert (mono.sample_rate, mono.hop_length, mono.latent_dim) == (24_000, 320, 128)
    assert (stereo.sample_rate, stereo.hop_length, stereo.latent_dim) == (48_000, 320, 17)
    assert (mono.geometry(120, 2).frame_rate, stereo.geometry(120, 2).frame_rate) == (75.0, 150.0)
    assert mono.channels == stereo.channels == 2
    assert sum(weights.numel() for weights in mono.parameters()) == pytest.approx(14.85e6, rel=0.01)


def test_shapes_and_channels(codec: EncodecCodec) -> None:
    latent = codec.encode(noise(2, 2, HOP * 20), 20)
    assert latent.shape == (2, codec.latent_dim, 20)
    audio = codec.decode(latent, HOP * 20)
    assert audio.shape == (2, 2, HOP * 20)
    same = torch.equal(audio[:, 0], audio[:, 1])
    assert same == (codec.config.audio_channels == 1)
    mono = noise(1, 1, HOP * 20)
    assert torch.allclose(codec.encode(mono, 20), codec.encode(mono.expand(-1, 2, -1), 20), atol=1e-6)


def test_a_rotated_loop_has_the_rotated_latent_and_sound(codec: EncodecCodec) -> None:
    audio = noise(1, 2, HOP * 100)
    latent = codec.encode(audio, 100)
    near = 1e-5 if codec.config.use_causal_conv else 0.1  # normalising over time sees the seam's context too
    turned = codec.encode(torch.roll(audio, 33 * HOP, -1), 100)
    assert (turned - torch.roll(latent, 33, -1)).abs().max() < near * latent.std()
    sound = codec.decode(latent, HOP * 100)
    again = codec.decode(torch.roll(latent, 33, -1), HOP * 100)
    assert (again - torch.roll(sound, 33 * HOP, -1)).abs().max() < near * sound.std()
    # Without circular time the beginning is another one.
    opened = codec.encode(audio, 100, circular=False)
    assert (opened - latent)[..., :4].abs().max() > 0.05 * latent.std()
    assert codec.encode(audio[..., : 3 * HOP], 3).shape[-1] == 3  # shorter than the context


def test_a_loop_that_is_no_whole_hops_comes_to_them_and_back(codec: EncodecCodec) -> None:
    """Fourier interpolation: a whole loop sounds the same at its own hops and at a length of 3 % more."""
    time, samples = torch.arange(HOP * 60), 19_801
    loop = 0.1 * torch.sin(2 * torch.pi * 40 * time / len(time)).expand(1, 2, -1)
    longer = 0.1 * torch.sin(2 * torch.pi * 40 * torch.arange(samples) / samples).expand(1, 2, -1)
    latent = codec.encode(longer, 60)
    assert (latent - codec.encode(loop, 60)).abs().max() < 1e-3 * latent.std()
    assert codec.decode(latent, samples).shape == (1, 2, samples)
    with pytest.raises(InvalidRequest, match="frames of one length"):
        codec.decode(latent, samples, Decoding(edges=torch.linspace(0, samples, 61)))


def test_levels_travel_with_the_latent() -> None:
    codec = EncodecCodec(STEREO).eval().requires_grad_(False)
    audio = noise(1, 2, HOP * 40)
    soft, loud = codec.encode(audio, 40), codec.encode(4 * audio, 40)
    assert torch.allclose(soft[:, :-1], loud[:, :-1], atol=1e-4)
    assert torch.allclose(loud[:, -1] - soft[:, -1], torch.tensor(4.0).log(), atol=1e-4)
    assert torch.allclose(codec.decode(loud, HOP * 40), 4 * codec.decode(soft, HOP * 40), atol=1e-5)
    assert torch.isfinite(codec.encode(0 * audio, 40)).all()


def test_precision_is_kept_under_autocast(codec: EncodecCodec) -> None:
    audio = noise(1, 2, HOP * 12)
    with torch.autocast("cpu", torch.bfloat16):
        latent = codec.encode(audio, 12)
        decoded = codec.decode(latent, HOP * 12)
    assert latent.dtype == decoded.dtype == torch.float32
    assert torch.equal(latent, codec.encode(audio, 12))


def test_without_transformers_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingDependency, match=r"pip install 'loopgen\[pretrained\]'"):
        EncodecCodec(MONO)


def test_settings_of_a_wrong_type_are_refused() -> None:
    with pytest.raises(ValueError, match="no EncodecConfig"):
        EncodecCodec(EncodecCodecConfig(num_filters="many"))  # type: ignore[arg-type]
