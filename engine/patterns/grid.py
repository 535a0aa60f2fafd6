"""A score on the step grid: who plays in which sixteenth, how hard, and how late; plain arrays, no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidRequest
from engine.knobs import BARS, SWING
from engine.requests import Pattern
from engine.vocabulary import BEATS_PER_BAR, NOTE_RANGES, PARTS, STEPS_PER_BAR

STEPS_PER_BEAT: Final = STEPS_PER_BAR // BEATS_PER_BAR
Rows = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Score:
    """`velocity` `[P, S]` in [0, 1], 0 where nothing is struck; `timing` `[P, S]` in steps, how much later than the
    swung grid a hit sounds, in [-0.5, 0.5] and 0 where there is none. S is 16 a bar, P the parts of `PARTS`.

    `swing` delays every second sixteenth by that share of a step; `style` is None where it is not known.
    """

    velocity: Rows
    timing: Rows
    tempo_bpm: float = 120.0
    swing: float = 0.0
    style: str | None = None

    @property
    def bars(self) -> int:
        """How many bars it is long."""
        return int(self.velocity.shape[1]) // STEPS_PER_BAR

    @property
    def hits(self) -> NDArray[np.bool_]:
        """Where something is struck `[P, S]`."""
        return self.velocity > 0

    @classmethod
    def of_onsets(
        cls,
        onsets: Mapping[str, Sequence[tuple[float, float]]],
        bars: int,
        *,
        tempo_bpm: float = 120.0,
        swing: float = 0.0,
        style: str | None = None,
    ) -> Self:
        """From (beat, velocity) pairs of each part; of two in one step the louder stays."""
        steps = bars * STEPS_PER_BAR
        velocity, timing = (np.zeros((len(PARTS), steps), np.float32) for _ in range(2))
        for row, part in enumerate(PARTS):
            for beat, loud in onsets.get(part, ()):
                place = beat * STEPS_PER_BEAT
                near = range(int(place) - 1, int(place) + 3)
                late, step = min(
                    ((place - step - swing * (step % 2), step) for step in near), key=lambda it: abs(it[0])
                )
                if loud > velocity[row, step % steps]:
                    velocity[row, step % steps] = loud
                    timing[row, step % steps] = np.clip(late, -0.5, 0.5)
        return cls(velocity, timing, tempo_bpm, swing, style)

    @classmethod
    def of_pattern(cls, pattern: Pattern, bars: int, *, tempo_bpm: float = 120.0, style: str | None = None) -> Self:
        """The rows of `pattern` over `bars` bars, exactly on its grid; a part without a row is silent.

        Raises `InvalidRequest` on a row that does not fit into the bars a whole number of times.
        """
        BARS.check(bars)
        steps = bars * STEPS_PER_BAR
        velocity = np.zeros((len(PARTS), steps), np.float32)
        for row, part in enumerate(PARTS):
            if part in pattern.rows:
                given = pattern.rows[part]
                if steps % len(given):
                    raise InvalidRequest(
                        f"Row {part!r} has {len(given)} steps, which do not fill {bars} bars of 16 a whole number of "
                        "times; choose the bars of the longest row."
                    )
                velocity[row] = np.tile(np.array(given, np.float32), steps // len(given))
        return cls(velocity, np.zeros_like(velocity), tempo_bpm, pattern.swing, style)

    def pattern(self, parts: Sequence[str] = PARTS) -> Pattern:
        """The rows of `parts` as a step grid has them; timing is left out, it has none."""
        rows = {
            part: tuple(round(float(v), 3) for v in self.velocity[PARTS.index(part)])
            for part in PARTS
            if part in parts
        }
        return Pattern(rows, round(float(SWING.clamp(self.swing)), 3))

    def turned(self, bars: int) -> Self:
        """The same score, begun `bars` bars later."""
        steps = -bars * STEPS_PER_BAR
        return replace(self, velocity=np.roll(self.velocity, steps, 1), timing=np.roll(self.timing, steps, 1))


def distance(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Share of steps in which two rows of hits differ, 0 to 1."""
    return float(np.mean(one != other))


def gathering(score: Score, part: str) -> int:
    """How many hits more than before `part` has in the last beat: than in the same beat of the bar before, or, of one
    bar, than in the fullest of its other beats."""
    beats = score.hits[PARTS.index(part)].reshape(-1, STEPS_PER_BEAT).sum(1)
    return int(beats[-1]) - int(beats[-1 - BEATS_PER_BAR] if score.bars > 1 else beats[:-1].max())


def gatherers(score: Score, parts: Sequence[str] | None = None) -> tuple[str, ...]:
    """Those of `parts`, else the drums, that gather towards the one, so that the loop ends in a fill."""
    among = [PARTS[row] for row in DRUM_ROWS] if parts is None else parts
    return tuple(part for part in among if gathering(score, part) >= LEAST_GATHERING)


def fills(score: Score) -> bool:
    """True where the loop ends in a fill: one drum at least gathers towards the one."""
    return bool(gatherers(score))


LEAST_GATHERING: Final = 2
"""Hits more in the last beat than before that make a fill."""
DRUM_ROWS: Final = [row for row, part in enumerate(PARTS) if part not in NOTE_RANGES]
