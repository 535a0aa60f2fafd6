"""Guidance as an input: how much it weighs, for a network that has learnt what guidance does."""

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from engine.conditioning.conditions import Conditions
from engine.knobs import GUIDANCE_CONDITIONS

GUIDANCE_INPUTS: Final = len(GUIDANCE_CONDITIONS) + 1
STRONGEST: Final = 5.0
"""The largest guidance that is told: more is heard as this."""


def guidance_inputs(conditions: Conditions, scale: float, more: Mapping[str, float] | None = None) -> Tensor:
    """What `[B, GUIDANCE_INPUTS]` a network is told of guidance by `scale`, times `more` for some conditions.

    It is a quarter of that for each that a loop of `conditions` has, 0 for one that is open; the last number is 0.
    """
    scales = {name: scale * (more or {}).get(name, 1.0) for name in GUIDANCE_CONDITIONS}
    columns = [given(conditions, name) * (min(max(told, 0.0), STRONGEST) / 4) for name, told in scales.items()]
    return torch.stack((*columns, torch.zeros_like(columns[0])), dim=1)


def given(conditions: Conditions, group: str) -> Tensor:
    """1 for each loop `[B]` that is given anything of `group`, one of `GUIDANCE_CONDITIONS`; else 0."""
    if group == "tags":
        return (conditions.tags.any(1) | conditions.key.any(1)).float()
    mask: Tensor = getattr(conditions, f"{group}_given")
    return mask.any(1).float()
