"""Voices: how one part sounds, as a few numbers, from a picture of its hit."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.audio.voice_image import BANDS, COLUMNS
from engine.models.word_rows import matched
from engine.vocabulary import PARTS, VOICE_DIM, places


class VoiceEncoder(nn.Module):
    """Pictures of hits to voices, all parts by one network that is told which part it sees.

    It is trained together with the denoiser, which reads voices: what they say is what helps to foretell a loop.
    They are bounded by the root of their mean square, so that noise on them costs the same everywhere.
    """

    def __init__(self, width: int = 96, parts: tuple[str, ...] = PARTS) -> None:
        super().__init__()
        self.parts = parts
        self.first = nn.Conv1d(BANDS, width, 3, padding=1)
        self.second = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.part = nn.Embedding(len(parts), width)
        self.hidden = nn.Linear(width * (COLUMNS // 8), width)
        self.out = nn.Linear(width, VOICE_DIM)

    def forward(self, images: Tensor) -> Tensor:
        """Pictures `[B, P, BANDS, COLUMNS]` in [0, 1] to voices `[B, P, V]` of mean square one, both in the rows of
        today's parts; those of parts that it does not know are zero."""
        images = matched(images, places(self.parts, PARTS), 1)
        batch, parts = images.shape[:2]
        x = functional.silu(self.first(images.flatten(0, 1) - 0.3))
        x = functional.silu(functional.avg_pool1d(self.second(x), 4))
        own = self.part.weight.repeat(batch, 1)
        hidden = functional.silu(self.hidden(x.flatten(1)) + own)
        voices: Tensor = self.out(hidden)
        voices = voices * torch.rsqrt(voices.square().mean(1, keepdim=True) + 1e-4)
        return matched(voices.reshape(batch, parts, VOICE_DIM), places(PARTS, self.parts), 1)
