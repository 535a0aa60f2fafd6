"""The `encodec` package and ours give the same latents and the same sound for the same weights."""

import re
from importlib.util import find_spec
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.codec.base import PASSAGE
from engine.codec.encodec import EncodecCodec, EncodecCodecConfig

pytest.importorskip("transformers")
pytestmark = [
    pytest.mark.skipif(find_spec("encodec") is None, reason="the extra `encodec` is not installed"),
    pytest.mark.filterwarnings("ignore"),
]
SHAPES = {
    "24 kHz": EncodecCodecConfig(num_filters=4, hidden_size=32),
    "48 kHz": EncodecCodecConfig(
        num_filters=4, hidden_size=32, sampling_rate=48_000, audio_channels=2, normalize=True,
        norm_type="time_group_norm", use_causal_conv=False,
    ),
}  # fmt: skip


def original(config: EncodecCodecConfig) -> tuple[Any, Any]:
    from encodec.modules import SEANetDecoder, SEANetEncoder

    shape = {
        "channels": config.audio_channels, "dimension": config.hidden_size, "n_filters": config.num_filters,
        "norm": config.norm_type, "causal": config.use_causal_conv,
    }  # fmt: skip
    torch.manual_seed(0)
    return SEANetEncoder(**shape).eval(), SEANetDecoder(**shape).eval()


def renamed(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """`model.3.conv.conv.weight_g` and the like as transformers has them."""
    names = {}
    for name, tensor in weights.items():
        new = name.replace("model.", "layers.", 1).replace("convtr.", "conv.").replace("conv.conv.", "conv.")
        new = new.replace("conv.norm.", "norm.")
        new = new.replace("weight_g", "parametrizations.weight.original0")
        names[re.sub("weight_v$", "parametrizations.weight.original1", new)] = tensor
    return names


@pytest.mark.parametrize("kind", SHAPES)
def test_both_implementations_agree(kind: str) -> None:
    config = SHAPES[kind]
    encoder, decoder = original(config)
    codec = EncodecCodec(config).eval().requires_grad_(False)
    codec.encoder.load_state_dict(renamed(encoder.state_dict()))
    codec.decoder.load_state_dict(renamed(decoder.state_dict()))
    audio = 0.1 * torch.randn(1, config.audio_channels, 320 * 40, generator=torch.Generator().manual_seed(1))
    level = audio.mean(1, keepdim=True).square().mean(2, keepdim=True).sqrt() + 1e-8 if config.normalize else 1.0
    with torch.no_grad():
        expected = encoder(audio / level)
        latent = codec.encode(audio, 40, circular=False)
        assert torch.equal(latent[:, :32], expected)
        sound = codec.decode(latent, 320 * 40, PASSAGE)[:, : config.audio_channels]
        assert torch.allclose(sound, decoder(expected) * level, atol=1e-6)
        fused = codec.fuse_weight_norm()
        assert torch.allclose(fused.encode(audio, 40, circular=False)[:, :32], expected, atol=1e-5)
