"""The shape of a StarterClap."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StarterClapConfig:
    """Shape of a `StarterClap`. `words` rows of `word_dim` values, the first `domain` of them the musicians' own;
    `letters` bytes of vocabulary. With `summary` the audio tower is also given what `engine.clap.summary` says."""

    words: int
    letters: int
    domain: int
    word_dim: int = 128
    text_width: int = 192
    text_layers: int = 3
    text_heads: int = 4
    audio_widths: tuple[int, ...] = (128, 192, 256, 320)
    audio_blocks: int = 1
    summary: bool = False
