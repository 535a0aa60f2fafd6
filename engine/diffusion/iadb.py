"""The IADB objective: blend noise and data, and regress their difference (Heitz, Belcour, Chambon 2023)."""

from collections.abc import Callable

import torch
from torch import Tensor


def blend(x_0: Tensor, x_1: Tensor, alpha: Tensor) -> Tensor:
    """`(1 - alpha) x_0 + alpha x_1` for `alpha` `[B]` over states `[B, ...]`."""
    alpha = alpha.view(-1, *[1] * (x_1.dim() - 1))
    return (1 - alpha) * x_0 + alpha * x_1


def draw_alpha(
    batch: int, generator: torch.Generator | None = None, spread: float = 1.0, centre: float = 0.0
) -> Tensor:
    """Logit-normal alphas `[batch]` in (0, 1): more of training where blends are hardest to tell apart.

    `centre` and `spread` are mean and standard deviation of the logit (Esser et al. 2024, section 3.1); a spread of
    0 draws uniformly instead. Each alpha of a batch comes from a stratum of its own, so that losses vary less from
    batch to batch.
    """
    strata = torch.randperm(batch, generator=generator) + torch.rand(batch, generator=generator)
    uniform = (strata / batch).clamp(1e-6, 1 - 1e-6)
    if spread == 0:
        return uniform
    return torch.sigmoid(centre + spread * torch.special.ndtri(uniform))


def training_loss(
    model: Callable[[Tensor, Tensor], Tensor],
    x_1: Tensor,
    *,
    generator: torch.Generator | None = None,
    alpha: Tensor | None = None,
    noise: Callable[[Tensor], Tensor] = lambda white: white,
) -> Tensor:
    """Mean squared error of `model(x_alpha, alpha)` against `x_1 - x_0`, a scalar.

    `x_1` `[B, ...]` is data; noise and (unless given) `alpha` `[B]` come from `generator`, on its device. `noise`
    makes the noise to be trained with of white noise.
    """
    drawn = torch.randn(x_1.shape, generator=generator, device=generator.device if generator else None)
    x_0 = noise(drawn).to(x_1)
    if alpha is None:
        alpha = draw_alpha(len(x_1), generator)
    alpha = alpha.to(x_1)
    return torch.nn.functional.mse_loss(model(blend(x_0, x_1, alpha), alpha).float(), (x_1 - x_0).float())
