"""What the network says of every step, and what becomes of drawn rows: what is asked is done to the difference."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

MARGIN: Final = 1.0
"""By how much (a logit) a step that came back wrong is put right."""
LEAST_VELOCITY: Final = 0.05
LIKELY: Final = 0.5
"""How much less likely than the likeliest (a logit) hits are that are struck where none would be."""


@dataclass(frozen=True, eq=False)
class StepPass:
    """What one pass says of every step: a logit `[P, S]` above 0 for a hit, its velocity and timing."""

    logits: NDArray[np.float32]
    velocity: NDArray[np.float32]
    timing: NDArray[np.float32]

    def playing(self, rows: Sequence[int]) -> Self:
        """The same, but that each of `rows` plays: where nothing would be struck, its likeliest hits are."""
        logits = self.logits.copy()
        for row in rows:
            logits[row] += max(0.0, LIKELY - float(logits[row].max()))
        return replace(self, logits=logits)

    def missed(self, drawn: NDArray[np.float32]) -> NDArray[np.float32]:
        """What has to be added to the logits so that the hits `drawn` `[P, S, 3]` come back."""
        wanted = np.where(drawn[..., 0] > 0, MARGIN, -MARGIN).astype(np.float32)
        return np.where((self.logits > 0) == (wanted > 0), 0, wanted - self.logits)

    def softer(self, drawn: NDArray[np.float32]) -> NDArray[np.float32]:
        """What has to be added to the velocities of the hits `drawn` so that these are as loud."""
        return np.where(drawn[..., 0] > 0, drawn[..., 1] - self.velocity, 0)


@dataclass(eq=False)
class FoundRows:
    """A pass over the pattern as it was and one over what became of it; how much of what was drawn, but not given
    back, each edited row keeps; the rows that may change.

    `there`, `aim` and `amount` are a pass over the pattern with the row that it goes towards, the steps of that, and
    how far it goes. Steps before `since`, counted from the end, stay as they are.
    """

    before: StepPass
    after: StepPass
    keeps: dict[int, float]
    rows: list[int]
    there: StepPass | None = None
    aim: NDArray[np.float32] | None = None
    amount: float = 0.0
    since: int | None = None

    def settled(self, drawn: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Velocities, 0 for rests, and timing, each `[P, S]`, where `drawn` `[P, S, 3]` stood."""
        keeps = np.array([self.keeps.get(row, 1.0) for row in range(len(drawn))], np.float32)[:, None]
        edited = np.array([row in self.keeps for row in range(len(drawn))])[:, None]
        logits = self.after.logits + keeps * self.before.missed(drawn)
        velocity = self.after.velocity + keeps * self.before.softer(drawn)
        if self.there is not None and self.aim is not None:
            logits = logits + edited * self.amount * self.there.missed(self.aim)
            velocity = velocity + edited * self.amount * self.there.softer(self.aim)
        velocity = np.where(logits > 0, velocity.clip(LEAST_VELOCITY, 1), 0)
        kept = ~edited & (logits > 0) & (drawn[..., 0] > 0)  # rows that make room play on as they did
        if self.since is not None:
            kept = kept | (np.arange(drawn.shape[1]) < drawn.shape[1] + self.since)
        velocity = np.where(kept, drawn[..., 1], velocity)
        timing = np.where(kept | (velocity == 0), drawn[..., 2], self.after.timing)
        return velocity.astype(np.float32), timing.astype(np.float32)
