"""LAION's own checkpoints (`music_audioset_epoch_15_esc_90.14.pt`), made into a folder of safetensors once.

They are pickles. They are read by torch's restricted unpickler alone, with the few numpy types they hold (a scalar,
its dtype) allowed besides tensors; one that names anything else is refused and nothing of it runs.
"""

import json
import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor

from engine.errors import ExportError, PackError
from engine.files import is_file, write_atomically
from engine.offline_transformers import model_config
from engine.pretrained.folders import CONFIG, TOKENIZER, WEIGHTS
from engine.pretrained.models import laion_towers

_SCALAR: Final = np.float64(0).__reduce__()[0]
_ALLOWED: Final[list[Any]] = [
    (_SCALAR, "numpy.core.multiarray.scalar"),
    (_SCALAR, "numpy._core.multiarray.scalar"),
    np.dtype,
    *(type(np.dtype(name)) for name in ("float64", "float32", "int64", "bool")),
]

_RENAMED: Final = (
    (r"^text_branch\.", "text_model."),
    (r"^audio_branch\.", "audio_model.audio_encoder."),
    (r"^(text|audio)_projection\.0\.", r"\1_projection.linear1."),
    (r"^(text|audio)_projection\.2\.", r"\1_projection.linear2."),
    (r"\.bn0\.", ".batch_norm."),
    (r"(\.layers\.\d+\.blocks\.\d+)\.norm1\.", r"\1.layernorm_before."),
    (r"(\.layers\.\d+\.blocks\.\d+)\.norm2\.", r"\1.layernorm_after."),
    (r"(\.layers\.\d+\.blocks\.\d+)\.mlp\.fc1\.", r"\1.intermediate.dense."),
    (r"(\.layers\.\d+\.blocks\.\d+)\.mlp\.fc2\.", r"\1.output.dense."),
    (r"(\.layers\.\d+\.blocks\.\d+)\.attn\.proj\.", r"\1.attention.output.dense."),
    (r"(\.layers\.\d+\.blocks\.\d+)\.attn\.", r"\1.attention.self."),
)
"""LAION's names to those of `transformers.ClapModel`, in this order."""

_UNUSED: Final = re.compile(
    r"(text|audio)_transform\.|logit_scale_[at]$|audio_branch\.(spectrogram_extractor|logmel_extractor|tscam_conv|head)\."
    r"|.*\.attn_mask$"
)
"""Classifiers, training MLPs and constants of the spectrogram: no part of an embedding."""


def convert_checkpoint(path: Path, out: Path, tokenizer: bytes) -> Path:
    """Write the CLAP of the checkpoint `path` to the folder `out`: weights, config and `tokenizer`; returns `out`.

    Everything is checked before anything is written. Raises `PackError` when the file is no CLAP checkpoint, holds
    more than tensors and numbers, or does not go with the tokenizer, `ExportError` when `out` cannot be written.
    """
    weights = transformers_names(read_checkpoint(path))
    text, audio = infer_shapes(weights, path)
    settings = {"model_type": "clap", "text_config": text, "audio_config": audio, "projection_dim": 512}
    config = model_config("ClapConfig", settings)
    laion_towers(config.text_config, config.audio_config, weights, tokenizer, path)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"Cannot make the folder {str(out)!r}: {error.strerror or error}.") from error
    write_atomically(out / TOKENIZER, tokenizer)
    write_atomically(out / CONFIG, json.dumps(settings, indent=1).encode())
    write_atomically(out / WEIGHTS, bytes(save({name: x.clone().contiguous() for name, x in weights.items()})))
    return out


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """The weights in a checkpoint, in LAION's names without the `module.` of parallel training."""
    if not is_file(path):
        raise PackError(f"There is no file {str(path)!r}.")
    if not zipfile.is_zipfile(path):
        raise PackError(f"{path.name!r} is no PyTorch checkpoint, or is truncated.")
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(_ALLOWED):
            warnings.simplefilter("ignore")  # about pickle protocols that it may not know; then it raises
            saved: Any = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (pickle.UnpicklingError, RuntimeError, ValueError, TypeError, LookupError, EOFError, OSError) as error:
        raise PackError(
            f"{path.name!r} is refused: it is damaged, or holds more than tensors and numbers and could run programs."
        ) from error
    saved = saved.get("state_dict", saved) if isinstance(saved, dict) else {}
    tensors = {str(name).removeprefix("module."): x for name, x in saved.items() if isinstance(x, Tensor)}
    if not any(name.startswith(("text_branch.", "text_model.")) for name in tensors):
        raise PackError(f"{path.name!r} is no CLAP checkpoint: it has no text tower of RoBERTa's kind.")
    return tensors


def transformers_names(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights in LAION's names as `transformers.ClapModel` names them; those that already are stay."""
    renamed: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        if _UNUSED.match(name):
            continue
        for old, new in _RENAMED:
            name = re.sub(old, new, name)  # noqa: PLW2901
        if ".qkv." in name:
            for part, rows in zip(("query", "key", "value"), tensor.chunk(3), strict=True):
                renamed[name.replace("qkv", part)] = rows
        else:
            renamed[name] = tensor
    return renamed


def infer_shapes(weights: Mapping[str, Tensor], path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of both towers as the shapes of their weights tell them; `PackError` when they do not."""
    encoder = "audio_model.audio_encoder."
    depths: dict[int, int] = {}
    for found in filter(None, (re.match(rf"{encoder}layers\.(\d+)\.blocks\.(\d+)\.", name) for name in weights)):
        layer, block = map(int, found.groups())
        depths[layer] = max(depths.get(layer, 0), block + 1)
    layers = {
        found.group(1) for found in (re.match(r"text_model\.encoder\.layer\.(\d+)\.", n) for n in weights) if found
    }
    try:
        words = weights["text_model.embeddings.word_embeddings.weight"]
        tables = [
            weights[f"{encoder}layers.{layer}.blocks.0.attention.self.relative_position_bias_table"]
            for layer in sorted(depths)
        ]
        text = {
            "vocab_size": words.shape[0],
            "hidden_size": words.shape[1],
            "num_hidden_layers": len(layers),
            "num_attention_heads": words.shape[1] // 64,
            "intermediate_size": weights["text_model.encoder.layer.0.intermediate.dense.weight"].shape[0],
            "max_position_embeddings": weights["text_model.embeddings.position_embeddings.weight"].shape[0],
            "layer_norm_eps": 1e-5,
        }
        audio = {
            "patch_embeds_hidden_size": weights[f"{encoder}patch_embed.proj.weight"].shape[0],
            "hidden_size": weights[f"{encoder}norm.weight"].shape[0],
            "depths": [depths[layer] for layer in sorted(depths)],
            "num_attention_heads": [table.shape[1] for table in tables],
            "window_size": (round(tables[0].shape[0] ** 0.5) + 1) // 2,
            "num_mel_bins": weights[f"{encoder}batch_norm.weight"].shape[0],
        }
    except (KeyError, IndexError) as error:
        raise PackError(f"{path.name!r} is no CLAP of RoBERTa and HTS-AT: {error.args[0]!r} is missing.") from error
    return text, audio
