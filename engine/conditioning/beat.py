"""The beat condition: where in the beat and in the bar every frame lies."""

import numpy as np
import torch
from torch import Tensor

from engine.tempo import LoopGeometry


def beat_condition(geometry: LoopGeometry) -> Tensor:
    """Saw-teeth per beat and per bar `[1, 2, F]` in [0, 1), counted in loop coordinates."""
    return torch.from_numpy(np.stack((geometry.beat_phase(), geometry.bar_phase())))[None]
