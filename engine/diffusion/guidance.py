"""Classifier-free guidance (Ho & Salimans 2022) in the report's form, with a rescaling that keeps the level.

D_gamma = (1 - gamma) D(x, alpha, null) + gamma D(x, alpha, c)
        = D(null) + gamma (D(c) - D(null))
"""

import torch
from torch import Tensor


def guide(null: Tensor, conditioned: Tensor, scale: float) -> Tensor:
    """Lead from `D(null)` `[B, ...]` to `D(c)` and, at a `scale` gamma above 1, beyond."""
    return null + scale * (conditioned - null)


def rescale(guided: Tensor, reference: Tensor, x: Tensor, alpha: Tensor, amount: float = 0.7) -> Tensor:
    """Keep strong guidance from inflating the data estimate (Lin et al. 2024, equation 15, for IADB).

    Directions `guided` and `reference` (unguided, conditional) `[B, D, F]` at `x`, `alpha` imply data estimates
    `x + (1 - alpha) D`. The guided estimate is scaled towards the reference's standard deviation by `amount`
    (0 leaves it, 1 matches exactly), and turned back into a direction. Near alpha = 1, where the estimate no
    longer depends on the direction, nothing is changed.
    """
    remaining = 1 - float(alpha)
    if remaining < 1e-3 or amount == 0:
        return guided
    estimate = x + remaining * guided
    dims = tuple(range(1, x.dim()))
    target = (x + remaining * reference).std(dim=dims, keepdim=True)
    factor = torch.lerp(torch.ones_like(target), target / estimate.std(dim=dims, keepdim=True), amount)
    # Only ever tame: weak guidance (gamma < 1) may fall short of the reference, and that is its meaning.
    return (estimate * factor.clamp(max=1.0) - x) / remaining
