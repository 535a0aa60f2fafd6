"""Recursive filters. What they are made of takes most of a second to read, so it is read by the first that runs."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def recursive(zeros: ArrayLike, poles: ArrayLike, audio: ArrayLike) -> NDArray[Any]:
    """`audio` (`[..., T]`) through the rational filter with coefficients `zeros` over `poles`, from rest."""
    from scipy.signal import lfilter  # noqa: PLC0415

    return np.asarray(lfilter(zeros, poles, audio, axis=-1))
