"""Where learning from sounds stands, as the window shows it: plain data, changed by what the process tells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from engine import LearningTold

Phase = Literal["idle", "looking", "looked", "learning", "pausing", "paused", "done", "failed"]
BUSY: Final = ("looking", "learning", "pausing")
MAX_POINTS: Final = 4000
"""Of a curve; of a longer one every second goes."""
MAX_FILES: Final = 100_000
MAX_REMARKS: Final = 50


@dataclass(frozen=True)
class HeldOutLosses:
    """A point of the held-out losses: of the folder and of what was known, and whether it is the best so far."""

    minutes: float
    folder: float
    known: float
    best: bool


@dataclass(frozen=True)
class LearningState:
    """`files` are what was looked at, in order; `left_out` the paths of those that are not learnt from. `doing` says
    what goes on, `words` how it ended. `losses` are (minutes, loss), `heard` the held-out losses, `previews`
    (minutes, path); `pack` is the folder of what was learnt."""

    phase: Phase = "idle"
    source: str = ""
    files: tuple[LearningTold, ...] = ()
    left_out: frozenset[str] = frozenset()
    doing: str = ""
    words: str = ""
    minutes: float = 0.0
    of_minutes: float = 0.0
    losses: tuple[tuple[float, float], ...] = ()
    heard: tuple[HeldOutLosses, ...] = ()
    previews: tuple[tuple[float, str], ...] = ()
    remarks: tuple[str, ...] = ()
    pack: str = ""

    @property
    def busy(self) -> bool:
        """Whether the process is at work."""
        return self.phase in BUSY

    @property
    def usable(self) -> tuple[LearningTold, ...]:
        """The files that can be learnt from and are not left out."""
        return tuple(told for told in self.files if told.usable and told.path not in self.left_out)

    @property
    def fraction(self) -> float:
        """Share of the minutes that are learnt, 0 to 1."""
        return min(1.0, self.minutes / self.of_minutes) if self.of_minutes else 0.0

    def tick(self, path: str, wanted: bool) -> "LearningState":
        """With a file learnt from, or left out."""
        return replace(self, left_out=self.left_out - {path} if wanted else self.left_out | {path})

    def heard_of(self, told: LearningTold) -> "LearningState":
        """After what the process told."""
        take = _TAKEN.get(told.kind)
        return replace(self, **take(self, told)) if take is not None else self

    def ended(self, words: str) -> "LearningState":
        """After the process ended, with what went wrong, if anything."""
        if not self.busy and not words:
            return self
        return replace(self, phase="failed", doing="", words=words or "It ended before it was done; it can go on.")


def _thinned(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    return points if len(points) <= MAX_POINTS else points[::2]


@dataclass(frozen=True)
class WaitingRun:
    """A run that was paused or cut: its folder, and the name of the pack that it makes."""

    folder: Path
    name: str


def _file(state: LearningState, told: LearningTold) -> dict[str, Any]:
    return {"files": (*state.files, told)[:MAX_FILES]} if state.phase == "looking" else {}


def _step(state: LearningState, told: LearningTold) -> dict[str, Any]:
    losses = _thinned((*state.losses, (told.minutes, told.loss)))
    return {"minutes": told.minutes, "of_minutes": told.of_minutes, "losses": losses}


def _held_out(state: LearningState, told: LearningTold) -> dict[str, Any]:
    point = HeldOutLosses(told.minutes, told.folder, told.known, told.best)
    return {"heard": (*state.heard, point)[-MAX_POINTS:]}


def _done(state: LearningState, told: LearningTold) -> dict[str, Any]:
    if state.phase == "looking":
        return {"phase": "looked", "doing": "", "words": told.words}
    return {"phase": "done", "doing": "", "words": told.words, "pack": told.path}


def _paused(state: LearningState, _told: LearningTold) -> dict[str, Any]:
    return {"phase": "paused", "doing": "", "words": f"Paused after {state.minutes:.1f} minutes."}


_TAKEN: Final[Mapping[str, Callable[[LearningState, LearningTold], dict[str, Any]]]] = {
    "file": _file,
    "doing": lambda _state, told: {"doing": told.words},
    "remark": lambda state, told: {"remarks": (*state.remarks, told.words)[-MAX_REMARKS:]},
    "step": _step,
    "held-out": _held_out,
    "preview": lambda state, told: {"previews": (*state.previews, (told.minutes, told.path))},
    "paused": _paused,
    "done": _done,
    "problem": lambda _state, told: {"phase": "failed", "doing": "", "words": told.words},
}
"""What each kind of telling changes."""
