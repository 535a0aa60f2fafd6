"""EnCodec and LAION-CLAP from folders of weights, every tensor accounted for."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.clap.laion import LaionAudio, LaionAudioConfig, LaionText, LaionTextConfig
from engine.codec.encodec import EncodecCodec, EncodecCodecConfig
from engine.errors import PackError
from engine.pretrained.folders import config_subset, read_config, read_tokenizer, read_weights

_WEIGHT_NORM = {
    ".weight_g": ".parametrizations.weight.original0",
    ".weight_v": ".parametrizations.weight.original1",
}
"""Names of weight normalisation before and after torch 2."""


def read_encodec(folder: Path) -> EncodecCodec:
    """EnCodec from `config.json` and `model.safetensors`, in evaluation mode with plain weights.

    Raises `PackError` when the folder holds another model or its weights do not fit its config.
    """
    config = config_subset(EncodecCodecConfig, read_config(folder, "encodec", "EncodecConfig"))
    weights = read_weights(folder)
    try:
        codec = EncodecCodec(config)
    except (RuntimeError, TypeError, ValueError, ArithmeticError) as error:
        raise PackError(f"No EnCodec can be built from the config.json of {str(folder)!r}.") from error
    used = {_current(name): x for name, x in weights.items() if name.startswith(("encoder.", "decoder."))}
    _fill(codec, used, folder)
    return codec.fuse_weight_norm().eval().requires_grad_(False)


def read_laion(folder: Path) -> tuple[LaionText, LaionAudio]:
    """The towers of a CLAP from `config.json`, `model.safetensors` and its tokenizer, in evaluation mode.

    Raises `PackError` when the folder holds another model, a tokenizer that is not the model's, a CLAP with feature
    fusion, or weights that do not fit.
    """
    config = read_config(folder, "clap", "ClapConfig")
    return laion_towers(config.text_config, config.audio_config, read_weights(folder), read_tokenizer(folder), folder)


def laion_towers(
    text_config: Any, audio_config: Any, weights: Mapping[str, Tensor], tokenizer: bytes, source: Path
) -> tuple[LaionText, LaionAudio]:
    """The towers of configs and weights in the names of `transformers.ClapModel`; raises as `read_laion` does."""
    if audio_config.enable_fusion:
        raise PackError(f"{str(source)!r} is a CLAP with feature fusion; use the music checkpoint, which has none.")
    text_shape = config_subset(LaionTextConfig, text_config, tokenizer_bytes=len(tokenizer))
    try:
        towers = LaionText(text_shape), LaionAudio(config_subset(LaionAudioConfig, audio_config))
    except (RuntimeError, TypeError, ValueError, ArithmeticError) as error:
        raise PackError(f"No CLAP can be built from the settings of {str(source)!r}.") from error
    for tower, start in zip(towers, ("text_", "audio_"), strict=True):
        used = {f"tower.{name}": x for name, x in weights.items() if name.startswith(start)}
        if start == "text_":
            used["tokenizer"] = torch.frombuffer(bytearray(tokenizer), dtype=torch.uint8)
        _fill(tower, _constants(tower) | used, source)
        tower.eval().requires_grad_(False)
    towers[0].check()
    return towers


def _current(name: str) -> str:
    return re.sub(r"\.weight_[gv]$", lambda old: _WEIGHT_NORM[old.group()], name)


def _constants(tower: nn.Module) -> dict[str, Tensor]:
    """Buffers that follow from the config and that not every version of transformers stores."""
    found: dict[str, Tensor] = {}
    for path, module in tower.named_modules():
        for name, buffer in module.named_buffers(prefix=path, recurse=False):
            if name.endswith(".position_ids"):
                found[name] = torch.arange(buffer.shape[-1])[None]
            elif name.endswith(".token_type_ids"):
                found[name] = torch.zeros(buffer.shape, dtype=torch.long)
            elif name.endswith(".relative_position_index"):
                index: Any = getattr(module, "create_relative_position_index")  # noqa: B009  (untyped module)
                found[name] = index()
    return found


def _fill(model: nn.Module, weights: Mapping[str, Tensor], source: Path) -> None:
    """Put `weights` into `model`, floating types as float32; `PackError` unless each has its place and shape."""
    places = model.state_dict()
    for name in sorted(places.keys() ^ weights.keys()):
        what = "has no weight" if name in places else "has a weight that its config does not name,"
        raise PackError(f"{str(source)!r} {what} {name!r}; it is of another model than its config says.")
    for name, place in places.items():
        if place.shape != weights[name].shape:
            raise PackError(f"{str(source)!r} has {name!r} of another shape than its config says.")
    model.load_state_dict({n: x.float() if x.is_floating_point() else x for n, x in weights.items()}, assign=True)
