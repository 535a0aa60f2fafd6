"""The denoiser: a circular 1-D U-Net that predicts `x_1 - x_0`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.conditioning.conditions import Conditions
from engine.conditioning.waves import WAVE_ROWS
from engine.models.blocks import AdaptiveGroupNorm, CircularConv, ConditionedBlock, RepeatMixing
from engine.models.embeddings import AlphaEmbedding, StationaryEmbedding, TimelineEmbedding, piano_rolls, waves
from engine.models.groups import CodeReader, LearnedGroupNorm
from engine.models.voices import StruckVoices, VoiceEncoder
from engine.models.word_rows import KINDS, matched_weights, own_rows, roll_words
from engine.vocabulary import TODAY, Vocabulary

GROUPINGS: Final[Mapping[str, Callable[[int, int, int, int], nn.Module]]] = {
    "contiguous": AdaptiveGroupNorm,
    "learned": LearnedGroupNorm,
}
"""How channels are grouped in the norms inside blocks."""


@dataclass(frozen=True)
class DenoiserConfig:
    """Shape of a `Denoiser`. `groups` must divide every width; 8, 16 and 32 are compared in the experiments.

    With `notes` it reads the piano rolls beside its state, with `waves` those of basses and kicks. With `repeats` it
    knows that bars repeat: it mixes over them, and reads voices, the frame rate and how its noise repeats. With
    `struck`, which needs `repeats`, voices are told where their parts are struck; with `overall` of the loop as a
    whole too, where they move every part.

    `grouping` is "contiguous", or "learned": then the norms inside blocks find their groups by the kernels that make
    their channels, and weigh them (`engine.models.groups`). With `informed`, a head learns to read the codes of the
    groups off what they lead to, as training alone needs it.
    """

    latent_dim: int = 64
    widths: tuple[int, ...] = (224, 288, 352, 352)
    blocks: int = 2
    groups: int = 16
    timeline_width: int = 64
    embedding_width: int = 192
    notes: bool = False
    repeats: bool = False
    struck: bool = False
    overall: bool = True
    grouping: str = "contiguous"
    informed: bool = False
    waves: bool = False


def gaussian_direction(alpha: Tensor) -> tuple[Tensor, Tensor]:
    """What is known of the direction before anything is learned: factors `[B, 1, 1]` for alphas `[B]`.

    Were data and noise both white and of unit deviation, `x_alpha` would have the deviation
    `sqrt(alpha^2 + (1 - alpha)^2)`, the best guess of `x_1 - x_0` would be the first factor times `x_alpha`, and its
    error would have the second factor, one over that deviation, as its own. The network is left with the rest, all
    at unit scale (the preconditioning of Karras et al. 2022, section 5, for this blend).
    """
    alpha = alpha.float().view(-1, 1, 1)
    variance = alpha.square() + (1 - alpha).square()
    return (2 * alpha - 1) / variance, variance.rsqrt()


@dataclass(frozen=True)
class EmbeddedConditions:
    """What the network reads of conditions: `z_e` `[B, E]`, the timeline `[B, K, F_stage]` of each stage, and what
    is laid beside the state `[B, K', F]`: the timeline and, where they are read, the piano rolls; `bars` the frames
    are, or 0; what the front adds for the voices that are struck `[B, C, F]`, where they are read. What a stage of
    the few-step model is told besides `[B, E]` is added to `alpha_e`."""

    stationary: Tensor
    scales: list[Tensor]
    beside: Tensor
    bars: int
    struck: Tensor | None = None
    stage: Tensor | None = None


def whole_bars(conditions: Conditions) -> int:
    """The bars that all loops of `conditions` are of; 0 where they differ or are no whole ones."""
    bars = conditions.bars.flatten().tolist()
    return int(bars[0]) if len(set(bars)) == 1 else 0


def learned_norms(denoiser: nn.Module) -> list[tuple[ConditionedBlock, LearnedGroupNorm]]:
    """The norms of a denoiser that find their groups, each with its block, in the order of the blocks."""
    return [
        (block, block.second_norm)
        for block in denoiser.modules()
        if isinstance(block, ConditionedBlock) and isinstance(block.second_norm, LearnedGroupNorm)
    ]


def struck_voices(
    network: StruckVoices | None, conditions: Conditions, timeline: int
) -> tuple[Tensor | None, Tensor | None]:
    """What the struck voices add to the `timeline` `[B, K, F]` and to the front `[B, C, F]`; nothing without one."""
    if network is None:
        return None, None
    told = network(conditions).transpose(1, 2)
    return told[:, :timeline], told[:, timeline:]


def laid_beside(timeline: Tensor, rolls: Tensor | None, tones: Tensor | None) -> Tensor:
    """What a denoiser reads beside its state `[B, K', F]`: the `timeline` `[B, K, F]`, and the piano `rolls`
    `[B, R, F]` and the waves `tones` `[B, WAVE_ROWS, F]`, where it reads them."""
    return torch.cat([rows for rows in (timeline, rolls, tones) if rows is not None], dim=1)


class Denoiser(nn.Module):
    """`D(x_alpha, alpha, c)` over standardised latents.

    The mean and deviation of the latents it was trained on travel with its weights: `standardise` and `restore`
    convert between the codec's latents and the model's. So do the words that it knows, in the order of its rows;
    conditions come in the rows of today's.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: DenoiserConfig | None = None, known: Vocabulary = TODAY) -> None:
        super().__init__()
        self.config = config = config or DenoiserConfig()
        self.known = known
        widths, embedding = config.widths, config.embedding_width
        self.alpha = AlphaEmbedding(embedding)
        self.stationary = StationaryEmbedding(embedding, known, repeats=config.repeats, voices=config.overall)
        self.voices = VoiceEncoder(parts=known.parts) if config.repeats else None
        outputs = config.timeline_width + widths[0]
        self.struck = StruckVoices(outputs, parts=known.parts) if config.struck else None
        self.timeline = TimelineEmbedding(config.timeline_width, len(widths), known)
        self.register_buffer("mean", torch.zeros(config.latent_dim, 1))
        self.register_buffer("deviation", torch.ones(config.latent_dim, 1))

        if config.grouping not in GROUPINGS:
            raise ValueError(f"grouping {config.grouping!r}")
        inner = GROUPINGS[config.grouping]

        def block(inputs: int, outputs: int) -> ConditionedBlock:
            return ConditionedBlock(
                inputs, outputs, inner, timeline=config.timeline_width, groups=config.groups, embedding=embedding
            )

        beside = config.timeline_width + len(roll_words(known)) * config.notes + WAVE_ROWS * config.waves
        self.front = CircularConv(config.latent_dim + beside, widths[0], 3)
        self.down = nn.ModuleList(
            nn.ModuleList(block(width, width) for _ in range(config.blocks)) for width in widths
        )
        self.shrink = nn.ModuleList(CircularConv(width, wider, 3, stride=2) for width, wider in pairwise(widths))
        self.middle = block(widths[-1], widths[-1])
        self.grow = nn.ModuleList(nn.Conv1d(wider, width, 1) for width, wider in pairwise(widths))
        self.up = nn.ModuleList(
            nn.ModuleList(block(inputs, width) for inputs in (2 * width, *[width] * (config.blocks - 1)))
            for width in widths
        )
        self.mix_front = RepeatMixing(config.latent_dim, widths[0]) if config.repeats else None
        mixed = widths if config.repeats else ()
        self.mix_down = nn.ModuleList(RepeatMixing(width) for width in mixed)
        self.mix_up = nn.ModuleList(RepeatMixing(width) for width in mixed)
        self.norm = nn.GroupNorm(config.groups, widths[0])
        self.out = CircularConv(widths[0], config.latent_dim, 3)
        for begun_at_nothing in self.out.parameters():
            nn.init.zeros_(begun_at_nothing)
        codes = sum(2 * norm.groups for _, norm in learned_norms(self))
        self.reader = CodeReader(config.latent_dim, codes) if config.informed and codes else None

    def forward(self, x: Tensor, alpha: Tensor, conditions: Conditions) -> Tensor:
        """Direction `[B, D, F]` at states `x` `[B, D, F]`, alphas `[B]` and conditions of the batch."""
        return self.predict(x, alpha, self.embed(conditions))

    def embed(self, conditions: Conditions) -> EmbeddedConditions:
        """Embed conditions once; they are the same at every step of sampling."""
        own = own_rows(conditions, self.known)
        told, struck = struck_voices(self.struck, own, self.config.timeline_width)
        scales = self.timeline(own, told)
        rolls = piano_rolls(own, self.known) if self.config.notes else None
        beside = laid_beside(scales[0], rolls, waves(conditions) if self.config.waves else None)
        return EmbeddedConditions(self.stationary(own), scales, beside, whole_bars(own), struck)

    def widened(self) -> "Denoiser":
        """A copy that reads piano rolls, voices, repeats and all of today's words too, and for now makes next to
        nothing of what it could not read before."""
        config = replace(self.config, notes=True, repeats=True, struck=True, overall=False, waves=True)
        if config == self.config and self.known.told(*KINDS) == TODAY.told(*KINDS):
            return self
        wider = Denoiser(config)
        state = self.config.latent_dim + self.config.timeline_width
        wider.load_state_dict(matched_weights(self.state_dict(), wider.state_dict(), self.known, TODAY, state))
        return wider

    def predict(self, x: Tensor, alpha: Tensor, embedded: EmbeddedConditions) -> Tensor:
        """Direction `[B, D, F]`, in float32, at states `x`, alphas `[B]` and embedded conditions."""
        alpha_e, z_e, scales = self._alpha(alpha, embedded), embedded.stationary, embedded.scales
        known, level = gaussian_direction(alpha)
        skips = self._way_down(x, alpha, alpha_e, embedded, len(self.down))
        x, state = self.middle(skips[-1], scales[-1], alpha_e, z_e), x.float()
        for stage in reversed(range(len(self.up))):
            if stage < len(self.grow):
                # To the skip's own length, so that any number of frames works without padding.
                x = functional.interpolate(self.grow[stage](x), size=skips[stage].shape[-1], mode="nearest")
            x = torch.cat((x, skips[stage]), dim=1)
            for block in self.up[stage].children():
                x = block(x, scales[stage], alpha_e, z_e)
            if self.config.repeats:
                x = self.mix_up[stage](x, embedded.bars)
        change: Tensor = self.out(functional.silu(self.norm(x)))
        # The network may run in half precision; the state and what is known of it stay in float32.
        return known * state + level * change.float()

    def hear(self, x: Tensor, alpha: Tensor, embedded: EmbeddedConditions, stages: int) -> list[Tensor]:
        """What the first `stages` of the way down make of states `x` `[B, D, F]`: `[B, C, F_stage]` each."""
        return self._way_down(x, alpha, self._alpha(alpha, embedded), embedded, stages)

    def _alpha(self, alpha: Tensor, embedded: EmbeddedConditions) -> Tensor:
        alpha_e: Tensor = self.alpha(alpha)
        return alpha_e if embedded.stage is None else alpha_e + embedded.stage.to(alpha_e.dtype)

    def _way_down(
        self, x: Tensor, alpha: Tensor, alpha_e: Tensor, embedded: EmbeddedConditions, stages: int
    ) -> list[Tensor]:
        x = (x.float() * gaussian_direction(alpha)[1]).to(embedded.scales[0].dtype)
        means = None
        if self.mix_front is not None and embedded.bars:
            # What noise there is that repeats is in the means alone: the rest of a state is free of it.
            means = self.mix_front.repeated(x.transpose(1, 2), embedded.bars).transpose(1, 2)
        x = self.front(torch.cat((x, embedded.beside), dim=1))
        x = x if means is None else x + means
        x = x if embedded.struck is None else x + embedded.struck
        skips: list[Tensor] = []
        for stage in range(stages):
            x = x if stage == 0 else self.shrink[stage - 1](x)
            for block in self.down[stage].children():
                x = block(x, embedded.scales[stage], alpha_e, embedded.stationary)
            if self.config.repeats:
                x = self.mix_down[stage](x, embedded.bars)
            skips.append(x)
        return skips

    def standardise(self, latent: Tensor) -> Tensor:
        """Codec latents `[B, D, F]` to zero mean and unit deviation per channel."""
        return (latent - self.mean) / self.deviation

    def restore(self, x: Tensor) -> Tensor:
        """The inverse of `standardise`."""
        return x * self.deviation + self.mean
