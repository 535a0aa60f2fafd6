"""Where pretrained weights are to be had, at which revision and with which checksum."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from engine.config import user_data
from engine.errors import InvalidRequest
from engine.files import write_atomically
from engine.pretrained.download import Progress, RemoteFile, fetch_files

MAX_TEXT_BYTES: Final = 50_000_000
_ENCODEC: Final = "https://huggingface.co/facebook/encodec_24khz/resolve/c1dbe2ae3f1de713481a3b3e7c47f357092ee040"
_LAION: Final = "https://huggingface.co/lukewys/laion_clap/resolve/b3708341862f581175dba5c356a4ebf74a9b6651"
_ROBERTA: Final = "https://huggingface.co/laion/larger_clap_music/resolve/a0b4534a14f58e20944452dff00a22a06ce629d1"

SOURCES: Final[dict[str, tuple[RemoteFile, ...]]] = {
    "encodec": (
        RemoteFile(
            f"{_ENCODEC}/model.safetensors",
            "model.safetensors",
            "37a7cb100f71a29e6c1d815aca8666a1d7ea8885ebe44c306c751a5103559d57",
        ),
    ),
    "clap": (
        RemoteFile(
            f"{_ROBERTA}/vocab.json",
            "vocab.json",
            "ed19656ea1707df69134c4af35c8ceda2cc9860bf2c3495026153a133670ab5e",
            most_bytes=MAX_TEXT_BYTES,
        ),
        RemoteFile(
            f"{_ROBERTA}/merges.txt",
            "merges.txt",
            "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
            most_bytes=MAX_TEXT_BYTES,
        ),
        RemoteFile(  # 2.35 GB, two thirds of it the state of its optimiser
            f"{_LAION}/music_audioset_epoch_15_esc_90.14.pt",
            "music_audioset_epoch_15_esc_90.14.pt",
            "fae3e9c087f2909c28a09dc31c8dfcdacbc42ba44c70e972b58c1bd1caf6dedd",
        ),
    ),
}

WRITTEN: Final[dict[str, Mapping[str, Mapping[str, object]]]] = {
    "encodec": {
        "config.json": {
            "model_type": "encodec",
            "architectures": ["EncodecModel"],
            "audio_channels": 1,
            "sampling_rate": 24000,
            "target_bandwidths": [1.5, 3.0, 6.0, 12.0, 24.0],
            "normalize": False,
            "num_filters": 32,
            "num_residual_layers": 1,
            "upsampling_ratios": [8, 5, 4, 2],
            "norm_type": "weight_norm",
            "kernel_size": 7,
            "last_kernel_size": 7,
            "residual_kernel_size": 3,
            "dilation_growth_rate": 2,
            "use_causal_conv": True,
            "pad_mode": "reflect",
            "compress": 2,
            "num_lstm_layers": 2,
            "trim_right_ratio": 1.0,
            "hidden_size": 128,
            "codebook_size": 1024,
            "codebook_dim": 128,
            "use_conv_shortcut": True,
        }
    }
}
"""Small files that are written and not fetched: hubs announce no checksum for them that could be held against it."""


def fetch_source(what: str, folder: Path | None, progress: Progress) -> list[Path]:
    """Download what `SOURCES` has under `what` into `folder`, by default one in the user's data, and write what
    `WRITTEN` has beside it; returns the paths.

    Raises `InvalidRequest` on an unknown name, else as `fetch_files` does.
    """
    if what not in SOURCES:
        raise InvalidRequest(f"Cannot fetch {what!r}; possible: {', '.join(SOURCES)}.")
    place = folder or user_data() / "pretrained" / what
    paths = fetch_files(SOURCES[what], place, progress)
    for name, content in WRITTEN.get(what, {}).items():
        write_atomically(place / name, json.dumps(content, indent=2).encode())
        paths.append(place / name)
    return paths
