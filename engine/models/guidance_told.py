"""Guidance as an input: how much each condition weighs, for a network that has learnt what guidance does."""

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from engine.conditioning.conditions import Conditions
from engine.knobs import GUIDANCE_CONDITIONS

GUIDANCE_INPUTS: Final = len(GUIDANCE_CONDITIONS) + 1
STRONGEST: Final = 5.0
"""The largest guidance that is told: more is heard as this."""


def guidance_inputs(conditions: Conditions, scales: Mapping[str, float], *, apart: bool) -> Tensor:
    """What `[B, GUIDANCE_INPUTS]` a network is told of guidance `scales`, by condition: a quarter of each, 0 where a
    loop of `conditions` leaves it open or weighs it not at all; and whether they are weighed `apart`."""
    columns = [
        given(conditions, name) * (min(max(scales.get(name, 0.0), 0.0), STRONGEST) / 4)
        for name in GUIDANCE_CONDITIONS
    ]
    return torch.stack((*columns, torch.full_like(columns[0], float(apart))), dim=1)


def given(conditions: Conditions, group: str) -> Tensor:
    """1 for each loop `[B]` that is given anything of `group`, one of `GUIDANCE_CONDITIONS`; else 0."""
    if group == "tags":
        return (conditions.tags.any(1) | conditions.key.any(1)).float()
    mask: Tensor = getattr(conditions, f"{group}_given")
    return mask.any(1).float()
