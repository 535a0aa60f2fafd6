"""Blocks of the denoiser: circular convolutions and the report's adaptive group normalisation."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.vocabulary import BEATS_PER_BAR


class CircularConv(nn.Conv1d):
    """Conv1d of odd kernel over circular time: the last frame's neighbour is the first."""

    def forward(self, x: Tensor) -> Tensor:
        """`[B, C, F]` to `[B, C', ceil(F / stride)]`."""
        reach = self.kernel_size[0] // 2
        return functional.conv1d(
            functional.pad(x, (reach, reach), mode="circular"), self.weight, self.bias, self.stride
        )


class AdaptiveGroupNorm(nn.Module):
    """Group-wise adaptive normalisation of the seed report (section 3.2.1), per channel group i:

        y_i = z_e^i * (alpha_e^{i,a} * (x_i - mu(x_i)) / sigma(x_i) + alpha_e^{i,b})

    `alpha_e` and `z_e` are linear maps of the embeddings of alpha and of the stationary condition; their i-th
    elements are the slices that belong to the channels of group i. Both scales start at one, the shift at zero.
    """

    def __init__(self, channels: int, groups: int, alpha_width: int, stationary_width: int) -> None:
        super().__init__()
        self.groups = groups
        self.alpha = nn.Linear(alpha_width, 2 * channels)
        self.stationary = nn.Linear(stationary_width, channels)
        for layer in (self.alpha, self.stationary):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, alpha: Tensor, stationary: Tensor) -> Tensor:
        """`[B, C, F]` with embeddings `[B, A]` and `[B, Z]` to the same shape."""
        scale, shift = self.alpha(alpha)[:, :, None].chunk(2, dim=1)
        weight = 1 + self.stationary(stationary)[:, :, None]
        normed = functional.group_norm(x, self.groups)
        # The report's product, multiplied out so that it is one fused multiply-add over the frames.
        return torch.addcmul(weight * shift, normed, weight * (1 + scale))


class ConditionedBlock(nn.Module):
    """Two rounds of norm, SiLU and convolution, added to the input; the timeline joins before the second.

    `inner` is the norm between the convolutions, whose channels the first of them alone makes.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        inner: Callable[[int, int, int, int], nn.Module] = AdaptiveGroupNorm,
        *,
        timeline: int,
        groups: int,
        embedding: int,
    ) -> None:
        super().__init__()
        self.first_norm = AdaptiveGroupNorm(inputs, groups, embedding, embedding)
        self.first = CircularConv(inputs, outputs, 3)
        self.second_norm = inner(outputs, groups, embedding, embedding)
        self.second = CircularConv(outputs + timeline, outputs, 3)
        self.shortcut = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        nn.init.normal_(self.second.weight, std=0.4 / (3 * (outputs + timeline)) ** 0.5)

    def forward(self, x: Tensor, timeline: Tensor, alpha: Tensor, stationary: Tensor) -> Tensor:
        """`[B, C, F]` with the timeline `[B, K, F]` to `[B, C', F]`."""
        hidden = self.first(functional.silu(self.first_norm(x, alpha, stationary)))
        hidden = functional.silu(self.second_norm(hidden, alpha, stationary))
        shortcut: Tensor = self.shortcut(x)
        change: Tensor = self.second(torch.cat((hidden, timeline.to(hidden.dtype)), dim=1))
        return shortcut + change


class RepeatMixing(nn.Module):
    """Lets every frame hear what is at its place in all bars and in all beats, and so what repeats and what does not.

    The means over bars and over beats go through a linear map each and are added to every frame. Frames that are no
    whole bars pass as they are.
    """

    def __init__(self, channels: int, outputs: int | None = None) -> None:
        super().__init__()
        self.outputs = outputs or channels
        self.bar = nn.Linear(channels, self.outputs)
        self.beat = nn.Linear(channels, self.outputs, bias=False)
        for layer in (self.bar, self.beat):
            nn.init.zeros_(layer.weight)
        nn.init.zeros_(self.bar.bias)

    def forward(self, x: Tensor, bars: int) -> Tensor:
        """`[B, C, F]` of `bars` bars to the same shape."""
        return x + self.repeated(x.transpose(1, 2), bars).transpose(1, 2) if bars else x

    def repeated(self, x: Tensor, bars: int) -> Tensor:
        """What is added to `[B, F, C]`, or to something else of as many frames, of `bars` bars: `[B, F, outputs]`."""
        frames = x.shape[1]
        added = x.new_zeros(len(x), frames, self.outputs)
        for layer, count in ((self.bar, bars), (self.beat, bars * BEATS_PER_BAR)):
            if frames % count == 0:
                mean = x.reshape(len(x), count, frames // count, -1).mean(1)
                added = added + layer(mean).repeat(1, count, 1)
        return added
