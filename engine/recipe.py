"""The recipe that a sound carries: the request, the pack that it was made with, and what it was made from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal, Self

from engine.documents import DocumentError, read_document
from engine.errors import InvalidRequest
from engine.loop import Loop
from engine.requests import MAX_SEED, LoopRequest
from engine.tempo import TempoRamp
from engine.vocabulary import BEATS_PER_BAR

SCHEMA: Final = 2
"""The first one was written without a number."""
Kind = Literal["loop", "motion", "passage"]

MAX_MOTION_LOOPS: Final = 256
SPARE_SECONDS, SPARE_SHARE = 1e-3, 1e-4
"""How far a sound may be from the length of its recipe: other sample rates round it, and passages were once written
with their tempo in hundredths."""

# That of a motion or a passage must not be taken for the request that gave all of its sound.
_REQUEST_OF: Final[Mapping[Kind, str]] = {"loop": "request", "motion": "begins_as", "passage": "leads_to"}
# In every request that was ever written; what lacks one of them comes from another program.
_ALWAYS: Final = frozenset({"tempo_bpm", "bars", "seed", "prompt", "num_steps", "guidance_scale"})
_MAX_CHARACTERS: Final = 2_000_000
_MAX_LEVELS: Final = 16
_MAX_TEXT: Final = 1000
_MAX_POINTS: Final = 4096
_TEXTS: Final = ("verb", "source", "to", "keep", "route", "over", "tempo_from")
_NUMBERS: Final = ("from_bpm", "strength", "at")
_WHOLES: Final = ("bars", "noise_seed")


@dataclass(frozen=True)
class Origin:
    """What a sound was made from that its request alone does not give, and how; None where that says nothing.

    `verb` is what was done: "vary", "stretch", "invert", "blend", "transition", "path", "motion", "mix" or "stems",
    where `keep` is the part; `source` and `to` name the sounds it was done to. `bars` is the length of a passage or a
    motion, `from_bpm` the tempo of what came before, `noise_seed` that of new noise, `points` a path (x, y) on the
    noise pad, each 0 to 1.
    """

    verb: str
    source: str | None = None
    to: str | None = None
    bars: int | None = None
    from_bpm: float | None = None
    noise_seed: int | None = None
    strength: float | None = None
    keep: str | None = None
    route: str | None = None
    over: str | None = None
    at: float | None = None
    tempo_from: str | None = None
    points: tuple[tuple[float, float], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """All that is known, as plain JSON."""
        return {name: value for name, value in asdict(self).items() if value is not None and value != ()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self | None:
        """The inverse of `to_dict`; what cannot be read is left out, and None is returned without a verb."""
        found: dict[str, Any] = {name: values[name] for name in _TEXTS if _is_text(values.get(name))}
        found |= {name: values[name] for name in _NUMBERS if _is_number(values.get(name))}
        found |= {name: values[name] for name in _WHOLES if _is_whole(values.get(name))}
        points = values.get("points")
        if isinstance(points, list | tuple) and len(points) <= _MAX_POINTS and all(map(_is_point, points)):
            found["points"] = tuple((float(x), float(y)) for x, y in points)
        return cls(**found) if "verb" in found else None


@dataclass(frozen=True)
class Recipe:
    """What is needed to make a sound again, or to know what it is.

    `kind` "loop" is one loop, of its `request` alone or, with an `origin`, made from other sound; "motion" is several
    loops in a row, the first of which `request` gives; "passage" is no loop, and leads to that of `request`. `knobs`
    are those of the window that a request does not know; other programs leave them empty. Raises `InvalidRequest`
    when a motion or a passage has no length that is possible.
    """

    request: LoopRequest
    pack_name: str = ""
    pack_hash: str = ""
    knobs: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = None
    kind: Kind = "loop"

    def __post_init__(self) -> None:
        bars = self.origin.bars if self.origin is not None else None
        if self.kind != "loop" and bars is None:
            raise InvalidRequest(f"A {self.kind} needs its length in bars.")
        most = MAX_MOTION_LOOPS * self.request.bars
        if self.kind == "motion" and bars is not None and (bars % self.request.bars or not 0 < bars <= most):
            raise InvalidRequest(f"A motion of loops of {self.request.bars} bars is not {bars} bars long.")
        if self.kind == "passage":
            self._ramp()  # judges length and tempo

    @classmethod
    def of_loop(cls, loop: Loop, *, origin: Origin | None = None, knobs: Mapping[str, Any] | None = None) -> Self:
        """That of a loop that was rendered, with `origin` made from other sound."""
        return cls(loop.request, loop.pack_name, loop.pack_hash, knobs or {}, origin)

    @classmethod
    def of_motion(cls, loops: Sequence["Recipe"]) -> "Recipe":
        """That of loops that are played one after the other; the first one's is where it begins."""
        pads = [loop.request.noise for loop in loops]
        points = tuple((pad.x, pad.y) for pad in pads if pad is not None)
        origin = Origin("motion", bars=sum(loop.bars for loop in loops), points=points)
        return replace(loops[0], origin=origin, kind="motion")

    @classmethod
    def of_passage(
        cls, leads_to: LoopRequest, ramp: TempoRamp, pack_name: str, pack_hash: str, origin: Origin
    ) -> Self:
        """That of a passage along `ramp` to the loop of `leads_to`."""
        request = leads_to.with_(tempo_bpm=ramp.to_bpm)
        origin = replace(origin, bars=ramp.bars, from_bpm=ramp.from_bpm)
        return cls(request, pack_name, pack_hash, origin=origin, kind="passage")

    @property
    def bars(self) -> int:
        """Length in bars."""
        if self.kind == "loop" or self.origin is None or self.origin.bars is None:
            return self.request.bars
        return self.origin.bars

    @property
    def beats(self) -> int:
        """Length in beats."""
        return self.bars * BEATS_PER_BAR

    @property
    def seconds(self) -> float:
        """Length in seconds, before rounding to samples."""
        return self._ramp().seconds if self.kind == "passage" else self.beats * 60 / self.request.tempo_bpm

    @property
    def noise_seed(self) -> int | None:
        """The seed whose noise alone gave this loop; None when its noise came from elsewhere."""
        return None if self.origin or self.request.noise is not None else self.request.seed

    def fits(self, samples: int, sample_rate: int) -> bool:
        """Whether a sound of `samples` samples still has the length that this was written for.

        What was cut or stretched since then is not what its recipe says, and must not be taken for it.
        """
        return abs(samples / sample_rate - self.seconds) <= SPARE_SECONDS + SPARE_SHARE * self.seconds

    def to_json(self) -> str:
        """One line of JSON, as export writes it into a file and the bank into its table."""
        told: dict[str, Any] = {
            "loopgen_recipe": SCHEMA,
            _REQUEST_OF[self.kind]: self.request.to_dict(),
            "pack": {"name": self.pack_name, "hash": self.pack_hash},
        }
        if self.knobs:
            told["knobs"] = dict(self.knobs)
        if self.origin is not None:
            told["origin"] = self.origin.to_dict()
        return json.dumps(told)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a recipe of this schema or the one before; raises `InvalidRequest` on any other text."""
        found = _read_object(text)
        kind, request = _request_in(found)
        pack, knobs, origin = (
            value if isinstance(value := found.get(name), Mapping) else {} for name in ("pack", "knobs", "origin")
        )
        name, digest = (str(value) if _is_text(value := pack.get(key)) else "" for key in ("name", "hash"))
        return cls(LoopRequest.from_dict(request), name, digest, knobs, Origin.from_dict(origin), kind)

    def _ramp(self) -> TempoRamp:
        """A passage's tempo; where it begins is not known of all of them, and then it has one."""
        before = self.origin.from_bpm if self.origin is not None else None
        return TempoRamp(before or self.request.tempo_bpm, self.request.tempo_bpm, self.bars)


def find_recipe(comment: str | None) -> Recipe | None:
    """The recipe in the comment of a file; None where there is none, or one that this LoopGen cannot read."""
    try:
        return Recipe.from_json(comment) if comment else None
    except InvalidRequest:
        return None


def _read_object(text: str) -> Mapping[str, Any]:
    try:
        found: Any = read_document(text, most_bytes=_MAX_CHARACTERS, levels=_MAX_LEVELS)
    except DocumentError as error:
        raise InvalidRequest("This file carries no LoopGen recipe.") from error
    if not isinstance(found, Mapping):
        raise InvalidRequest("This file carries no LoopGen recipe.")
    schema = found.get("loopgen_recipe", 1)
    if isinstance(schema, int) and schema > SCHEMA:
        raise InvalidRequest(f"This file's recipe was written by a newer LoopGen (format {schema}).")
    return found


def _request_in(found: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]]:
    """The request of a recipe, and what kind of sound it gives."""
    for kind, name in _REQUEST_OF.items():
        request = found.get(name)
        if isinstance(request, Mapping) and request.keys() >= _ALWAYS:
            return kind, request
    if found.keys() >= _ALWAYS:  # a request by itself, as `LoopRequest.to_dict` gives it
        return "loop", found
    raise InvalidRequest("This file carries no LoopGen recipe.")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_TEXT


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e9 < value < 1e9  # neither is NaN


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_SEED


def _is_point(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(_is_number(n) and 0 <= n <= 1 for n in value)
