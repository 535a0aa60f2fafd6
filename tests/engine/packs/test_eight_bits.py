"""Weights in eight bits: as near as half a step, in half the bytes, and nothing but weights is rounded."""

import json
from pathlib import Path

import pytest
import torch

from engine.codec.spectral import SpectralCodec
from engine.errors import PackError
from engine.packs.eight_bits import STEP, from_eight_bits, in_eight_bits
from engine.packs.models import load_codec, store_codec
from engine.packs.pack import Pack, write_pack
from tests.tiny import CODEC


def _state() -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(3)
    return {
        "decoder.conv.weight": torch.randn(8, 4, 3, generator=draw) * torch.logspace(-3, 0, 8)[:, None, None],
        "decoder.conv.bias": torch.randn(8, generator=draw),
        "decoder.silent.weight": torch.zeros(2, 5),
        "decoder.steps": torch.tensor([[7, 9]]),
        "encoder.conv.weight": torch.randn(3, 2, generator=draw),
    }


def test_each_row_comes_back_within_half_a_step_of_its_own() -> None:
    state = _state()
    back = from_eight_bits(in_eight_bits(state, "decoder."))
    weights = state["decoder.conv.weight"]
    error = (back["decoder.conv.weight"] - weights).abs().flatten(1).amax(1)
    largest = weights.abs().flatten(1).amax(1)
    assert bool((error <= 0.502 * largest / 127 + 1e-7).all())
    assert bool((back["decoder.silent.weight"] == 0).all())
    assert set(back) == set(state)


def test_biases_whole_numbers_and_other_weights_stay_what_they_are() -> None:
    state, stored = _state(), in_eight_bits(_state(), "decoder.")
    kept = ["decoder.conv.bias", "decoder.steps", "encoder.conv.weight"]
    assert all(stored[name] is not None and torch.equal(stored[name], state[name]) for name in kept)
    assert sorted(name for name in stored if name.endswith(STEP)) == [
        "decoder.conv.weight" + STEP,
        "decoder.silent.weight" + STEP,
    ]


def test_the_decoder_of_a_codec_is_kept_in_half_the_bytes_and_its_encoder_to_the_last_bit(tmp_path: Path) -> None:
    torch.manual_seed(0)
    codec = SpectralCodec(CODEC)
    pack = store_codec(tmp_path / "pack", codec, "tiny", {})
    kept = load_codec(pack).state_dict()
    for name, tensor in codec.state_dict().items():
        if name.startswith("encoder."):
            assert torch.equal(kept[name], tensor.half().float())
    decoders = [name for name, tensor in kept.items() if name.startswith("decoder.") and tensor.ndim >= 2]
    content = (pack.folder / pack.manifest["components"]["codec"]["file"]).read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert decoders
    assert {header[name]["dtype"] for name in decoders} == {"I8"}


@pytest.mark.parametrize("rows", [3, 0])
def test_steps_that_fit_no_weights_are_said_to_be_damage(tmp_path: Path, rows: int) -> None:
    state = {"decoder.weight": torch.zeros(4, 4, dtype=torch.int8), "decoder.weight" + STEP: torch.zeros(rows)}
    manifest = {
        "name": "tiny",
        "version": "1",
        "licence": "MIT",
        "sample_rate": 44100,
        "hop_length": None,
        "latent_dim": 4,
        "components": {"codec": {"type": "spectral", "config": {}}},
    }
    write_pack(tmp_path / "pack", manifest, {"codec": state})
    with pytest.raises(PackError, match=r"damaged: 'decoder\.weight:step' does not fit any weights"):
        Pack.open(tmp_path / "pack").tensors("codec")


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_not_rounded_to_some(tmp_path: Path, wrong: float) -> None:
    torch.manual_seed(0)
    codec = SpectralCodec(CODEC)
    with torch.no_grad():
        kernels = (each for name, each in codec.named_parameters() if name.startswith("decoder.") and each.ndim == 3)
        next(kernels).view(-1)[5] = wrong
    with pytest.raises(PackError, match="are no numbers"):
        store_codec(tmp_path / "pack", codec, "tiny", {})
    assert not list(tmp_path.rglob("*.safetensors"))
