"""Embeddings: the sinusoidal code of alpha, and conditions as a timeline and a stationary vector."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.clap.base import CLAP_DIM
from engine.conditioning.conditions import Conditions
from engine.models.word_rows import rolls, stationary_words, timeline_words, voice_words
from engine.vocabulary import TODAY, Vocabulary


def sinusoidal(alpha: Tensor, width: int, top: float = 1000.0) -> Tensor:
    """Sinusoidal code `[B, width]` of alpha `[B]` in [0, 1] (Vaswani et al. 2017, section 3.5)."""
    half = width // 2
    rates = torch.exp(-math.log(10_000.0) * torch.arange(half, device=alpha.device) / half)
    angles = alpha.float()[:, None] * top * rates
    return torch.cat((angles.sin(), angles.cos()), dim=1)


class AlphaEmbedding(nn.Module):
    """`alpha_e`: a feed-forward map of the sinusoidal code of alpha."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.layers = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())

    def forward(self, alpha: Tensor) -> Tensor:
        """Alpha `[B]` to `[B, width]`."""
        code = sinusoidal(alpha, self.width).to(next(self.parameters()).dtype)
        embedded: Tensor = self.layers(code)
        return embedded


class StationaryEmbedding(nn.Module):
    """`z_e`: tags, key, CLAP embedding and voices, whatever is given, frame rate and repeats, as one vector.

    It reads conditions in the rows of its words `known` (see `word_rows.own_rows`). With `repeats` it reads the
    frame rate, repeats and which voices are given, with `voices` their numbers too.
    """

    def __init__(self, width: int, known: Vocabulary = TODAY, *, repeats: bool = True, voices: bool = True) -> None:
        super().__init__()
        self.numbers = voices
        words = voice_words(known, numbers=voices)
        self.voices = nn.Linear(len(words), width, bias=False) if repeats else None
        if self.voices is not None:
            nn.init.normal_(self.voices.weight, std=0.01)
        self.clap_null = nn.Parameter(torch.zeros(CLAP_DIM))
        self.clap = nn.Linear(CLAP_DIM, width)
        self.words = nn.Linear(len(stationary_words(known)), width)
        self.layers = nn.Sequential(nn.SiLU(), nn.Linear(width, width), nn.SiLU())

    def forward(self, conditions: Conditions) -> Tensor:
        """Conditions to `[B, width]`; an open CLAP embedding is replaced by its learned null."""
        given = conditions.clap_given
        clap = given * conditions.clap + (1 - given) * self.clap_null
        tags = conditions.tags
        known = torch.cat((tags.clamp_min(0), (-tags).clamp_min(0), conditions.key, given), dim=1)
        # Unit-norm embeddings have tiny entries; scaled, they weigh as much as the tags.
        hidden = self.words(known) + self.clap(clap * CLAP_DIM**0.5)
        if self.voices is not None:
            masks = conditions.voices_given
            told = [(conditions.voices * masks[:, :, None]).flatten(1)] if self.numbers else []
            hidden = hidden + self.voices(torch.cat((*told, masks, conditions.rate, conditions.repeats), dim=1))
        embedded: Tensor = self.layers(hidden)
        return embedded


def timeline(conditions: Conditions) -> Tensor:
    """Time-varying conditions `[B, rows, F]` (`timeline_words`); what is open is zero and says so in its mask row.

    The mask row's weights are the learned null of each open row.
    """
    beat, pattern, curves = (
        torch.cat((values * mask[:, :, None], mask[:, :, None].expand(-1, -1, conditions.frames)), dim=1)
        for values, mask in (
            (conditions.beat, conditions.beat_given),
            (conditions.pattern, conditions.pattern_given),
            (conditions.curves, conditions.curves_given),
        )
    )
    return torch.cat((beat, pattern, curves), dim=1)


def piano_rolls(conditions: Conditions, known: Vocabulary = TODAY) -> Tensor:
    """Piano rolls `[B, rows, F]` (`roll_words`) of those `known`; an open one is zero and says so in its mask row."""
    given = conditions.notes_given[:, :, None]
    rows = given.repeat_interleave(torch.tensor(rolls(known), device=given.device), dim=1)
    return torch.cat((conditions.notes * rows, given.expand(-1, -1, conditions.frames)), dim=1)


def waves(conditions: Conditions) -> Tensor:
    """Waves `[B, WAVE_ROWS, F]` of what is given."""
    return conditions.waves * conditions.waves_given


class TimelineEmbedding(nn.ModuleList):
    """The timeline at every scale of the U-Net: a convolution, then one of stride two per further stage."""

    def __init__(self, width: int, stages: int, known: Vocabulary = TODAY) -> None:
        rows = len(timeline_words(known))
        super().__init__(
            nn.Conv1d(rows if stage == 0 else width, width, 3, stride=1 if stage == 0 else 2)
            for stage in range(stages)
        )

    def forward(self, conditions: Conditions, added: Tensor | None = None) -> list[Tensor]:
        """Conditions, and what else is `added` to them `[B, width, F]`, to `[B, width, F_stage]` for each stage,
        circular in time."""
        x, scales = timeline(conditions), list[Tensor]()
        for convolution in self:
            x = convolution(functional.pad(x, (1, 1), mode="circular"))
            x = functional.silu(x if added is None or scales else x + added)
            scales.append(x)
        return scales
