"""The beat condition: where in the beat and in the bar every frame lies."""

import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from engine.conditioning.conditions import Conditions
from engine.tempo import FRAME_RATE, LoopGeometry


def timed_conditions(geometry: LoopGeometry) -> Conditions:
    """Conditions `[1, ...]` of a loop of `geometry` that say nothing but when: beat, frame rate and bars."""
    whole_bars = geometry.bars if geometry.frames % (4 * geometry.beats) == 0 else 0
    return replace(
        Conditions.open(geometry.frames),
        beat=beat_condition(geometry),
        beat_given=torch.ones(1, 1),
        rate=torch.full((1, 1), math.log2(geometry.frame_rate / FRAME_RATE)),
        bars=torch.full((1, 1), float(whole_bars)),
    )


def beat_condition(geometry: LoopGeometry) -> Tensor:
    """Saw-teeth per beat and per bar `[1, 2, F]` in [0, 1), counted in loop coordinates."""
    return torch.from_numpy(np.stack((geometry.beat_phase(), geometry.bar_phase())))[None]
