"""LAION's music CLAP (Wu et al. 2023, "Large-scale contrastive language-audio pretraining") from local weights.

The towers are those of `transformers.ClapModel` (Apache-2.0). The text tower with its tokenizer is one component of a
pack, the audio tower another: what only reads prompts never loads the second.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.clap.base import ClapEmbedder
from engine.clap.log_mel import log_mel, loop_windows
from engine.clap.tokens import Tokens
from engine.offline_transformers import model_config, transformers


@dataclass(frozen=True)
class LaionTextConfig:
    """Shape of the text tower (RoBERTa base), in the names of `transformers.ClapTextConfig`."""

    tokenizer_bytes: int
    vocab_size: int = 50_265
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    max_position_embeddings: int = 514
    type_vocab_size: int = 1
    layer_norm_eps: float = 1e-5
    pad_token_id: int = 1
    projection_dim: int = 512
    projection_hidden_act: str = "relu"


@dataclass(frozen=True)
class LaionAudioConfig:
    """Shape of the audio tower (HTS-AT base, without fusion), in the names of `transformers.ClapAudioConfig`."""

    patch_embeds_hidden_size: int = 128
    hidden_size: int = 1024
    depths: tuple[int, ...] = (2, 2, 12, 2)
    num_attention_heads: tuple[int, ...] = (4, 8, 16, 32)
    window_size: int = 8
    num_mel_bins: int = 64
    spec_size: int = 256
    patch_size: int = 4
    patch_stride: tuple[int, ...] = (4, 4)
    hidden_act: str = "gelu"
    mlp_ratio: float = 4.0
    qkv_bias: bool = True
    layer_norm_eps: float = 1e-5
    projection_dim: int = 512
    projection_hidden_act: str = "relu"


class LaionText(nn.Module):
    """The text tower, and as bytes among its weights the `tokenizer.json` it was trained with."""

    tokenizer: Tensor

    def __init__(self, config: LaionTextConfig) -> None:
        super().__init__()
        self.config = config
        settings = asdict(config)
        self.register_buffer("tokenizer", torch.zeros(settings.pop("tokenizer_bytes"), dtype=torch.uint8))
        self.tower: Any = _tower("ClapTextModelWithProjection", "ClapTextConfig", settings)
        self._tokens: Tokens | None = None

    def check(self) -> "LaionText":
        """Return itself; `PackError` when its tokenizer is not a real one of the model's vocabulary."""
        content = self.tokenizer.cpu().numpy().tobytes()
        self._tokens = Tokens(content, self.config.vocab_size, self.config.pad_token_id)
        return self

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Texts to vectors `[B, 512]`."""
        tokens = self._tokens or self.check()._tokens
        assert tokens is not None
        numbers, mask = (part.to(self.tokenizer.device) for part in tokens(texts))
        embedded: Tensor = self.tower(input_ids=numbers, attention_mask=mask).text_embeds
        return embedded


class LaionAudio(nn.Module):
    """The audio tower."""

    def __init__(self, config: LaionAudioConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or LaionAudioConfig()
        self.tower: Any = _tower("ClapAudioModelWithProjection", "ClapAudioConfig", asdict(config))

    def forward(self, windows: Tensor) -> Tensor:
        """Windows of ten seconds `[W, 480000]` at 48 kHz to vectors `[W, 512]`."""
        embedded: Tensor = self.tower(input_features=log_mel(windows, self.config.num_mel_bins)).audio_embeds
        return embedded


class LaionClap(ClapEmbedder):
    """LAION's CLAP behind the contract of every embedder; `load_audio` gives the audio tower when it is first asked.

    Sounds are mixed to mono, resampled to 48 kHz as the loops they are, and repeated to ten seconds, which is what
    the tower hears at once; a longer loop is the mean of as many windows as cover it. Unlike LAION's own code, which
    cuts a random ten seconds, the same sound always gives the same vector.
    """

    def __init__(self, text: LaionText, load_audio: Callable[[], LaionAudio]) -> None:
        super().__init__()
        self.text = text.check()
        self.audio: LaionAudio | None = None
        self._load_audio = load_audio

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        """One vector of unit norm per text, `[B, 512]`; an empty list gives `[0, 512]`."""
        if not texts:
            return torch.zeros(0, self.text.config.projection_dim)
        with torch.autocast(self.text.tokenizer.device.type, enabled=False):
            return functional.normalize(self.text(texts), dim=-1)

    def embed_audio(self, audio: Tensor, sample_rate: int) -> Tensor:
        """One vector of unit norm per loop of `audio` `[B, C, T]`; loads the audio tower the first time."""
        device = self.text.tokenizer.device
        if self.audio is None:
            self.audio = self._load_audio().to(device).eval().requires_grad_(False)
        vectors = []
        with torch.autocast(device.type, enabled=False):
            for sound in audio.detach().float().cpu().numpy():
                windows = torch.from_numpy(loop_windows(sound, sample_rate)).to(device)
                vectors.append(functional.normalize(self.audio(windows), dim=-1).mean(0))
            return functional.normalize(torch.stack(vectors), dim=-1)


def _tower(model: str, config: str, settings: dict[str, Any]) -> nn.Module:
    """A tower without memory of its own yet: weights are put in their places, not copied over random ones."""
    shape = model_config(config, settings)
    with torch.device("meta"):
        tower: nn.Module = getattr(transformers(), model)(shape)
    return tower
