"""Every knob of a loop, declared once: requests, command line and window take range, step and default from here.

Plain data that loads without torch. A knob that a request knows has a field of it, one that the command line knows a
flag; the window's controls look their own up by id. What tests walk is `KNOBS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args

from engine.errors import InvalidRequest
from engine.vocabulary import CURVES, KEYS, STEERS

Kind = Literal["number", "whole", "choice", "text", "toggle", "curve"]
Sampler = Literal["euler", "heun", "midpoint", "progressive"]
Schedule = Literal["linear", "cosine"]
SAMPLERS: Final[tuple[str, ...]] = get_args(Sampler)
PROGRESSIVE: Final = "progressive"
"""The sampler of the few-step model: what a loop is like first, then its details; it has `PROGRESSIVE_STEPS`."""
PROGRESSIVE_STEPS: Final = 2
MAP_SAMPLERS: Final = tuple(sampler for sampler in SAMPLERS if sampler != PROGRESSIVE)
"""Samplers that walk the denoiser's own map from noise to loop, in any number of steps and both ways."""
SCHEDULES: Final[tuple[str, ...]] = get_args(Schedule)

LIVE_STEPS, QUALITY_STEPS = 4, 16
"""The two presets of the steps: heard within a beat, or as good as it gets."""

STRETCH_RATIOS: Final = (0.5, 2.0)
"""Tempo ratios that a loop can be stretched by."""
GOOD_STRETCHES: Final = (0.7, 1.4)
"""Those within which stretching was measured to work well."""

MAX_CURVE_POINTS: Final = 4096


@dataclass(frozen=True)
class Knob:
    """A declared knob.

    `low` to `high` (in `unit`) bound numbers and every point of a curve; `high` alone the characters of a text. Wheel
    and arrows move it by `step`, and `decimals` are kept. `choices` are the values of a choice. An `optional` knob
    may be None: nothing is asked for. `field` is its place in a `LoopRequest` ("guidance.tags" inside a mapping, ""
    where a request does not know it). `flag` is its option in `verb`, where knobs of one mapping share a flag that
    takes NAME=VALUE. A `drawn` knob is drawn by chance where nobody sets it. `learnable` says whether a MIDI
    controller can learn it, `said` what sentences call it where that is not its label.
    """

    id: str
    label: str
    kind: Kind
    default: Any
    low: float = 0.0
    high: float = 1.0
    step: float = 1.0
    decimals: int = 0
    unit: str = ""
    choices: tuple[str, ...] = ()
    optional: bool = False
    field: str = ""
    flag: str = ""
    verb: str = "render"
    drawn: bool = False
    learnable: bool = False
    said: str = ""

    @property
    def leaf(self) -> str:
        """Its name inside the mapping of a request that holds it, or ""."""
        return self.field.partition(".")[2]

    @property
    def name(self) -> str:
        """What sentences call it."""
        return self.said or self.label

    @property
    def span(self) -> str:
        """What is possible, in words: "40 to 240 BPM"."""
        match self.kind:
            case "choice":
                return ", ".join(self.choices)
            case "text":
                return f"at most {self.high:g} characters"
            case "toggle":
                return "true or false"
        high = f"{self.high:g}" if self.high < 1e6 else "any size"
        return f"{self.low:g} to {high} {self.unit}".rstrip()

    def check(self, value: Any) -> Any:
        """`value` in the type that is kept; raises `InvalidRequest`, which names what is possible, on any other."""
        return None if value is None and self.optional else _CHECKS[self.kind](self, value)

    def holds(self, number: float) -> bool:
        """Whether `number` is within the range."""
        return self.low <= number <= self.high

    def clamp(self, number: float) -> float:
        """`number`, or the end of the range that is nearer to it."""
        return min(max(number, self.low), self.high)


def check_number(name: str, value: Any, low: float, high: float, unit: str = "") -> float:
    """`value` as float; raises `InvalidRequest` unless it is a number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:  # catches NaN
        raise InvalidRequest(f"{name} {value!r} is out of range: {low:g} to {high:g} {unit}".rstrip() + ".")
    return float(value)


def check_whole(name: str, value: Any, low: float, high: float, unit: str = "") -> int:
    """`value`; raises `InvalidRequest` unless it is a whole number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        reach = f"a whole number from {int(low)} to {int(high)} {unit}".rstrip()
        raise InvalidRequest(f"{name} {value!r} is not possible: {reach}.")
    return value


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> Any:
    """`value`; raises `InvalidRequest` unless it is one of `choices`."""
    if value not in choices:
        raise InvalidRequest(f"Unknown {name} {value!r}; possible: {', '.join(choices)}.")
    return value


def _text(knob: Knob, value: Any) -> str:
    if not isinstance(value, str) or len(value) > knob.high:
        raise InvalidRequest(f"A {knob.name.lower()} is a text of {knob.span}.")
    return value


def _toggle(knob: Knob, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidRequest(f"{knob.name} {value!r} is not possible: {knob.span}.")
    return value


def _curve(knob: Knob, value: Any) -> tuple[float, ...]:
    points = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not 1 <= len(points) <= MAX_CURVE_POINTS:
        raise InvalidRequest(f"{knob.name} needs 1 to {MAX_CURVE_POINTS} values from {knob.span}.")
    return tuple(check_number(f"{knob.name} value", point, knob.low, knob.high) for point in points)


_CHECKS: dict[Kind, Callable[[Knob, Any], Any]] = {
    "number": lambda knob, value: check_number(knob.name, value, knob.low, knob.high, knob.unit),
    "whole": lambda knob, value: check_whole(knob.name, value, knob.low, knob.high, knob.unit),
    "choice": lambda knob, value: check_choice(knob.name.lower(), value, knob.choices),
    "text": _text,
    "toggle": _toggle,
    "curve": _curve,
}


# ---- what a loop is asked for ------------------------------------------------------------------------------------

PROMPT = Knob("prompt", "Prompt", "text", "", high=1000, field="prompt", flag="--prompt")
NEGATIVE_PROMPT = Knob(
    "negative_prompt", "Without", "text", "", high=1000, field="negative_prompt", flag="--negative",
    said="Negative prompt",
)  # fmt: skip
TEMPO = Knob(
    "tempo_bpm", "Tempo", "number", 126.0, 40.0, 240.0, step=1.0, decimals=2, unit="BPM", field="tempo_bpm",
    flag="--bpm", learnable=True,
)  # fmt: skip
BARS = Knob("bars", "Bars", "whole", 4, 1, 16, unit="bars", field="bars", flag="--bars", learnable=True)
KEY = Knob("key", "Key", "choice", None, choices=KEYS, optional=True, field="key", flag="--key")
SEED = Knob("seed", "Seed", "whole", 0, 0, 2**63 - 1, field="seed", flag="--seed", drawn=True)
STEPS = Knob("num_steps", "Steps", "whole", QUALITY_STEPS, 1, 256, field="num_steps", flag="--steps", learnable=True)
SAMPLER = Knob("sampler", "Sampler", "choice", "euler", choices=SAMPLERS, field="sampler", flag="--sampler")
SCHEDULE = Knob("schedule", "Schedule", "choice", "linear", choices=SCHEDULES, field="schedule", flag="--schedule")
GUIDANCE = Knob(
    "guidance_scale", "Guidance", "number", 3.0, 0.0, 10.0, step=0.1, decimals=1, field="guidance_scale",
    flag="--guidance", learnable=True,
)  # fmt: skip
TEMPERATURE = Knob(
    "temperature", "Temperature", "number", 0.4, 0.0, 1.5, step=0.05, decimals=2, field="temperature",
    flag="--temperature", learnable=True,
)  # fmt: skip
REPEAT = Knob(
    "repeat", "Repeat", "number", 1.0, 0.0, 1.0, step=0.05, decimals=2, field="repeat", flag="--repeat",
    learnable=True,
)  # fmt: skip
BLEND = Knob(
    "blend", "Blend", "number", 0.5, 0.0, 1.0, step=0.01, decimals=2, field="blend", flag="--blend", learnable=True
)
LEARNT = Knob(
    "learnt", "Learnt", "number", 1.0, 0.0, 1.0, step=0.05, decimals=2, field="learnt", flag="--learnt",
    learnable=True,
)  # fmt: skip
COMPOSE = Knob(
    "compose", "Compose free parts", "toggle", True, field="compose", flag="--compose", said="Compose"  # else --free
)  # fmt: skip
SWING = Knob(
    "swing", "Swing", "number", 0.0, 0.0, 0.5, step=0.01, decimals=2, field="pattern.swing", learnable=True
)  # of the pattern's file on the command line
PAD_X = Knob("pad_x", "Pad X", "number", 0.5, step=0.02, decimals=2, field="noise.x", learnable=True, said="Pad x")
PAD_Y = Knob("pad_y", "Pad Y", "number", 0.5, step=0.02, decimals=2, field="noise.y", learnable=True, said="Pad y")

_WEIGHED = {"tags": "Tags", "pattern": "Pattern", "curves": "Curves", "clap": "Prompt"}
GUIDANCE_CONDITIONS: Final = tuple(_WEIGHED)
"""Conditions that can be weighed separately; the beat grid is always given."""


def guidance_of(condition: str) -> Knob:
    """The weight of one of `GUIDANCE_CONDITIONS`, relative to the guidance."""
    return Knob(
        f"guidance_{condition}", _WEIGHED[condition], "number", 1.0, GUIDANCE.low, GUIDANCE.high, step=0.1,
        decimals=1, unit="x", field=f"guidance.{condition}", flag="--weight", learnable=True,
        said=f"Guidance of {condition}",
    )  # fmt: skip


def steer(direction: str) -> Knob:
    """How far one of `STEERS` is followed, or with a negative amount its opposite."""
    return Knob(
        f"steer_{direction}", direction.replace("_", "-").capitalize(), "number", 0.0, -2.0, 2.0, step=0.1,
        decimals=1, field=f"steer.{direction}", flag="--steer", learnable=True, said=f"Steer {direction}",
    )  # fmt: skip


def curve(name: str) -> Knob:
    """One of `CURVES`: free, one value, or many over the loop."""
    return Knob(
        f"curve_{name}", name.title(), "curve", None, step=0.02, decimals=2, optional=True, field=f"curves.{name}",
        flag="--curve", learnable=True, said=f"Curve {name!r}",
    )  # fmt: skip


# ---- what is made of loops ---------------------------------------------------------------------------------------

COUNT = Knob("count", "Count", "whole", 1, 1, 1000, flag="--count")
STRENGTH = Knob(
    "strength", "Strength", "number", 0.5, step=0.05, decimals=2, flag="--strength", verb="vary"
)  # 0 is the loop itself, 1 new noise under its conditions
KEEP = Knob("keep", "Keep", "choice", "all", choices=("all", "rhythm", "sound"), flag="--keep", verb="vary")
TRANSITION_BARS = Knob(
    "transition_bars", "Bars of the transition", "whole", 8, 3, 64, unit="bars", flag="--bars", verb="transition"
)  # one of each loop, and one between
BLEND_COUNT = Knob("blend_count", "Count", "whole", 5, 2, 256, flag="--count", verb="blend")
WALK_STEPS = replace(STEPS, id="walk_steps", field="", verb="invert", learnable=False)
WALK_SAMPLER = replace(SAMPLER, id="walk_sampler", default="heun", choices=MAP_SAMPLERS, field="", verb="invert")
WALK_GUIDANCE = replace(GUIDANCE, id="walk_guidance", default=1.0, field="", verb="invert", learnable=False)
CORRECTIONS = Knob("corrections", "Corrections", "whole", 2, 0, 20, flag="--corrections", verb="invert")

KNOBS: Final[Mapping[str, Knob]] = {
    knob.id: knob
    for knob in (
        *(PROMPT, NEGATIVE_PROMPT, TEMPO, BARS, KEY, SEED, STEPS, SAMPLER, SCHEDULE, GUIDANCE, TEMPERATURE, REPEAT),
        *(BLEND, LEARNT, COMPOSE, SWING, PAD_X, PAD_Y),
        *map(guidance_of, GUIDANCE_CONDITIONS),
        *map(steer, STEERS),
        *map(curve, CURVES),
        *(COUNT, STRENGTH, KEEP, TRANSITION_BARS, BLEND_COUNT, WALK_STEPS, WALK_SAMPLER, WALK_GUIDANCE, CORRECTIONS),
    )
}
"""Every knob by its id."""
