"""Folders of pretrained weights as users have them: small networks, random weights, a real tokenizer."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.offline_transformers import tokenizers, transformers

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
TEXTS = ["warm deep house groove with a round bass", "dark pounding techno kick", "acid line", "soft pads and hats"]


def tokenizer_json(vocabulary: int = 300) -> bytes:
    """A byte-level BPE tokenizer of RoBERTa's kind, trained on a few words."""
    library = tokenizers()
    tokenizer = library.Tokenizer(library.models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(
        TEXTS,
        library.trainers.BpeTrainer(
            vocab_size=vocabulary,
            special_tokens=SPECIAL,
            initial_alphabet=library.pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer.post_processor = library.processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False
    )
    return str(tokenizer.to_str()).encode()


def vocab_and_merges(tokenizer: bytes) -> tuple[bytes, bytes]:
    """The same tokenizer as `vocab.json` and `merges.txt`."""
    model = json.loads(tokenizer)["model"]
    merges = [" ".join(pair) if isinstance(pair, list) else pair for pair in model["merges"]]
    return json.dumps(model["vocab"]).encode(), "\n".join(["#version: 0.2", *merges]).encode()


def encodec_folder(folder: Path, **settings: Any) -> Path:
    """EnCodec at 24 kHz with its real latents (128 at 75 Hz) and few filters."""
    library = transformers()
    torch.manual_seed(0)
    config = library.EncodecConfig(**{"num_filters": 2, "target_bandwidths": [1.5], **settings})
    library.EncodecModel(config).save_pretrained(folder)
    return folder


def clap_model(**settings: Any) -> Any:
    """A `ClapModel` with 512-dimensional embeddings and small towers, its norms moved off their defaults."""
    library = transformers()
    torch.manual_seed(1)
    text = {
        "vocab_size": 300, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 1,
        "intermediate_size": 96, "max_position_embeddings": 100, "layer_norm_eps": 1e-5,
    }  # fmt: skip
    audio = {
        "patch_embeds_hidden_size": 8, "hidden_size": 64, "depths": [1, 1, 2, 1],
        "num_attention_heads": [1, 2, 2, 4], **settings,
    }  # fmt: skip
    model = library.ClapModel(library.ClapConfig(text_config=text, audio_config=audio)).eval()
    for name, weights in model.named_parameters():
        torch.nn.init.normal_(weights, mean=float("norm" in name.lower() and name.endswith("weight")), std=0.1)
    return model


def clap_folder(folder: Path, **settings: Any) -> Path:
    """The same as a folder, with its tokenizer."""
    clap_model(**settings).save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes(tokenizer_json())
    return folder


BACKWARDS = (
    ("audio_model.audio_encoder.", "audio_branch."),
    ("text_model.", "text_branch."),
    ("_projection.linear1.", "_projection.0."),
    ("_projection.linear2.", "_projection.2."),
    ("batch_norm", "bn0"),
    ("layernorm_before", "norm1"),
    ("layernorm_after", "norm2"),
)
BACKWARDS_AUDIO = (
    ("attention.output.dense", "attn.proj"),
    ("attention.self", "attn"),
    ("intermediate.dense", "mlp.fc1"),
    ("output.dense", "mlp.fc2"),
)


def laion_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights of a `ClapModel` as LAION's training named them, with what an embedding does not need."""
    named: dict[str, Tensor] = {}
    for name, tensor in state.items():
        for new, old in BACKWARDS + (BACKWARDS_AUDIO if name.startswith("audio_model") else ()):
            name = name.replace(new, old)  # noqa: PLW2901
        named[f"module.{name}"] = tensor.clone()
    for name in [name for name in named if ".attn.query." in name]:
        rows = [named.pop(name.replace("query", part)) for part in ("query", "key", "value")]
        named[name.replace("query", "qkv")] = torch.cat(rows)
    return named | {
        "module.text_transform.sequential.0.weight": torch.zeros(2, 2),
        "module.audio_branch.spectrogram_extractor.stft.conv_real.weight": torch.zeros(2, 1, 2),
        "module.audio_branch.tscam_conv.weight": torch.zeros(2, 2, 2, 3),
        "module.audio_branch.head.weight": torch.zeros(2, 2),
    }
