"""Recursive filters. What they are made of takes most of a second to read, so it is read by the first that runs."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def recursive(zeros: ArrayLike, poles: ArrayLike, audio: ArrayLike) -> NDArray[Any]:
    """`audio` `[..., T]` through the filter of transfer function zeros(1/z) / poles(1/z), from rest; float64 where a
    coefficient or `audio` is.

    Raises `ValueError` where the first of `poles` is 0. By `scipy.signal.lfilter`.
    """
    from scipy.signal import lfilter  # noqa: PLC0415 - see above

    return np.asarray(lfilter(zeros, poles, audio, axis=-1))
