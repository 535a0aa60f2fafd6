"""Guidance as an input: how much it weighs, for a network that has learnt what guidance does."""

from typing import Final

import torch
from torch import Tensor

from engine.conditioning.conditions import Conditions
from engine.knobs import GUIDANCE_CONDITIONS

GUIDANCE_INPUTS: Final = len(GUIDANCE_CONDITIONS) + 1
STRONGEST: Final = 5.0
"""The largest guidance that is told: more is heard as this."""


def guidance_inputs(conditions: Conditions, scale: float, *, rows: float = 1.0) -> Tensor:
    """What `[B, GUIDANCE_INPUTS]` a network is told of guidance by `scale`, of `rows` times that for the pattern: a
    quarter of it for each condition that a loop of `conditions` has, 0 where it is open; and a last number that is 0
    in all packs."""
    scales = {name: scale * (rows if name == "pattern" else 1.0) for name in GUIDANCE_CONDITIONS}
    columns = [given(conditions, name) * (min(max(told, 0.0), STRONGEST) / 4) for name, told in scales.items()]
    return torch.stack((*columns, torch.zeros_like(columns[0])), dim=1)


def given(conditions: Conditions, group: str) -> Tensor:
    """1 for each loop `[B]` that is given anything of `group`, one of `GUIDANCE_CONDITIONS`; else 0."""
    if group == "tags":
        return (conditions.tags.any(1) | conditions.key.any(1)).float()
    mask: Tensor = getattr(conditions, f"{group}_given")
    return mask.any(1).float()
