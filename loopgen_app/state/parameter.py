"""One knob: everything that is known about it, from which widget, preset, session and request are derived."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from engine import CURVES, EMBEDDING_DIM, PARTS, TAGS, InvalidRequest, LoopRequest, Pattern

Kind = Literal[
    "number",
    "whole",
    "choice",
    "text",
    "toggle",
    "words",
    "pattern",
    "curve",
    "seeds",
    "flags",
    "embedding",
    "voices",
]
Scope = Literal["sound", "playback"]


@dataclass(frozen=True)
class Parameter:
    """A declared knob.

    `low`..`high` bound numbers (text: `high` characters); `field` is its place in a `LoopRequest` ("" when the
    request does not know it, "guidance.tags" inside a mapping); `name` the object name of its control; `midi` whether
    a controller can learn it; `kept` whether presets and sessions carry it.
    """

    id: str
    label: str
    kind: Kind
    default: Any
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    step: float = 1.0
    decimals: int = 0
    choices: tuple[Any, ...] = ()
    tip: str = ""
    field: str = ""
    name: str = ""
    midi: bool = False
    scope: Scope = "sound"

    def clean(self, value: Any) -> Any:
        """`value` in the type this knob keeps; raises `InvalidRequest` on anything else."""
        try:
            return _CLEANERS[self.kind](self, value)
        except (TypeError, ValueError, AttributeError) as error:
            if isinstance(error, InvalidRequest):
                raise
            raise InvalidRequest(f"{self.label} cannot be {value!r}.") from error

    def to_unit(self, value: float) -> float:
        """Position of a numeric value between `low` (0) and `high` (1)."""
        return (value - self.low) / (self.high - self.low)

    def from_unit(self, position: float) -> Any:
        """The value at a position from 0 to 1, as a controller sends it."""
        position = min(1.0, max(0.0, position))
        if self.kind == "toggle":
            return position >= 0.5
        if self.kind == "choice":
            return self.choices[min(len(self.choices) - 1, int(position * len(self.choices)))]
        value = self.low + position * (self.high - self.low)
        return self.clean(round(value) if self.kind == "whole" else round(value, max(self.decimals, 1)))

    def text(self, value: Any) -> str:
        """`value` with its unit, as a musician reads it."""
        if self.kind == "number":
            shown = f"{value:.{self.decimals}f}"
            shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
        else:
            shown = str(value)
        return f"{shown} {self.unit}".strip()

    @property
    def tooltip(self) -> str:
        """What it does, its range and its unit."""
        reach = ""
        if self.kind in ("number", "whole"):
            high = f"{self.high:g}" if self.high < 1e6 else "any size"
            reach = f"  ({self.low:g} to {high}{' ' + self.unit if self.unit else ''})"
        return f"{self.tip or self.label}{reach}"


def to_json(value: Any) -> Any:
    """A value of any knob as plain JSON."""
    if isinstance(value, Pattern):
        return asdict(value)
    if isinstance(value, Mapping):
        return {name: to_json(each) for name, each in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _number(knob: Parameter, value: Any) -> float:
    number = float(value)
    if isinstance(value, bool) or math.isnan(number) or not knob.low <= number <= knob.high:
        raise InvalidRequest(f"{knob.label} {value!r} is out of range: {knob.low:g} to {knob.high:g} {knob.unit}.")
    return number


def _whole(knob: Parameter, value: Any) -> int:
    if isinstance(value, bool) or int(value) != value or not knob.low <= value <= knob.high:
        raise InvalidRequest(f"{knob.label} {value!r} is not possible: a whole number from {knob.low:g} up.")
    return int(value)


def _choice(knob: Parameter, value: Any) -> Any:
    if value not in knob.choices:
        raise InvalidRequest(f"{knob.label} {value!r} is unknown; possible: {', '.join(map(str, knob.choices))}.")
    return value


def _text(knob: Parameter, value: Any) -> str:
    if not isinstance(value, str) or len(value) > knob.high:
        raise InvalidRequest(f"{knob.label} is a text of at most {knob.high:g} characters.")
    return value


def _toggle(knob: Parameter, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidRequest(f"{knob.label} is on or off, not {value!r}.")
    return value


def _words(knob: Parameter, value: Any) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(value))
    for word in words:
        if word not in (knob.choices or TAGS):
            raise InvalidRequest(f"{knob.label} does not know {word!r}.")
    return words


def _pattern(knob: Parameter, value: Any) -> Pattern:
    if isinstance(value, Mapping):
        return Pattern(**value)
    if not isinstance(value, Pattern):
        raise InvalidRequest(f"{knob.label} needs rows of velocities for {', '.join(PARTS)}.")
    return value


def _curve(knob: Parameter, value: Any) -> tuple[float, ...] | None:
    if value is None:
        return None
    points = tuple(float(v) for v in (value if isinstance(value, list | tuple) else (value,)))
    if not points or not all(0.0 <= v <= 1.0 for v in points):
        raise InvalidRequest(f"{knob.label} needs values from 0 to 1 (curves: {', '.join(CURVES)}).")
    return points


def _seeds(knob: Parameter, value: Any) -> tuple[int, ...]:
    seeds = tuple(int(v) for v in value)
    if len(seeds) != 4 or not all(0 <= v <= knob.high for v in seeds):
        raise InvalidRequest(f"{knob.label} needs four seeds.")
    return seeds


def _flags(knob: Parameter, value: Any) -> tuple[bool, ...]:
    flags = tuple(bool(v) for v in value)
    if len(flags) != len(knob.default):
        raise InvalidRequest(f"{knob.label} needs {len(knob.default)} flags.")
    return flags


def _embedding(knob: Parameter, value: Any) -> tuple[float, ...]:
    values = tuple(float(v) for v in value)
    if len(values) not in (0, EMBEDDING_DIM) or not all(-1.0 <= v <= 1.0 for v in values):
        raise InvalidRequest(f"{knob.label} needs an embedding of {EMBEDDING_DIM} values.")
    return values


def _voices(knob: Parameter, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"{knob.label} needs a seed for each part that is named.")
    return dict(LoopRequest(voices=value).voices)


_CLEANERS: dict[Kind, Callable[[Parameter, Any], Any]] = {
    "number": _number,
    "whole": _whole,
    "choice": _choice,
    "text": _text,
    "toggle": _toggle,
    "words": _words,
    "pattern": _pattern,
    "curve": _curve,
    "seeds": _seeds,
    "flags": _flags,
    "embedding": _embedding,
    "voices": _voices,
}
