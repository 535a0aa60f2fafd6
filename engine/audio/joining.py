"""Loops one after the other, without a step where they meet."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

JOIN_SECONDS: Final = 0.004
"""Half of a crossfade: long enough for no click, short enough to soften no hit."""


def join_loops(parts: Sequence[NDArray[np.float32]], fade: int) -> NDArray[np.float32]:
    """Loops `[2, T]` one after the other, crossfaded with equal power `fade` samples before and after each joint.

    Loops have no ends, so what a loop plays before its first sample is what it plays before its last joint: the
    result is exactly as long as its parts together, and is a loop again.
    """
    rise = np.sin((np.arange(2 * fade) + 0.5) / (2 * fade) * np.pi / 2).astype(np.float32)
    joined = np.concatenate(parts, axis=1)
    starts = np.cumsum([0, *(part.shape[1] for part in parts[:-1])])
    for index, start in enumerate(starts):
        before, after = parts[index - 1], parts[index]
        if before is after:
            continue
        span = np.arange(-fade, fade)
        mixed = after[:, span % after.shape[1]] * rise + before[:, span % before.shape[1]] * rise[::-1]
        joined[:, (start + span) % joined.shape[1]] = mixed
    return joined
