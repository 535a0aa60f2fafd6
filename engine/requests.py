"""What can be asked of the engine: frozen, validated, JSON-able requests."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final, Self

from engine import knobs
from engine.errors import InvalidRequest
from engine.knobs import Sampler, Schedule, check_choice, check_number, check_whole
from engine.vocabulary import (
    BEATS_PER_BAR,
    CURVES,
    EMBEDDING_DIM,
    PARTS,
    PICTURE_BANDS,
    PICTURE_COLUMNS,
    STEERS,
    STEPS_PER_BAR,
    TAGS,
    VOICE_DIM,
)

# What knobs declare, by short names for those who judge files and seeds.
MIN_TEMPO_BPM, MAX_TEMPO_BPM = knobs.TEMPO.low, knobs.TEMPO.high
MAX_BARS = int(knobs.BARS.high)
MAX_SEED = int(knobs.SEED.high)
MAX_VOICE = 7.0
"""Beyond any number of a voice that was heard: its mean square is four at the most, its numbers are twelve."""
PICTURED: Final = VOICE_DIM + PICTURE_BANDS * PICTURE_COLUMNS
"""Length of a voice that carries its picture."""


@dataclass(frozen=True)
class Pattern:
    """A step grid: for each part that is given, one velocity in [0, 1] per sixteenth step.

    A row of 16 repeats every bar; a longer row (a multiple of 16) spans several bars and repeats over the loop.
    An all-zero row asks for silence; a part without a row is free. `swing` delays every second sixteenth by that
    fraction of a step (0 to 0.5).
    """

    rows: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    swing: float = 0.0

    def __post_init__(self) -> None:
        knobs.SWING.check(self.swing)
        if not isinstance(self.rows, Mapping):
            raise InvalidRequest("A pattern needs rows: {part: [velocity per sixteenth step, ...]}.")
        clean = {}
        for part, row in self.rows.items():
            check_choice("part", part, PARTS)
            if not isinstance(row, list | tuple) or not row or len(row) % STEPS_PER_BAR:
                raise InvalidRequest(f"Row {part!r} of the pattern needs a multiple of {STEPS_PER_BAR} velocities.")
            for velocity in row:
                check_number(f"Velocity in row {part!r}", velocity, 0.0, 1.0)
            clean[part] = tuple(float(v) for v in row)
        object.__setattr__(self, "rows", clean)

    def __hash__(self) -> int:
        return hash((tuple(sorted(self.rows.items())), self.swing))

    @classmethod
    def nearest(cls, onsets: Mapping[str, Sequence[tuple[float, float]]], bars: int, swing: float = 0.0) -> Self:
        """The grid nearest to exact (beat, velocity) onsets over `bars` bars; of two in one step the louder stays.

        A row of 16 velocities a bar for each part of `onsets`; `swing` in steps, kept within its range. Raises
        `InvalidRequest` on an unknown part or a velocity outside [0, 1].
        """
        steps = bars * STEPS_PER_BAR
        swing = round(knobs.SWING.clamp(swing), 3)
        rows = {}
        for part, found in onsets.items():
            row = [0.0] * steps
            for beat, velocity in found:
                place = beat * STEPS_PER_BAR / BEATS_PER_BAR
                near = range(int(place) - 1, int(place) + 3)
                _, step = min((abs(step + swing * (step % 2) - place), step % steps) for step in near)
                row[step] = max(row[step], round(velocity, 3))
            rows[part] = tuple(row)
        return cls(rows, swing)

    def onsets(self, part: str, bars: int) -> tuple[tuple[float, float], ...]:
        """(beat, velocity) of every onset of `part` over `bars` bars; raises KeyError when the part is free."""
        row = self.rows[part]
        return tuple(
            ((step + self.swing * (step % 2)) * 4 / STEPS_PER_BAR, row[step % len(row)])
            for step in range(bars * STEPS_PER_BAR)
            if row[step % len(row)] > 0
        )


@dataclass(frozen=True)
class NoisePad:
    """A point on the noise pad: spherical bilinear interpolation of the noises of four corner seeds.

    `x` runs from left (0) to right (1), `y` from top (0) to bottom (1); corners are top-left, top-right,
    bottom-left, bottom-right.
    """

    corners: tuple[int, int, int, int]
    x: float = knobs.PAD_X.default
    y: float = knobs.PAD_Y.default

    def __post_init__(self) -> None:
        object.__setattr__(self, "corners", tuple(self.corners))
        if len(self.corners) != 4:
            raise InvalidRequest(f"A noise pad has 4 corner seeds, not {len(self.corners)}.")
        for seed in self.corners:
            check_whole("Corner seed", seed, 0, MAX_SEED)
        knobs.PAD_X.check(self.x)
        knobs.PAD_Y.check(self.y)


_FIELDS = tuple(knob for knob in knobs.KNOBS.values() if knob.field and not knob.leaf)
"""Knobs that are a field of a request each."""


@dataclass(frozen=True)
class LoopRequest:
    """Everything that decides how a loop sounds; the same request on the same pack gives the same loop.

    Ranges and defaults are those of `engine.knobs`.

    `guidance` weighs conditions relative to the master `guidance_scale` (1 = as the master says). A curve is one
    value (a knob) or many (drawn over the loop), each in [0, 1]. `temperature` is the deviation of the noise that a
    loop is made from: 1 is as wild as the corpus, less is cleaner and more alike; what strikes has twice as much, up
    to 1. `repeat` is the share of that noise, 0 to 1, that comes again with what strikes, and of the noise in its
    sound that comes again with every beat: hits are as alike as it says. With `compose`, the engine writes the parts
    that have no row in the pattern; without, the denoiser is left alone with them. Raises `InvalidRequest` on what
    is impossible.

    `voices` says how parts sound: a seed that one is drawn by, or a voice itself, as a pack heard it in a sound: its
    numbers, and behind them, row by row, the picture of the hit (levels in [0, 1] by `engine.audio.voice_image`), to
    which hits of drums are brought. Parts that it does not name have the voice of the request's own seed.

    `learnt` is how much of what a pack learnt from its owner's sounds plays, 0 to 1; others have nothing of it.

    `reference` is the embedding of a sound (512 values, as an embedder gave it) whose character the loop takes on,
    and `blend` how much it weighs against the words, 0 to 1. `steer` moves the embedding of words or sound along the
    directions of `STEERS`, each -2 to 2.
    """

    tempo_bpm: float = knobs.TEMPO.default
    bars: int = knobs.BARS.default
    seed: int = knobs.SEED.default
    prompt: str = knobs.PROMPT.default
    negative_prompt: str = knobs.NEGATIVE_PROMPT.default
    tags: tuple[str, ...] = ()
    negative_tags: tuple[str, ...] = ()
    key: str | None = knobs.KEY.default
    pattern: Pattern = field(default_factory=Pattern)
    curves: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    noise: NoisePad | None = None
    num_steps: int = knobs.STEPS.default
    sampler: Sampler = knobs.SAMPLER.default
    schedule: Schedule = knobs.SCHEDULE.default
    guidance_scale: float = knobs.GUIDANCE.default
    guidance: Mapping[str, float] = field(default_factory=dict)
    temperature: float = knobs.TEMPERATURE.default
    repeat: float = knobs.REPEAT.default
    voices: Mapping[str, int | tuple[float, ...]] = field(default_factory=dict)
    compose: bool = knobs.COMPOSE.default
    reference: tuple[float, ...] = ()
    blend: float = knobs.BLEND.default
    learnt: float = knobs.LEARNT.default
    steer: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for knob in _FIELDS:
            knob.check(getattr(self, knob.field))
        if not isinstance(self.pattern, Pattern) or not isinstance(self.noise, NoisePad | None):
            raise InvalidRequest("Malformed request: pattern and noise need fields of their own.")
        for name in ("tags", "negative_tags"):
            tags = tuple(dict.fromkeys(getattr(self, name)))
            for tag in tags:
                check_choice("tag", tag, TAGS)
            object.__setattr__(self, name, tags)
        self._check_curves()
        self._check_voices()
        self._check_reference()
        for direction, amount in self.steer.items():
            check_choice("direction", direction, tuple(STEERS))
            knobs.steer(direction).check(amount)
        object.__setattr__(self, "steer", {name: float(amount) for name, amount in self.steer.items() if amount})
        for condition, weight in self.guidance.items():
            check_choice("guidance condition", condition, knobs.GUIDANCE_CONDITIONS)
            knobs.guidance_of(condition).check(weight)
        object.__setattr__(self, "guidance", dict(self.guidance))
        object.__setattr__(self, "tempo_bpm", float(self.tempo_bpm))

    def _check_curves(self) -> None:
        clean = {}
        for name, values in self.curves.items():
            check_choice("curve", name, CURVES)
            clean[name] = knobs.curve(name).check(() if values is None else values)
        object.__setattr__(self, "curves", clean)

    def _check_voices(self) -> None:
        clean: dict[str, int | tuple[float, ...]] = {}
        for part, voice in self.voices.items():
            check_choice("part", part, PARTS)
            if isinstance(voice, list | tuple):
                if len(voice) not in (VOICE_DIM, PICTURED):
                    raise InvalidRequest(
                        f"The voice of {part} is a seed, {VOICE_DIM} numbers, or {PICTURED} with its picture, "
                        f"not {len(voice)}."
                    )
                for value in voice[:VOICE_DIM]:
                    check_number(f"Voice of {part}", value, -MAX_VOICE, MAX_VOICE)
                for value in voice[VOICE_DIM:]:
                    check_number(f"Picture of {part}", value, 0.0, 1.0)
                clean[part] = tuple(float(value) for value in voice)
            else:
                check_whole(f"Voice of {part}", voice, 0, MAX_SEED)
                clean[part] = voice
        object.__setattr__(self, "voices", clean)

    def _check_reference(self) -> None:
        values = tuple(self.reference)
        if len(values) not in (0, EMBEDDING_DIM):
            raise InvalidRequest(f"A reference is an embedding of {EMBEDDING_DIM} values, not {len(values)}.")
        for value in values:
            check_number("Reference value", value, -1.0, 1.0)
        object.__setattr__(self, "reference", tuple(float(value) for value in values))

    def __hash__(self) -> int:
        return hash(json.dumps(self.to_dict(), sort_keys=True))

    def with_(self, **changes: Any) -> Self:
        """A copy with `changes`, validated again."""
        return replace(self, **changes)

    @property
    def evaluated_steps(self) -> int:
        """Steps that it is sampled in: `num_steps`, or those that its sampler has."""
        return knobs.PROGRESSIVE_STEPS if self.sampler == knobs.PROGRESSIVE else self.num_steps

    def score(self) -> Self:
        """What of it decides what is composed in its open parts, all else as by default: requests with equal scores
        play the same onsets and pitches."""
        kept = ("tempo_bpm", "bars", "seed", "key", "tags", "negative_tags", "pattern", "compose")
        said = ("prompt", "negative_prompt", "reference", "blend")
        dense = {name: amount for name, amount in self.steer.items() if name == "dense"}
        return type(self)(**{name: getattr(self, name) for name in (*kept, *said)}, steer=dense)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON-able values, the recipe that export and bank keep."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`; unknown fields and wrong types raise `InvalidRequest`."""
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise InvalidRequest(f"Unknown request field {unknown[0]!r}; possible: {', '.join(sorted(known))}.")
        try:
            return cls(**{**values, **_nested(values)})
        except (TypeError, AttributeError) as error:
            raise InvalidRequest(f"Malformed request: {error}.") from error


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if isinstance(values.get("pattern"), Mapping):
        found["pattern"] = Pattern(**values["pattern"])
    if isinstance(values.get("noise"), Mapping):
        found["noise"] = NoisePad(**values["noise"])
    return found
