"""Detected against requested onsets: F1 with one-to-one matching on a circular loop."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TOLERANCE_SECONDS = 0.05
"""MIREX's tolerance for onset detection."""


@dataclass(frozen=True)
class OnsetScore:
    """Counts of onsets `hit`, `missed` and `extra`; counts of several loops add up."""

    hit: int = 0
    missed: int = 0
    extra: int = 0

    def __add__(self, other: "OnsetScore") -> "OnsetScore":
        return OnsetScore(self.hit + other.hit, self.missed + other.missed, self.extra + other.extra)

    @property
    def f1(self) -> float:
        """2 hit / (2 hit + missed + extra); 1 when nothing was asked for and nothing found."""
        events = 2 * self.hit + self.missed + self.extra
        return 2 * self.hit / events if events else 1.0


def score_onsets(
    requested_seconds: Sequence[float] | NDArray[np.float64],
    detected_seconds: Sequence[float] | NDArray[np.float64],
    loop_seconds: float,
    tolerance: float = TOLERANCE_SECONDS,
) -> OnsetScore:
    """Match onsets one to one within `tolerance` seconds, nearest pairs first, around the end of the loop."""
    requested, detected = np.asarray(requested_seconds, dtype=float), np.asarray(detected_seconds, dtype=float)
    distance = np.abs(requested[:, None] - detected[None, :]) % loop_seconds
    distance = np.minimum(distance, loop_seconds - distance)
    rows, columns = np.nonzero(distance <= tolerance)
    used_rows: set[int] = set()
    used_columns: set[int] = set()
    for pair in np.argsort(distance[rows, columns], kind="stable"):
        row, column = int(rows[pair]), int(columns[pair])
        if row not in used_rows and column not in used_columns:
            used_rows.add(row)
            used_columns.add(column)
    hit = len(used_rows)
    return OnsetScore(hit, len(requested) - hit, len(detected) - hit)
