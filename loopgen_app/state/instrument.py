"""The instrument as it stands: the value of every knob, its history, and the request it would make."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import InvalidRequest, LoopRequest, Recipe
from loopgen_app.state.events import Event
from loopgen_app.state.parameter import Parameter, to_json
from loopgen_app.state.parameters import PARAMETERS, build_request, defaults, values_of

MERGE_SECONDS = 0.7
"""Changes of one knob closer together than this (a wheel, typing) are one step of undo."""

MAX_HISTORY = 500
AROUND_REQUEST = ("pattern", "muted", "pad_locks", "variations", "reference_name")
"""Knobs of a recipe that its request does not know, or not all of."""
PAD = ("pad_corners", "pad_x", "pad_y")
"""Knobs that are taken from the pad's requests, not from the window: motions and variations move no control."""

FRIENDLY_SEEDS = 1_000_000
"""Drawn seeds stay below this so that a musician can read one out loud."""


@dataclass
class Step:
    """One step of undo: the knobs it changed, before and after."""

    label: str
    before: dict[str, Any]
    after: dict[str, Any] = field(default_factory=dict)
    at: float = 0.0
    sealed: bool = False


class Instrument:
    """Values of all knobs with undo and redo. `changed(id)` is emitted after every change, in the caller's thread;
    `restored()` when they are where they were as a sound was made that is there already.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, random_source: random.Random | None = None
    ) -> None:
        self.changed: Event[str] = Event()
        self.restored: Event[[]] = Event()
        self.history_changed: Event[[]] = Event()
        self._values = defaults()
        self._undo: list[Step] = []
        self._redo: list[Step] = []
        self._clock = clock
        self._random = random_source or random.Random()
        self._gesture: Step | None = None
        self._asked: LoopRequest | None = None

    def value(self, knob: str) -> Any:
        """The present value of `knob`."""
        return self._values[knob]

    def values(self) -> dict[str, Any]:
        """A copy of all values."""
        return dict(self._values)

    def set(self, knob: str, value: Any) -> None:
        """Turn one knob; out-of-range values raise `InvalidRequest` and change nothing."""
        self.set_many({knob: value}, PARAMETERS[knob].label)

    def set_many(self, changes: Mapping[str, Any], label: str) -> None:
        """Turn several knobs as one step of undo, or as part of the gesture under way."""
        clean = {knob: PARAMETERS[knob].clean(value) for knob, value in changes.items()}
        clean = {knob: value for knob, value in clean.items() if value != self._values[knob]}
        if clean:
            self._record(clean, label)
            self._apply(clean)

    def begin_gesture(self, label: str) -> None:
        """From here to `end_gesture` (a drag) all changes are one step of undo."""
        self._gesture = Step(label, {}, at=self._clock())

    def end_gesture(self) -> None:
        """Close the gesture; an empty one leaves no trace."""
        if self._gesture is not None:
            self._gesture.sealed = True
        self._gesture = None

    def _record(self, changes: Mapping[str, Any], label: str) -> None:
        now = self._clock()
        step = self._gesture
        if step is None:
            last = self._undo[-1] if self._undo and not self._redo else None
            fresh = last is not None and now - last.at < MERGE_SECONDS and not last.sealed
            step = last if last is not None and fresh and set(last.after) == set(changes) else Step(label, {})
        if not any(step is known for known in self._undo[-1:]):
            self._undo.append(step)
            del self._undo[:-MAX_HISTORY]
        for knob, value in changes.items():
            step.before.setdefault(knob, self._values[knob])
            step.after[knob] = value
        step.at = now
        self._redo.clear()
        self.history_changed.emit()

    def _apply(self, changes: Mapping[str, Any]) -> None:
        self._values.update(changes)
        for knob in changes:
            self.changed.emit(knob)

    @property
    def undo_label(self) -> str | None:
        """What Undo would take back, or None."""
        return self._undo[-1].label if self._undo else None

    @property
    def redo_label(self) -> str | None:
        """What Redo would bring back, or None."""
        return self._redo[-1].label if self._redo else None

    def undo(self) -> None:
        """Take back the last step; nothing happens at the beginning of history."""
        if self._undo:
            self.end_gesture()
            step = self._undo.pop()
            self._redo.append(step)
            self._apply(step.before)
            self.history_changed.emit()

    def redo(self) -> None:
        """Bring back what Undo took."""
        if self._redo:
            step = self._redo.pop()
            step.sealed = True
            self._undo.append(step)
            self._apply(step.after)
            self.history_changed.emit()

    def request(self, **overrides: Any) -> LoopRequest:
        """The request the knobs ask for, with some values overridden for this one."""
        return build_request({**self._values, **overrides})

    def next_request(self) -> LoopRequest:
        """The request of a press on Generate.

        It has a new seed unless the seed is locked, the pad decides, or something that is composed by was changed
        since the last request: the parts that are shown as composed are then those that come.
        """
        as_shown = self.request().score() != self._asked
        if not (as_shown or self._values["seed_locked"] or self._values["pad_on"]):
            self.draw_seed()
        request = self.request()
        self.note_asked(request)
        return request

    def note_asked(self, request: LoopRequest) -> None:
        """Remember that a loop of `request` is being made, or is at hand."""
        self._asked = request.score()

    def draw_seed(self) -> int:
        """Set and return a new random seed."""
        self.set("seed", self.random_seed())
        return int(self._values["seed"])

    def random_seed(self) -> int:
        """A seed that is short enough to remember."""
        return self._random.randrange(1, FRIENDLY_SEEDS)

    def reroll_corners(self) -> None:
        """New noises in every corner of the pad that is not locked."""
        corners = zip(self._values["pad_corners"], self._values["pad_locks"], strict=True)
        fresh = tuple(seed if locked else self.random_seed() for seed, locked in corners)
        self.set("pad_corners", fresh)

    def set_corner(self, corner: int, seed: int, *, pad_on: bool = False) -> bool:
        """Put a noise in a corner of the pad, switched on by `pad_on`; returns False for a locked one: it stays."""
        if self._values["pad_locks"][corner]:
            return False
        corners = list(self._values["pad_corners"])
        corners[corner] = seed
        switched = {"pad_on": True} if pad_on else {}
        self.set_many({"pad_corners": tuple(corners), **switched}, "Corner of the pad")
        return True

    def restore_request(
        self, request: LoopRequest, around: Mapping[str, Any] | None = None, label: str = "Restore loop"
    ) -> None:
        """Turn every knob to where it was when `request` was made, and those it does not know to `around`."""
        self.set_many({**values_of(request), **self._readable(around or {})[0]}, label)

    def restore_recipe(self, recipe: Recipe, label: str = "Restore loop") -> None:
        """Turn every knob to where it was when the sound of `recipe` was made, and tell that it is there."""
        names = AROUND_REQUEST if recipe.request.noise is not None else AROUND_REQUEST + PAD
        around = {knob: recipe.knobs[knob] for knob in names if knob in recipe.knobs}
        self.restore_request(recipe.request, around, label)
        self.note_asked(recipe.request)  # that loop is there: the next press is for another one
        self.restored.emit()

    def _readable(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
        good: dict[str, Any] = {}
        bad = []
        for knob, value in values.items():
            try:
                good[knob] = PARAMETERS[knob].clean(value)
            except (KeyError, InvalidRequest):
                bad.append(knob)
        return good, tuple(bad)

    def to_json(self) -> dict[str, Any]:
        """Every value as plain JSON, for sessions and recipes."""
        return {knob: to_json(value) for knob, value in self._values.items()}

    def restore_json(self, values: Mapping[str, Any], label: str = "Open session") -> tuple[str, ...]:
        """Turn the knobs that `values` names; returns the names of those that could not be (another version's)."""
        good, bad = self._readable(values)
        self.set_many(good, label)
        return bad

    def reset(self, knob: str) -> None:
        """Back to the default."""
        self.set(knob, PARAMETERS[knob].default)


def knob(name: str) -> Parameter:
    """The declaration of `name`; raises KeyError for a knob that does not exist."""
    return PARAMETERS[name]


__all__ = ["Instrument", "Step", "knob"]
