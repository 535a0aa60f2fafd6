"""What one does to a step grid: set, free, clear, shift, draw at random. Pure functions from pattern to pattern."""

import random
from collections.abc import Iterable, Mapping

from engine import BEATS_PER_BAR, PARTS, STEPS_PER_BAR, Pattern

Row = tuple[float, ...]
EMPTY: Row = (0.0,) * STEPS_PER_BAR
STEPS_PER_BEAT = STEPS_PER_BAR // BEATS_PER_BAR
HEARD_VELOCITY = 0.8
"""Onsets say when something is struck, not how hard."""

_HABITS: Mapping[str, tuple[float, ...]] = {
    # Chance of an onset on (beat, off-beat eighth, other sixteenths): what each part tends to do in dance music.
    "kick": (0.92, 0.06, 0.05),
    "snare": (0.0, 0.05, 0.06),
    "closed_hat": (0.5, 0.7, 0.45),
    "open_hat": (0.0, 0.6, 0.03),
    "percussion": (0.12, 0.25, 0.22),
    "bass": (0.35, 0.5, 0.3),
    "lead": (0.25, 0.25, 0.22),
    "pad": (0.1, 0.02, 0.0),
}


def steps_shown(pattern: Pattern, part: str, bars: int) -> Row | None:
    """Velocities of `part` over `bars` bars, or None when it is free."""
    row = pattern.rows.get(part)
    return None if row is None else tuple(row[step % len(row)] for step in range(bars * STEPS_PER_BAR))


def with_row(pattern: Pattern, part: str, row: Row | None) -> Pattern:
    """`pattern` with another row for `part`, None to leave it free. Rows that repeat every bar are kept short."""
    rows = {name: pattern.rows[name] for name in PARTS if name in pattern.rows and name != part}
    if row is not None:
        rows[part] = _shortened(row)
    return Pattern(rows={name: rows[name] for name in PARTS if name in rows}, swing=pattern.swing)


def with_rows(pattern: Pattern, rows: Mapping[str, Row]) -> Pattern:
    """`pattern` with `rows` for the parts that it leaves free."""
    for part, row in rows.items():
        if part not in pattern.rows:
            pattern = with_row(pattern, part, row)
    return pattern


def _shortened(row: Row) -> Row:
    first = row[:STEPS_PER_BAR]
    return first if row == first * (len(row) // STEPS_PER_BAR) else row


def heard_row(beats: Iterable[float], bars: int, swing: float) -> Row:
    """The row over `bars` bars that strikes at the swung sixteenths nearest to the onsets at `beats`."""
    row = [0.0] * (bars * STEPS_PER_BAR)
    for beat in beats:
        place = beat * STEPS_PER_BEAT
        step = min(range(int(place) - 1, int(place) + 3), key=lambda step: abs(place - step - swing * (step % 2)))
        if step <= len(row):  # an onset just before the end of the loop is one at its beginning
            row[step % len(row)] = HEARD_VELOCITY
    return tuple(row)


def with_step(pattern: Pattern, part: str, step: int, velocity: float, *, bars: int, bar: int | None) -> Pattern:
    """Set one step (0-15) of `part` in `bar`, or in every bar when `bar` is None; a free part becomes given."""
    row = list(steps_shown(pattern, part, bars) or EMPTY * bars)
    for each in range(bars) if bar is None else (bar,):
        row[each * STEPS_PER_BAR + step] = round(min(1.0, max(0.0, velocity)), 2)
    return with_row(pattern, part, tuple(row))


def louder(pattern: Pattern, part: str, factor: float) -> Pattern:
    """The hits of `part` `factor` times as hard, 0.05 to 1; a free part stays free."""
    row = pattern.rows.get(part)
    if row is None:
        return pattern
    return with_row(pattern, part, tuple(round(min(1.0, max(0.05, hit * factor)), 2) if hit else 0.0 for hit in row))


def toggled_free(pattern: Pattern, part: str) -> Pattern:
    """A free part becomes given (silent until drawn), a given one free."""
    return with_row(pattern, part, EMPTY if part not in pattern.rows else None)


def shifted(pattern: Pattern, steps: int) -> Pattern:
    """Every row turned by `steps` sixteenths (positive: later)."""
    rows = {part: tuple(row[(i - steps) % len(row)] for i in range(len(row))) for part, row in pattern.rows.items()}
    return Pattern(rows=rows, swing=pattern.swing)


def randomised(pattern: Pattern, source: random.Random) -> Pattern:
    """New random rows for the given parts, or for the drums when all are free."""
    parts = [part for part in PARTS if part in pattern.rows] or ["kick", "snare", "closed_hat", "open_hat"]
    return Pattern(rows={part: _random_row(part, source) for part in parts}, swing=pattern.swing)


def _random_row(part: str, source: random.Random) -> Row:
    on_beat, off_beat, other = _HABITS[part]
    row = []
    for step in range(STEPS_PER_BAR):
        chance = on_beat if step % 4 == 0 else off_beat if step % 4 == 2 else other
        if part == "snare" and step in (4, 12):
            chance = 0.95
        velocity = round(source.uniform(0.75, 1.0) if step % 4 == 0 else source.uniform(0.4, 0.9), 2)
        row.append(velocity if source.random() < chance else 0.0)
    return tuple(row)
