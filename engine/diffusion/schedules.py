"""Schedules: the alphas a sampler visits, always from exactly 0 (noise) to exactly 1 (data)."""

import math

import torch
from torch import Tensor

from engine.errors import InvalidRequest
from engine.knobs import SCHEDULES


def alphas(num_steps: int, kind: str = "linear") -> Tensor:
    """Increasing alphas `[num_steps + 1]` with both ends exact; flip them to run the map backwards.

    `linear` is the paper's (Heitz et al. 2023, algorithm 4); `cosine` spends more steps at both ends.
    Raises `InvalidRequest` for an unknown kind or fewer than one step.
    """
    if num_steps < 1:
        raise InvalidRequest(f"{num_steps} steps is too few: at least 1.")
    t = torch.arange(num_steps + 1, dtype=torch.float64) / num_steps
    match kind:
        case "linear":
            grid = t
        case "cosine":
            grid = (1 - torch.cos(math.pi * t)) / 2
        case _:
            raise InvalidRequest(f"Unknown schedule {kind!r}; possible: {', '.join(SCHEDULES)}.")
    grid[0], grid[-1] = 0.0, 1.0
    return grid.float()
