"""Channel groups that are learnt: channels whose kernels are alike belong together, and are weighed together.

After SariGAN, "semantic-aware relative importance for channel groups": a grouping module (section 3.1), group AdaIN
within groups and AdaGN across them (section 3.2), an information loss (section 3.3).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.models.blocks import CircularConv

EPSILON = 1e-5


class SimilarityGrouping(nn.Module):
    """Which of `groups` each channel of a convolution is in: `G` `[C, g]`, learnt so that channels of alike kernels
    share one (equations 1 and 2)."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.groups = groups
        # Contiguous groups to begin with, and not so sure that they could not become others.
        start = functional.one_hot(torch.arange(channels) * groups // channels, groups).float()
        self.membership = nn.Parameter(0.5 * start + 0.1 * torch.randn(channels, groups))
        self.log_temperature = nn.Parameter(torch.tensor(0.3).log())

    def forward(self) -> Tensor:
        """The groups as they count, `[C, g]`: every channel in one alone."""
        return functional.one_hot(self.membership.argmax(1), self.groups).to(self.membership.dtype)

    def loss(self, kernels: Tensor) -> Tensor:
        """L_g for the kernels `[C, ...]` that make the channels, a scalar; no gradient goes into them.

        The threshold is where each channel has `C / g` alike ones on average, itself among them.
        """
        with torch.no_grad():
            rows = functional.normalize(kernels.flatten(1).float(), dim=1)
            similarity = rows @ rows.T
            threshold = similarity.flatten().quantile(1 - 1 / self.groups)
            alike = (similarity > threshold).float()
        soft = torch.softmax(self.membership.float() / self.log_temperature.exp(), dim=1)
        return functional.mse_loss(soft @ soft.T, alike)


class LearnedGroupNorm(nn.Module):
    """In place of `AdaptiveGroupNorm` behind a convolution: equation 3 within groups, equation 4 across them.

    The mapping to (z, h) are linear maps of the embeddings of alpha and of the stationary condition: `z` scales and
    shifts each channel, `h` each group. All scales start near one, all shifts near zero.
    """

    def __init__(self, channels: int, groups: int, alpha_width: int, stationary_width: int) -> None:
        super().__init__()
        self.groups = groups
        self.grouping = SimilarityGrouping(channels, groups)
        self.alpha = nn.Linear(alpha_width, 2 * channels)
        self.stationary = nn.Linear(stationary_width, channels)
        self.across = nn.Linear(stationary_width, 2 * groups)
        for layer in (self.alpha, self.stationary, self.across):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def codes(self, stationary: Tensor) -> Tensor:
        """The code `h` `[B, 2 g]` of the groups: scales less one, and shifts."""
        found: Tensor = self.across(stationary)
        return found

    def forward(self, x: Tensor, alpha: Tensor, stationary: Tensor) -> Tensor:
        """`[B, C, F]` with embeddings `[B, A]` and `[B, Z]` to the same shape."""
        scale, shift = self.alpha(alpha).float().chunk(2, dim=1)
        weight = 1 + self.stationary(stationary).float()
        scale, shift = grouped_affine(
            x.float().mean(2),
            x.float().square().mean(2),
            weight * (1 + scale),
            weight * shift,
            self.grouping().float(),
            self.codes(stationary).float(),
        )
        return torch.addcmul(shift[:, :, None].to(x.dtype), x, scale[:, :, None].to(x.dtype))


def grouped_affine(  # noqa: PLR0917
    mean: Tensor, square: Tensor, scale: Tensor, shift: Tensor, member: Tensor, codes: Tensor
) -> tuple[Tensor, Tensor]:
    """Equations 3 and 4 as one scale and shift `[B, C]` of each channel.

    `mean` and mean `square` `[B, C]` are those of channels over time, `scale` and `shift` `[B, C]` the code z,
    `codes` `[B, 2 g]` the code h, and `member` `[C, g]` says who is in which group. What group AdaIN makes of a
    channel has the deviation of its scale, but for near silence, and the mean of its shift: what AdaGN then divides
    by needs no second look at the frames.
    """
    variance = (square - mean.square()).clamp_min(0)
    rate = variance.add(EPSILON).rsqrt()
    count = member.sum(0).clamp_min(1)
    group_mean = shift @ member / count
    power = scale.square() * variance * rate.square() + shift.square()
    group_rate = (power @ member / count - group_mean.square()).clamp_min(0).add(EPSILON).rsqrt()
    above, added = codes.chunk(2, dim=1)
    factor = group_rate * (1 + above)
    whole = scale * rate * (factor @ member.T)
    return whole, (shift * (factor @ member.T)) + (added - group_mean * factor) @ member.T - mean * whole


class CodeReader(nn.Module):
    """The head Q of the information loss: which codes of groups a loop was made under, as it is heard in it.

    It says the mean of a Gaussian of deviation 1; what loops cannot tell of their codes is the loss (equation 8).
    """

    def __init__(self, latent_dim: int, codes: int, width: int = 128) -> None:
        super().__init__()
        self.front = CircularConv(latent_dim, width, 3)
        self.middle = CircularConv(width, width, 3, stride=2)
        self.out = nn.Linear(2 * width, codes)

    def forward(self, x: Tensor) -> Tensor:
        """Estimates of loops `[B, D, F]` to codes `[B, codes]`."""
        hidden = functional.silu(self.middle(functional.silu(self.front(x))))
        read: Tensor = self.out(torch.cat((hidden.mean(2), hidden.square().mean(2).add(1e-6).sqrt()), dim=1))
        return read

    def loss(self, x: Tensor, codes: Tensor) -> Tensor:
        """What is not told of `codes` `[B, N]` by estimates `x` `[B, D, F]`, a scalar; deviations over the batch
        count, whatever their size, and the codes themselves are not moved."""
        wanted = codes.detach().float()
        wanted = (wanted - wanted.mean(0)) / wanted.std(0).clamp_min(1e-3) if len(wanted) > 1 else wanted
        return functional.mse_loss(self(x).float(), wanted)
