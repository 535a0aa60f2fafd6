"""The semantic latent of a loop: what it is like as a whole, in a few numbers; and a prior to draw it from."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.diffusion.iadb import training_loss
from engine.diffusion.samplers import sample
from engine.diffusion.schedules import alphas
from engine.models.blocks import CircularConv
from engine.models.embeddings import sinusoidal

PRIOR_STEPS = 8
"""Steps in which a semantic latent is drawn; together they cost less than a hundredth of one of a denoiser's."""
ALPHA_CODE = 32


def on_sphere(z: Tensor) -> Tensor:
    """`z` `[B, Z]` brought to a mean square of 1, where all semantic latents lie."""
    return z * torch.rsqrt(z.float().square().mean(-1, keepdim=True) + 1e-8).to(z.dtype)


class SemanticEncoder(nn.Module):
    """`SE(x_1)`: circular convolutions over standardised latents, pooled over time; any number of frames.

    What it makes of a loop does not depend on where the loop begins, but for strides.
    """

    def __init__(self, latent_dim: int, width: int, semantic_dim: int, groups: int = 8) -> None:
        super().__init__()
        widths = (width, width, width)
        self.front = CircularConv(latent_dim, width, 3)
        self.layers = nn.ModuleList(CircularConv(width, wider, 3, stride=2) for wider in widths)
        self.norms = nn.ModuleList(nn.GroupNorm(groups, wider) for wider in widths)
        self.out = nn.Linear(2 * widths[-1], semantic_dim)

    def forward(self, x: Tensor) -> Tensor:
        """`[B, D, F]` to `z_2` `[B, Z]` of mean square 1."""
        x = functional.silu(self.front(x))
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = functional.silu(norm(layer(x)))
        pooled = torch.cat((x.mean(2), x.square().mean(2).add(1e-6).sqrt()), dim=1)
        return on_sphere(self.out(pooled).float())


class SemanticPrior(nn.Module):
    """Draws `z_2` given a view of the conditions and what is told of guidance: a small network under the IADB
    contract, `P(z_alpha, alpha, c)` predicts `z_1 - z_0`."""

    def __init__(self, semantic_dim: int, view: int, guidance: int, width: int) -> None:
        super().__init__()
        self.semantic_dim = semantic_dim
        self.layers = nn.Sequential(
            nn.Linear(semantic_dim + ALPHA_CODE + view + guidance, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, semantic_dim),
        )

    def forward(self, z: Tensor, alpha: Tensor, view: Tensor, guidance: Tensor) -> Tensor:
        """The direction `[B, Z]` at `z` `[B, Z]` and alphas `[B]`, under a view `[B, V]` and guidance `[B, G]`."""
        told = torch.cat(
            (z, sinusoidal(alpha, ALPHA_CODE).to(z.dtype), view.to(z.dtype), guidance.to(z.dtype)), dim=1
        )
        direction: Tensor = self.layers(told.to(next(self.parameters()).dtype))
        return direction.float()

    def loss(self, z_2: Tensor, view: Tensor, guidance: Tensor, generator: torch.Generator | None) -> Tensor:
        """The IADB loss of drawing `z_2` `[B, Z]`, a scalar."""
        return training_loss(lambda z, alpha: self(z, alpha, view, guidance), z_2, generator=generator)

    def draw(self, noise: Tensor, view: Tensor, guidance: Tensor) -> Tensor:
        """The `z_2` `[B, Z]` that `noise` `[B, Z]` leads to."""
        drawn = sample(
            lambda z, alpha: self(z, alpha.expand(len(z)), view, guidance), noise, alphas(PRIOR_STEPS), "euler"
        )
        return on_sphere(drawn)
