"""A trained denoiser made ready for sampling: the same network frames first, `[B, F, C]`, about three times as fast.

A circular convolution over frames that lie side by side is one matrix product with nothing to reorder, which on a CPU
takes a third of a convolution's time. Whatever conditions alone decide is computed once a render, not once a step:
how a block's norms are weighed by `z_e`, and what the timeline adds to its second convolution. Training keeps the
usual layout of `engine.models.unet`, where gradients of convolutions are the faster ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.conditioning.conditions import Conditions
from engine.models.blocks import AdaptiveGroupNorm, ConditionedBlock, RepeatMixing
from engine.models.embeddings import piano_rolls, waves
from engine.models.groups import LearnedGroupNorm, grouped_affine
from engine.models.unet import Denoiser, gaussian_direction, laid_beside, struck_voices, whole_bars
from engine.models.word_rows import own_rows

EPSILON = 1e-5
Norm = AdaptiveGroupNorm | LearnedGroupNorm


@dataclass(frozen=True, eq=False)
class FramewiseConv:
    """A circular convolution of kernel 3, or of kernel 1, as one product: `weight` `[C', kernel * C]`."""

    weight: Tensor
    bias: Tensor | None
    kernel: int
    stride: int = 1

    @classmethod
    def of(cls, layer: nn.Conv1d, inputs: slice = slice(None), *, biased: bool = True) -> "FramewiseConv":
        """The part of `layer` that reads the channels `inputs`, with its bias or without."""
        weight = layer.weight.detach()[:, inputs].permute(0, 2, 1).flatten(1).contiguous()
        bias = layer.bias.detach() if biased and layer.bias is not None else None
        return cls(weight, bias, layer.kernel_size[0], layer.stride[0])

    def __call__(self, x: Tensor) -> Tensor:
        """`[B, F, C]` to `[B, ceil(F / stride), C']`."""
        if self.kernel == 1:
            return functional.linear(x, self.weight, self.bias)
        batch, frames, channels = x.shape
        around = torch.cat((x[:, -1:], x, x[:, :1]), dim=1)
        count = -(-frames // self.stride)
        # Three frames side by side, without a copy until the product asks for one.
        windows = around.as_strided(
            (batch, count, 3 * channels), ((frames + 2) * channels, self.stride * channels, 1)
        )
        return functional.linear(windows.contiguous(), self.weight, self.bias)


def group_scale(x: Tensor, groups: int, scale: Tensor, shift: Tensor) -> Tensor:
    """`scale * (x - mu) / sigma + shift` for `[B, F, C]`, mu and sigma per group; factors `[B, C]` in float32."""
    batch, frames, channels = x.shape
    count = frames * channels // groups
    sums = torch.stack((x.sum(1, dtype=torch.float32), x.square().sum(1, dtype=torch.float32)))
    mean, square = sums.view(2, batch, groups, -1).sum(3) / count
    rate = (square - mean.square()).clamp_min(0).add(EPSILON).rsqrt()
    factor = rate.repeat_interleave(channels // groups, dim=1) * scale
    offset = shift - mean.repeat_interleave(channels // groups, dim=1) * factor
    return torch.addcmul(offset.to(x.dtype)[:, None], x, factor.to(x.dtype)[:, None])


@dataclass(frozen=True, eq=False)
class PreparedBlock:
    """What conditions decide of one block: how its norms are weighed `[B, C]` and `[B, C']`, what the timeline adds
    to its second convolution `[B, F, C']`, and the codes `[B, 2 g]` of groups that are learnt."""

    first: Tensor
    second: Tensor
    timeline: Tensor
    codes: Tensor | None = None

    def of(self, loops: Tensor) -> "PreparedBlock":
        """That of `loops`, by their places in the batch."""
        codes = None if self.codes is None else self.codes[loops]
        return PreparedBlock(self.first[loops], self.second[loops], self.timeline[loops], codes)


class FramewiseBlock:
    """A `ConditionedBlock`, frames first."""

    def __init__(self, block: ConditionedBlock) -> None:
        hidden = block.first.out_channels
        self.groups = block.first_norm.groups
        self.norms = cast(tuple[AdaptiveGroupNorm, Norm], (block.first_norm, block.second_norm))
        self.learned = block.second_norm if isinstance(block.second_norm, LearnedGroupNorm) else None
        self.member = None if self.learned is None else self.learned.grouping().float()
        self.first = FramewiseConv.of(block.first)
        self.second = FramewiseConv.of(block.second, slice(0, hidden), biased=False)
        self.timeline = FramewiseConv.of(block.second, slice(hidden, None))
        self.shortcut = None if isinstance(block.shortcut, nn.Identity) else FramewiseConv.of(block.shortcut)

    def prepare(self, stationary: Tensor, timeline: Tensor) -> PreparedBlock:
        """For `z_e` `[B, E]` and a stage's timeline `[B, F, K]`."""
        first, second = (1 + norm.stationary(stationary).float() for norm in self.norms)
        codes = None if self.learned is None else self.learned.codes(stationary).float()
        return PreparedBlock(first, second, self.timeline(timeline), codes)

    def __call__(self, x: Tensor, prepared: PreparedBlock, alpha: tuple[Tensor, Tensor]) -> Tensor:
        """`[B, F, C]` to `[B, F, C']`; `alpha` holds scale and shift `[B, 2 C]` of each norm."""
        hidden = self.first(self._norm(x, prepared.first, alpha[0]))
        hidden = self._inner(hidden, prepared, alpha[1])
        shortcut = x if self.shortcut is None else self.shortcut(x)
        return (self.second(hidden) + prepared.timeline).add_(shortcut)

    def _inner(self, x: Tensor, prepared: PreparedBlock, alpha: Tensor) -> Tensor:
        if self.member is None or prepared.codes is None:
            return self._norm(x, prepared.second, alpha)
        scale, shift = alpha.chunk(2, dim=1)
        mean, square = x.mean(1, dtype=torch.float32), x.float().square().mean(1)
        weight = prepared.second
        scale, shift = grouped_affine(mean, square, weight * (1 + scale), weight * shift, self.member, prepared.codes)
        moved = torch.addcmul(shift.to(x.dtype)[:, None], x, scale.to(x.dtype)[:, None])
        return functional.silu(moved, inplace=True)

    def _norm(self, x: Tensor, weight: Tensor, alpha: Tensor) -> Tensor:
        scale, shift = alpha.chunk(2, dim=1)
        return functional.silu(group_scale(x, self.groups, weight * (1 + scale), weight * shift), inplace=True)


@dataclass(frozen=True, eq=False)
class PreparedConditions:
    """What stays the same at every step: what lies beside the state, convolved `[B, F, C]`, and each block's part.
    What a stage of the few-step model is told besides `[B, E]` is added to `alpha_e`."""

    beside: Tensor
    blocks: tuple[PreparedBlock, ...]
    bars: int
    stage: Tensor | None = None

    def of(self, loops: Tensor) -> "PreparedConditions":
        """Those of `loops`, by their places in the batch, in that order."""
        stage = None if self.stage is None else self.stage[loops]
        blocks = tuple(block.of(loops) for block in self.blocks)
        return PreparedConditions(self.beside[loops], blocks, self.bars, stage)


class SamplingDenoiser(nn.Module):
    """`Denoiser.embed` and `Denoiser.predict` of a trained denoiser, for sampling. Weights are shared or copied: a
    denoiser that is trained on has to be made ready again."""

    def __init__(self, denoiser: Denoiser) -> None:
        super().__init__()
        self.config, self.known = denoiser.config, denoiser.known
        self.alpha, self.stationary, self.timeline = denoiser.alpha, denoiser.stationary, denoiser.timeline
        state = slice(0, denoiser.config.latent_dim)
        self._front = FramewiseConv.of(denoiser.front, state, biased=False)
        self._beside = FramewiseConv.of(denoiser.front, slice(denoiser.config.latent_dim, None))
        self._down = [_blocks(stage) for stage in denoiser.down]
        self._shrink = [FramewiseConv.of(cast(nn.Conv1d, layer)) for layer in denoiser.shrink]
        self._middle = FramewiseBlock(denoiser.middle)
        self._grow = [FramewiseConv.of(cast(nn.Conv1d, layer)) for layer in denoiser.grow]
        self._up = [_blocks(stage) for stage in denoiser.up]
        self._mix_down, self._mix_up = (
            [cast(RepeatMixing, layer) for layer in layers] for layers in (denoiser.mix_down, denoiser.mix_up)
        )
        self.voices, self.struck, self._mix_front = denoiser.voices, denoiser.struck, denoiser.mix_front
        self._norm, self._out = denoiser.norm, FramewiseConv.of(denoiser.out)
        norms = [norm for block, _ in self._in_order() for norm in block.norms]
        self._alpha = _joined([norm.alpha for norm in norms])
        self._widths = [norm.alpha.out_features for norm in norms]

    def embed(self, conditions: Conditions) -> PreparedConditions:
        """Everything that conditions decide, once for all steps."""
        own = own_rows(conditions, self.known)
        told, struck = struck_voices(self.struck, own, self.config.timeline_width)
        z_e, scales = self.stationary(own), self.timeline(own, told)
        rolls = piano_rolls(own, self.known) if self.config.notes else None
        beside = laid_beside(scales[0], rolls, waves(conditions) if self.config.waves else None)
        frames_first = [scale.transpose(1, 2).contiguous() for scale in scales]
        laid = self._beside(beside.transpose(1, 2).contiguous())
        return PreparedConditions(
            laid if struck is None else laid + struck.transpose(1, 2),
            tuple(block.prepare(z_e, frames_first[stage]) for block, stage in self._in_order()),
            whole_bars(own),
        )

    def predict(self, x: Tensor, alpha: Tensor, embedded: PreparedConditions) -> Tensor:
        """Direction `[B, D, F]`, in float32, at states `x` `[B, D, F]`, alphas `[B]` and embedded conditions."""
        known, level = gaussian_direction(alpha)
        state = x.float()
        dtype = embedded.beside.dtype
        alpha_e = self.alpha(alpha)
        alpha_e = alpha_e if embedded.stage is None else alpha_e + embedded.stage.to(alpha_e.dtype)
        scales = torch.split(functional.linear(alpha_e, *self._alpha).float(), self._widths, dim=1)
        pairs = zip(scales[::2], scales[1::2], strict=True)
        told = iter(zip(embedded.blocks, pairs, strict=True))
        heard = (state * level).to(dtype).transpose(1, 2).contiguous()
        hidden = self._front(heard).add_(embedded.beside)
        if self._mix_front is not None and embedded.bars:
            hidden = hidden + self._mix_front.repeated(heard, embedded.bars)
        change = self._walk(hidden, told, embedded.bars)
        return known * state + level * change.transpose(1, 2).float()

    def _walk(self, x: Tensor, told: Iterator[tuple[PreparedBlock, tuple[Tensor, Tensor]]], bars: int) -> Tensor:
        skips = []
        for stage, blocks in enumerate(self._down):
            for block in blocks:
                x = block(x, *next(told))
            if self._mix_down and bars:
                x = x + self._mix_down[stage].repeated(x, bars)
            skips.append(x)
            if stage < len(self._shrink):
                x = self._shrink[stage](x)
        x = self._middle(x, *next(told))
        for stage in reversed(range(len(self._up))):
            if stage < len(self._grow):
                x = _nearest(self._grow[stage](x), skips[stage].shape[1])
            x = torch.cat((x, skips[stage]), dim=2)
            for block in self._up[stage]:
                x = block(x, *next(told))
            if self._mix_up and bars:
                x = x + self._mix_up[stage].repeated(x, bars)
        weight, bias = (p.float().expand(len(x), -1) for p in (self._norm.weight, self._norm.bias))
        return self._out(functional.silu(group_scale(x, self._norm.num_groups, weight, bias)))

    def _in_order(self) -> "list[tuple[FramewiseBlock, int]]":
        """Every block in the order of the signal, with its stage."""
        down = [(block, stage) for stage, blocks in enumerate(self._down) for block in blocks]
        up = [(block, stage) for stage, blocks in reversed(list(enumerate(self._up))) for block in blocks]
        return [*down, (self._middle, len(self._down) - 1), *up]


def _blocks(stage: nn.Module) -> list[FramewiseBlock]:
    return [FramewiseBlock(cast(ConditionedBlock, block)) for block in stage.children()]


def _joined(layers: list[nn.Linear]) -> tuple[Tensor, Tensor]:
    """One linear map that gives the outputs of all `layers` side by side."""
    return (
        torch.cat([layer.weight.detach() for layer in layers]),
        torch.cat([layer.bias.detach() for layer in layers]),
    )


def _nearest(x: Tensor, frames: int) -> Tensor:
    """`[B, F, C]` to `[B, frames, C]`, as `functional.interpolate` does by nearest neighbour."""
    source = torch.arange(frames, device=x.device) * x.shape[1] // frames
    return x[:, source]
