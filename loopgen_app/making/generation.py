"""What the engine's service makes for the window: its callbacks become Qt signals in the window's thread."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from engine import (
    AudioFile,
    Loop,
    LoopGenError,
    LoopRequest,
    PackInfo,
    PackWords,
    Pattern,
    Recipe,
    ServiceEvents,
    StepReport,
)
from loopgen_app.background import Background, Work
from loopgen_app.making.service import Service, Task, load_pack
from loopgen_app.state.loop_audio import Audio
from loopgen_app.state.loop_bank import BankedLoop, LoopBank, loop_name
from loopgen_app.state.loop_names import distinct_name, short_name

PREVIEW_FROM_STEPS = 8
"""Shorter runs are over before a preview would be seen, and live playing has no time to spend on one."""

PREVIEW_SECONDS = 0.4
PREVIEW_SHARE = 8.0
"""Between previews the sampler gets at least this many times the time that a preview takes."""


@dataclass(frozen=True)
class GenerationState:
    """Where generation stands: the model, and the job at hand (`step` of `num_steps`, loop `index` of `count`).

    `doing` names a task, and is empty for loops of requests. `words` are those the pack takes; None when it takes
    none, and before it is ready; `info` says what else it knows.
    """

    model: Literal["loading", "ready", "failed"] = "loading"
    pack: str = ""
    words: PackWords | None = None
    info: PackInfo | None = None
    busy: bool = False
    step: int = 0
    num_steps: int = 0
    index: int = 0
    count: int = 0
    doing: str = ""

    @property
    def fraction(self) -> float:
        """Share of all work that is done, 0 to 1."""
        if not self.busy or not self.count:
            return 0.0
        return (self.index + self.step / max(1, self.num_steps)) / self.count


@dataclass(frozen=True, eq=False)
class Finished:
    """Sound `audio` [2, T] that came out of the engine, as the bank keeps it; without a name it is named there."""

    audio: Audio
    sample_rate: int
    recipe: Recipe
    loudness_lufs: float
    name: str = ""
    composed: Pattern = field(default_factory=Pattern)


@dataclass(frozen=True, eq=False)
class Made:
    """A loop that was made: its row in the bank (None when it could not be kept), its sound, and its wish.

    `composed` is what the engine wrote into the parts that were open.
    """

    banked: BankedLoop | None
    audio: Audio
    sample_rate: int
    recipe: Recipe
    live: bool
    loudness_lufs: float
    composed: Pattern
    trouble: str = ""
    name: str = ""


class Generation(QObject):
    """Submits requests and tells what becomes of them. Newest wins: what was asked before ends without a word."""

    stateChanged = Signal(object)
    previewed = Signal(object)
    made = Signal(object)
    taskStarted = Signal()
    done = Signal(object)
    finished = Signal()
    failed = Signal(str)
    unavailable = Signal(str)

    def __init__(
        self,
        make_service: Callable[[ServiceEvents], Service],
        bank: LoopBank,
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bank, self._background = bank, background
        self._state = GenerationState()
        self._ids: tuple[int, ...] = ()
        self.composes: Callable[[LoopRequest], Pattern] | None = None
        """What the pack composes by, once one is there."""
        self.runs = 0
        """How often something was asked for: who asked last can tell that nobody has since."""
        self._knobs: dict[str, Any] = {}
        self._live = self._takes = False
        self._preview_at = 0.0
        # The service's lock is held while it tells of a loop: the disk is left to another thread.
        self._keeper = background.line("bank")
        self._service: Service = make_service(
            ServiceEvents(
                on_ready=lambda info: background.tell(partial(self._take_ready, info)),
                on_unavailable=lambda error: background.tell(partial(self._take_unavailable, error)),
                on_progress=self._on_progress,
                on_loop=self._on_loop,
                on_result=self._on_result,
                on_error=lambda job, error: background.tell(partial(self._take_error, job, error)),
            )
        )

    @property
    def state(self) -> GenerationState:
        """Where generation stands."""
        return self._state

    def generate(
        self, requests: Sequence[LoopRequest], knobs: dict[str, Any], *, live: bool = False, takes: bool = False
    ) -> None:
        """Render `requests` instead of everything asked before; `knobs` go into their recipes.

        `live` loops replace what plays as soon as they can and take no time for previews; they, and `takes`, are
        called like the loop of their seed that is there.
        """
        self._knobs, self._live, self._takes = knobs, live, live or takes
        self._preview_at = time.monotonic() + PREVIEW_SECONDS
        self._set(busy=True, step=0, num_steps=requests[0].evaluated_steps, index=0, count=len(requests), doing="")
        self.runs += 1
        self._ids = self._service.submit_batch(requests)

    def run(self, task: Task, doing: str) -> None:
        """Run `task` instead of everything asked before; `done` tells what it returned, as `Made` when that is sound.

        `doing` says what it does, for the user.
        """
        self._live, self._takes, self._preview_at = (
            False,
            False,
            math.inf,
        )  # what is walked backwards is no picture of a loop
        self._set(busy=True, step=0, num_steps=0, index=0, count=1, doing=doing)
        self.runs += 1
        self._ids = (self._service.submit_task(task),)
        self.taskStarted.emit()

    def cancel(self) -> None:
        """Stop generating; what plays goes on."""
        self._ids = ()
        self._service.cancel()
        self._set(busy=False)

    def embed_sound(
        self,
        sound: Callable[[], AudioFile],
        done: Callable[[tuple[float, ...]], object],
        failed: Callable[[Exception], object],
        part: str | None = None,
    ) -> Work:
        """Listen to `sound()`, which is called on the worker: `done` is told its embedding, or how `part` sounds in
        it, or `failed` why not."""
        return self._background.follow(self._service.embed_sound(sound, part), done, failed)

    def look(self, task: Task, done: Callable[[Any], object], failed: Callable[[Exception], object]) -> Work:
        """Run `task` while nothing is asked for: `done` is told what it returned, or `failed` that it was ended."""
        return self._background.follow(self._service.look(task), done, failed)

    def open_pack(self, folder: Path) -> None:
        """Load another model pack in the background; the one before stays until that has worked."""
        self._set(model="loading")
        self._service.replace_renderer(lambda: load_pack(folder))

    def close(self) -> None:
        """Cancel, and wait for the worker; what is being kept is the background's to end."""
        self._ids = ()
        self._service.close()

    # ---- worker thread: hand over and return --------------------------------------------------------------------

    def _on_progress(self, job: int, report: StepReport) -> None:
        audio: Audio | None = None
        now = time.monotonic()
        due = not self._live and report.num_steps >= PREVIEW_FROM_STEPS and report.step < report.num_steps
        if due and now >= self._preview_at:
            audio = report.preview()
            cost = time.monotonic() - now
            self._preview_at = now + cost + max(PREVIEW_SECONDS, PREVIEW_SHARE * cost)
        self._background.tell(partial(self._take_progress, job, report.step, report.num_steps, audio))

    def _on_loop(self, job: int, loop: Loop) -> None:
        recipe = Recipe.of_loop(loop, knobs=self._knobs)
        finished = Finished(loop.audio, loop.sample_rate, recipe, loop.loudness_lufs, composed=loop.composed)
        self._keep_soon(job, finished, self._take_loop, live=self._live, take=self._takes)

    def _on_result(self, job: int, outcome: Any) -> None:
        if isinstance(outcome, Finished):
            self._keep_soon(job, outcome, self._take_result, live=False, take=False)
        else:
            self._background.tell(partial(self._take_result, job, outcome))

    def _keep_soon(
        self, job: int, sound: Finished, tell: Callable[[int, Made], object], *, live: bool, take: bool
    ) -> None:
        def failed(error: Exception) -> None:  # a mistake of ours: the window must not wait for ever for this loop
            words = f"The loop could not be kept ({type(error).__name__}). The log has details."
            self._take_error(job, LoopGenError(words))

        self._keeper.start(lambda: self._keep(sound, live=live, take=take), partial(tell, job), failed)

    def _keep(self, sound: Finished, *, live: bool, take: bool) -> Made:
        banked, trouble = None, ""
        level, request = sound.loudness_lufs, sound.recipe.request
        name = short_name(sound.name or loop_name(request))
        try:
            name = distinct_name(name, request.seed, self._bank.named(name), take=take)
            banked = self._bank.add(sound.audio, sound.sample_rate, sound.recipe, name=name, loudness_lufs=level)
        except LoopGenError as error:
            trouble = str(error)
        return Made(
            banked, sound.audio, sound.sample_rate, sound.recipe, live, level, sound.composed, trouble, name
        )  # fmt: skip

    # ---- window's thread ----------------------------------------------------------------------------------------

    def _take_ready(self, info: PackInfo) -> None:
        self.composes = info.composes
        self._set(model="ready", pack=info.name, words=info.words, info=info)

    def _take_unavailable(self, error: LoopGenError) -> None:
        self._set(model="ready" if self._state.pack else "failed")
        self.unavailable.emit(str(error))

    def _take_progress(self, job: int, step: int, num_steps: int, preview: Audio | None) -> None:
        if job in self._ids:
            self._set(step=step, num_steps=num_steps, index=self._ids.index(job))
            if preview is not None:
                self.previewed.emit(preview)

    def _take_loop(self, job: int, made: Made) -> None:
        if job not in self._ids:
            return  # superseded while it was being kept: it is in the bank, and it is not heard
        last = job == self._ids[-1]
        self.made.emit(made)
        if last and job in self._ids:
            self._ids = ()
            self._set(busy=False)
            self.finished.emit()

    def _take_result(self, job: int, outcome: object) -> None:
        if job in self._ids:
            self._ids = ()
            self._set(busy=False)
            self.done.emit(outcome)
            self.finished.emit()

    def _take_error(self, job: int, error: LoopGenError) -> None:
        if job in self._ids:
            self._ids = ()
            self._service.cancel()
            self._set(busy=False)
            self.failed.emit(str(error))

    def _set(self, **changes: Any) -> None:
        state = replace(self._state, **changes)
        if not state.busy:
            state = replace(state, doing="")
        if state != self._state:
            self._state = state
            self.stateChanged.emit(state)
