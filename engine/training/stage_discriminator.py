"""The judge of the few-step model: small circular heads on what a frozen denoiser hears in states.

`D(x_{t-1}, x_t, t, c)`: states `x_{t-1}` go down the frozen denoiser, which knows the conditions and how noisy they
are; heads judge what its first stages make of them, beside `x_t` and t (Sauer et al. 2024, "Fast high-resolution
image synthesis with latent adversarial diffusion distillation", section 3). One pass gives what is judged and heard.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.models.blocks import CircularConv


class JudgingHead(nn.Module):
    """Scores `[B, F_stage]` of one stage of features, above zero where they are taken for real."""

    def __init__(self, channels: int, latent_dim: int, width: int) -> None:
        super().__init__()
        self.features = CircularConv(channels, width, 3)
        self.earlier = CircularConv(latent_dim, width, 3)
        self.stage = nn.Embedding(2, width)
        self.hidden = CircularConv(width, width, 3)
        self.score = nn.Conv1d(width, 1, 1)
        self.norm = nn.GroupNorm(1, channels, affine=False)

    def forward(self, features: Tensor, earlier: Tensor, stage: int) -> Tensor:
        """Features `[B, C, F_stage]` of `x_{t-1}`, `earlier` states `x_t` `[B, D, F]`, and t, 1 or 2."""
        seen = functional.adaptive_avg_pool1d(self.earlier(earlier), features.shape[-1])
        at = self.stage.weight[stage - 1][None, :, None]
        hidden = functional.leaky_relu(self.features(self.norm(features)) + seen + at, 0.2)
        scores: Tensor = self.score(functional.leaky_relu(hidden + self.hidden(hidden), 0.2))
        return scores[:, 0].float()


class StageDiscriminator(nn.ModuleList):
    """A head for each stage of features."""

    def __init__(self, widths: Sequence[int], latent_dim: int, width: int = 64) -> None:
        super().__init__(JudgingHead(channels, latent_dim, width) for channels in widths)

    def forward(self, features: Sequence[Tensor], earlier: Tensor, stage: int) -> list[Tensor]:
        """The scores of each head."""
        return [head(heard, earlier, stage) for head, heard in zip(self, features, strict=True)]


def taken_for_real(scores: Sequence[Tensor]) -> Tensor:
    """The generator's non-saturating loss, a scalar: how little `scores` take its states for real."""
    return torch.stack([functional.softplus(-score).mean() for score in scores]).mean()


def told_apart(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """The discriminator's loss, a scalar: how badly it tells real scores from fake ones."""
    return taken_for_real(real) + torch.stack([functional.softplus(score).mean() for score in fake]).mean()


def steepness(scores: Sequence[Tensor], features: Sequence[Tensor]) -> Tensor:
    """R1 (Mescheder et al. 2018) at real features: squared gradient of the scores by the features of a frame, its
    mean over frames, a scalar to minimise."""
    total = torch.stack([score.sum() for score in scores]).sum()
    gradients = torch.autograd.grad(total, list(features), create_graph=True)
    return torch.stack([gradient.square().sum(1).mean() for gradient in gradients]).mean()
