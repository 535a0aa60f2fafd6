"""What can be asked of a pattern: one frozen, validated, JSON-able request for each of the five operations."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Literal, Self, get_args

from engine.errors import InvalidRequest
from engine.knobs import BARS, SEED, STRENGTH, check_choice
from engine.requests import Pattern
from engine.tempo import check_tempo
from engine.vocabulary import PARTS, STEPS_PER_BAR, STYLES

Operation = Literal["new", "vary", "towards", "answer", "fill"]
OPERATIONS: Final[tuple[Operation, ...]] = get_args(Operation)
ONE_PART: Final = ("new", "vary", "towards")
"""Operations that are of one part; the others answer."""


@dataclass(frozen=True)
class PatternRequest:
    """What is to be done to `pattern` over `bars` bars; the same request on the same pack gives the same pattern.

    - new: another row for `part`, free or drawn; the other rows make room where they collide.
    - vary: the row of `part` by `strength`, from 0 (itself) to 1 (another one that fits the others).
    - towards: the row of `part` on its way to that of `target`, by `strength` from 0 (itself) to 1 (that one).
    - answer: rows for `part`, or else for every part without one, that answer those that are drawn.
    - fill: the last bar of `part`, or else of every drawn drum, by `strength`; of one bar its second half.

    Parts that are `locked` never change. `style` is one of `STYLES` or None. Raises `InvalidRequest`, in one
    sentence, on anything that is impossible.
    """

    operation: Operation
    pattern: Pattern
    bars: int = 4
    part: str | None = None
    target: Pattern | None = None
    strength: float = 0.5
    seed: int = 0
    locked: tuple[str, ...] = ()
    tempo_bpm: float = 120.0
    style: str | None = None

    def __post_init__(self) -> None:
        check_choice("operation", self.operation, OPERATIONS)
        BARS.check(self.bars)
        STRENGTH.check(self.strength)
        SEED.check(self.seed)
        object.__setattr__(self, "tempo_bpm", check_tempo(self.tempo_bpm))
        if self.style is not None:
            check_choice("style", self.style, STYLES)
        if not isinstance(self.pattern, Pattern) or not isinstance(self.target, Pattern | None):
            raise InvalidRequest("Malformed request: pattern and target have to be patterns.")
        object.__setattr__(self, "locked", tuple(dict.fromkeys(self.locked)))
        for part in (*self.locked, *([] if self.part is None else [self.part])):
            check_choice("part", part, PARTS)
        self._check_rows(self.pattern)
        self._check_parts()

    def _check_rows(self, pattern: Pattern) -> None:
        steps = self.bars * STEPS_PER_BAR
        for part, row in pattern.rows.items():
            if steps % len(row):
                raise InvalidRequest(
                    f"Row {part!r} has {len(row)} steps, which do not fill {self.bars} bars of {STEPS_PER_BAR} "
                    "a whole number of times; choose other bars."
                )

    def _check_parts(self) -> None:
        if set(self.locked) >= set(PARTS):
            raise InvalidRequest("Every part is locked: unlock at least one.")
        if self.part in self.locked:
            raise InvalidRequest(f"{self.part} is locked: unlock it, or choose another part.")
        if self.operation in ONE_PART and self.part is None:
            raise InvalidRequest(f"{self.operation!r} needs a part; possible: {', '.join(PARTS)}.")
        if self.operation in ("vary", "towards") and self.part not in self.pattern.rows:
            raise InvalidRequest(f"{self.part} has no row to start from; draw one, or ask for a new one.")
        if self.operation == "towards" and (self.target is None or self.part not in self.target.rows):
            raise InvalidRequest(f"There is no row of {self.part} to go towards; choose a pattern that has one.")
        if self.operation in ("answer", "fill") and not any(any(row) for row in self.pattern.rows.values()):
            raise InvalidRequest(
                f"The pattern is empty, there is nothing to {self.operation}: draw at least one hit."
            )
        if not self.written:
            raise InvalidRequest(
                "Nothing is left to write: every part has a row or is locked; name a part that is neither."
                if self.operation == "answer"
                else "Nothing is left to fill: no drum that is drawn is unlocked; unlock or draw one."
            )

    @property
    def written(self) -> tuple[str, ...]:
        """The parts that are written; others may make room, and locked ones never do."""
        if self.part is not None:
            return (self.part,)
        if self.operation == "answer":
            return tuple(part for part in PARTS if part not in self.pattern.rows and part not in self.locked)
        return tuple(part for part in DRUMS if part in self.pattern.rows and part not in self.locked)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON-able values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`; unknown fields and wrong types raise `InvalidRequest`."""
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise InvalidRequest(f"Unknown request field {unknown[0]!r}; possible: {', '.join(sorted(known))}.")
        nested = {k: Pattern(**values[k]) for k in ("pattern", "target") if isinstance(values.get(k), Mapping)}
        try:
            return cls(**{**values, **nested})
        except (TypeError, AttributeError) as error:
            raise InvalidRequest(f"Malformed request: {error}.") from error


DRUMS: Final = ("kick", "snare", "closed_hat", "open_hat", "percussion")
"""Parts that a fill is of."""


@dataclass(frozen=True)
class Written:
    """What was written: the whole `pattern`; the parts whose row is `changed`, with 16 steps a bar each, all other
    rows being as they were drawn; and by how much of a step each hit of these would be played later than the grid: a
    step grid has no room for that."""

    pattern: Pattern
    changed: tuple[str, ...]
    timing: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
