"""A loop to rework: where it was read, what it is, and what was wrong with one that could not be.

The engine's part is imported when a loop is read: it brings scipy, which the first window does not need.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine import LoopGenError, Recipe
from loopgen_app.state.loop_audio import Audio

if TYPE_CHECKING:
    from engine import SourceLoop

SAMPLE_RATE = 44_100
SURE = 0.5
"""Confidence of the beat tracker below which the user is asked to look."""


@dataclass(frozen=True)
class ReadRequest:
    """A file to read as a loop: at `tempo_bpm` unless it is known, and with `fit` "trim" or "stretch" made whole."""

    path: Path
    tempo_bpm: float | None = None
    fit: str | None = None


@dataclass(frozen=True)
class ReadProblem:
    """Why a file is no loop, in one sentence, and what is possible: a cut to bars, a tempo at which it is whole.

    `tempo_bpm` is what the file says of itself, where it does.
    """

    text: str
    tempo_bpm: float | None = None
    trim_bars: int | None = None
    stretch_bpm: float | None = None


@dataclass(frozen=True, eq=False)
class Source:
    """A loop to work on. `wish` is None for one of the bank, `recipe` for sound from elsewhere."""

    loop: SourceLoop
    wish: ReadRequest | None = None
    recipe: Recipe | None = None

    @property
    def noise_seed(self) -> int | None:
        """The seed whose noise gave it, where that is known."""
        return self.recipe.noise_seed if self.recipe is not None else None

    @property
    def remark(self) -> str:
        """What the user should know about how it was read; empty when there is nothing."""
        loop = self.loop
        words = list(loop.remarks)
        if loop.tempo_from == "sound":
            unsure = loop.confidence < SURE
            heard = "Its tempo was found by listening"
            words.insert(0, f"{heard} and may be wrong: check it." if unsure else f"{heard}.")
        return " ".join(words)


def read(wish: ReadRequest) -> Source | ReadProblem:
    """Read the file of `wish`; takes up to some seconds."""
    from engine import NotWholeBars, TempoUnsure, read_source  # noqa: PLC0415

    try:
        loop = read_source(wish.path, SAMPLE_RATE, tempo_bpm=wish.tempo_bpm, fit=wish.fit)
    except NotWholeBars as error:
        offers = "" if error.trim_bars or error.stretch_bpm else " Type another tempo."
        return ReadProblem(
            f"{error.lasts}: not whole bars.{offers}", error.tempo_bpm, error.trim_bars, error.stretch_bpm
        )
    except TempoUnsure:
        return ReadProblem(f"The tempo of {wish.path.name} cannot be heard surely. Type it.")
    except LoopGenError as error:
        return ReadProblem(str(error))
    return Source(loop, wish, loop.recipe)


def of_bank(name: str, audio: Audio, sample_rate: int, recipe: Recipe) -> Source | ReadProblem:
    """A loop of the bank as a source: all is known of it."""
    from engine import SourceLoop  # noqa: PLC0415

    if recipe.kind == "passage":
        return ReadProblem(f"{name} is a transition: only loops can be reworked.")
    if recipe.kind == "motion":
        return ReadProblem(f"{name} is several loops in a row: only one can be reworked.")
    try:
        loop = SourceLoop.from_audio(audio, sample_rate, recipe.request, name)
    except LoopGenError as error:
        return ReadProblem(str(error))
    return Source(loop, recipe=recipe)
