"""The curves condition: loudness, brightness, density and noisiness over the loop."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.vocabulary import CURVES


def curves_condition(curves: Mapping[str, Sequence[float]], frames: int) -> tuple[Tensor, Tensor]:
    """Curves `[1, 4, F]` and mask `[1, 4]` from points in [0, 1]; one point is a knob, many are drawn.

    Points are spread evenly over the loop and joined by straight lines, the last one to the first.
    """
    values = torch.zeros(1, len(CURVES), frames)
    given = torch.zeros(1, len(CURVES))
    for row, name in enumerate(CURVES):
        if name in curves:
            given[0, row] = 1
            values[0, row] = torch.from_numpy(spread(curves[name], frames))
    return values, given


def spread(points: Sequence[float], frames: int) -> NDArray[np.float32]:
    """Points, evenly spaced over a loop, interpolated circularly at `frames` frames."""
    at = np.arange(frames) * len(points) / frames
    return np.interp(at, np.arange(len(points)), np.asarray(points, np.float64), period=len(points)).astype(
        np.float32
    )
