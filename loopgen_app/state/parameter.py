"""One knob: everything that is known about it, from which widget, preset, session and request are derived."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from engine import PARTS, TAGS, InvalidRequest, Knob, LoopRequest, NoisePad, Pattern

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
    """What the window knows of a knob: what its `knob` declares, and how the window shows it.

    `low`..`high` bound numbers (text: `high` characters); `field` is its place in a `LoopRequest` ("" when the
    request does not know it, "guidance.tags" inside a mapping); `midi` whether a controller can
    learn it. Kinds that no `Knob` has are declared here alone.
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
    midi: bool = False
    scope: Scope = "sound"
    knob: Knob | None = None

    @classmethod
    def of(cls, knob: Knob, *, tip: str, scope: Scope = "sound", starts: Any = None) -> Self:
        """The parameter of `knob`; it is at `starts` at first start, else at the knob's default."""
        return cls(
            knob.id, knob.label, knob.kind, knob.default if starts is None else starts, knob.unit, knob.low,
            knob.high, knob.step, knob.decimals, (None, *knob.choices) if knob.optional else knob.choices, tip,
            knob.field, knob.learnable, scope, knob,
        )  # fmt: skip

    def clean(self, value: Any) -> Any:
        """`value` in the type this knob keeps; raises `InvalidRequest` on anything else."""
        try:
            return self.knob.check(value) if self.knob is not None else _CLEANERS[self.kind](self, value)
        except (TypeError, ValueError, AttributeError, ArithmeticError, LookupError) as error:
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
        reach = f"  ({self.knob.span})" if self.knob is not None and self.kind in ("number", "whole") else ""
        return f"{self.tip or self.label}{reach}"


def to_json(value: Any) -> Any:
    """A value of any knob as plain JSON."""
    if isinstance(value, Pattern):
        return asdict(value)
    if isinstance(value, Mapping):
        return {name: to_json(each) for name, each in value.items()}
    return list(value) if isinstance(value, tuple) else value


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


def _seeds(_knob: Parameter, value: Any) -> tuple[int, ...]:
    return NoisePad(value).corners


def _flags(knob: Parameter, value: Any) -> tuple[bool, ...]:
    flags = tuple(bool(v) for v in value)
    if len(flags) != len(knob.default):
        raise InvalidRequest(f"{knob.label} needs {len(knob.default)} flags.")
    return flags


def _embedding(_knob: Parameter, value: Any) -> tuple[float, ...]:
    return LoopRequest(reference=value).reference


def _voices(knob: Parameter, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"{knob.label} needs a seed for each part that is named.")
    return dict(LoopRequest(voices=value).voices)


_CLEANERS: dict[Kind, Callable[[Parameter, Any], Any]] = {
    "words": _words,
    "pattern": _pattern,
    "seeds": _seeds,
    "flags": _flags,
    "embedding": _embedding,
    "voices": _voices,
}
