"""The only bridge from the engine's service to the window: its callbacks become Qt signals in the window's thread."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from PySide6.QtCore import QObject, Qt, Signal

from engine import AudioFile, Loop, LoopGenError, LoopRequest, PackInfo, PackWords, Pattern, ServiceEvents, StepReport
from loopgen_app.state.loop_audio import Audio
from loopgen_app.state.loop_bank import BankedLoop, LoopBank
from loopgen_app.state.recipe import Recipe

log = logging.getLogger(__name__)

Task = Callable[[Any, Callable[[StepReport], None], Callable[[], bool]], Any]
"""Work for the engine's worker, as `GenerationService.submit_task` takes it; what it returns is told by `done`."""

PREVIEW_FROM_STEPS = 8
"""Shorter runs are over before a preview would be seen, and live playing has no time to spend on one."""

PREVIEW_SECONDS = 0.4
PREVIEW_SHARE = 8.0
"""Between previews the sampler gets at least this many times the time that a preview takes."""


def load_pack(folder: Path) -> Any:
    """Load a model pack; runs on the worker's thread, for this is where torch is imported."""
    from engine import LoopPipeline  # noqa: PLC0415 - the window is up long before this is needed

    return LoopPipeline.from_pack(folder)


class Service(Protocol):
    """What the bridge needs of a `GenerationService`."""

    def submit_batch(self, requests: Sequence[LoopRequest]) -> tuple[int, ...]:
        """Render all, in order, instead of everything before."""

    def submit_task(self, task: Task) -> int:
        """Run a task instead of everything before."""

    def cancel(self) -> None:
        """Cancel everything."""

    def hear(self, sound: Callable[[], AudioFile]) -> Future[tuple[float, ...]]:
        """The embedding of a sound."""

    def replace_renderer(self, load: Callable[[], Any]) -> None:
        """Load another pack."""

    def close(self) -> None:
        """Cancel and join."""


@dataclass(frozen=True)
class GenerationState:
    """Where generation stands: the model, and the job at hand (`step` of `num_steps`, loop `index` of `count`).

    `doing` names a task, and is empty for loops of requests. `words` are those the pack takes; None when it takes
    none, and before it is ready.
    """

    model: Literal["loading", "ready", "failed"] = "loading"
    pack: str = ""
    words: PackWords | None = None
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


@dataclass(frozen=True)
class Heard:
    """A sound that was listened to: its embedding, or what was wrong with it."""

    embedding: tuple[float, ...] = ()
    trouble: str = ""


class Generation(QObject):
    """Submits requests and tells what becomes of them. Newest wins: what was asked before is never heard of again."""

    stateChanged = Signal(object)
    previewed = Signal(object)
    made = Signal(object)
    taskStarted = Signal()
    done = Signal(object)
    finished = Signal()
    failed = Signal(str)
    unavailable = Signal(str)
    heard = Signal(object)
    _told = Signal(str, object)

    def __init__(
        self, make_service: Callable[[ServiceEvents], Service], bank: LoopBank, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._bank = bank
        self._state = GenerationState()
        self._ids: tuple[int, ...] = ()
        self._knobs: dict[str, Any] = {}
        self._live = False
        self._preview_at = 0.0
        self._listening: Future[tuple[float, ...]] | None = None
        self._keeper = ThreadPoolExecutor(1, thread_name_prefix="bank")
        self._told.connect(self._hear, Qt.ConnectionType.QueuedConnection)
        self._service: Service = make_service(
            ServiceEvents(
                on_ready=lambda info: self._told.emit("ready", info),
                on_unavailable=lambda error: self._told.emit("unavailable", error),
                on_progress=self._on_progress,
                on_loop=self._on_loop,
                on_result=self._on_result,
                on_error=lambda job, error: self._told.emit("error", (job, error)),
                on_cancelled=lambda job: self._told.emit("cancelled", job),
            )
        )

    @property
    def state(self) -> GenerationState:
        """Where generation stands."""
        return self._state

    def generate(self, requests: Sequence[LoopRequest], knobs: dict[str, Any], *, live: bool = False) -> None:
        """Render `requests` instead of everything asked before; `knobs` go into their recipes.

        `live` loops replace what plays as soon as they can and take no time for previews.
        """
        self._knobs, self._live = knobs, live
        self._preview_at = time.monotonic() + PREVIEW_SECONDS
        self._set(busy=True, step=0, num_steps=requests[0].num_steps, index=0, count=len(requests), doing="")
        self._ids = self._service.submit_batch(requests)

    def run(self, task: Task, doing: str) -> None:
        """Run `task` instead of everything asked before; `done` tells what it returned, as `Made` when that is sound.

        `doing` says what it does, for the user.
        """
        self._live, self._preview_at = False, math.inf  # what is walked backwards is no picture of a loop
        self._set(busy=True, step=0, num_steps=0, index=0, count=1, doing=doing)
        self._ids = (self._service.submit_task(task),)
        self.taskStarted.emit()

    def cancel(self) -> None:
        """Stop generating; what plays goes on."""
        self._ids = ()
        self._service.cancel()
        self._set(busy=False)

    def hear(self, sound: Callable[[], AudioFile]) -> None:
        """Listen to `sound()`, which is called on the worker; `heard` tells, of the newest alone."""
        self._listening = future = self._service.hear(sound)
        future.add_done_callback(lambda done: self._told.emit("heard", done))

    def stop_hearing(self) -> None:
        """What is being listened to is not told any more."""
        self._listening = None

    def open_pack(self, folder: Path) -> None:
        """Load another model pack in the background; the one before stays until that has worked."""
        self._set(model="loading")
        self._service.replace_renderer(lambda: load_pack(folder))

    def close(self) -> None:
        """Cancel, wait for the worker and for the bank."""
        self._ids = ()
        self._listening = None
        self._service.close()
        self._keeper.shutdown()

    # ---- worker thread: hand over and return --------------------------------------------------------------------

    def _on_progress(self, job: int, report: StepReport) -> None:
        audio: Audio | None = None
        now = time.monotonic()
        due = not self._live and report.num_steps >= PREVIEW_FROM_STEPS and report.step < report.num_steps
        if due and now >= self._preview_at:
            audio = report.preview()
            cost = time.monotonic() - now
            self._preview_at = now + cost + max(PREVIEW_SECONDS, PREVIEW_SHARE * cost)
        self._told.emit("progress", (job, report.step, report.num_steps, audio))

    def _on_loop(self, job: int, loop: Loop) -> None:
        # The service's lock is held here: the disk is left to another thread.
        recipe = Recipe(loop.request, loop.pack_name, loop.pack_hash, self._knobs)
        finished = Finished(loop.audio, loop.sample_rate, recipe, loop.loudness_lufs, composed=loop.composed)
        self._keep_soon("loop", job, finished, live=self._live)

    def _on_result(self, job: int, outcome: Any) -> None:
        if isinstance(outcome, Finished):
            self._keep_soon("result", job, outcome, live=False)
        else:
            self._told.emit("result", (job, outcome))

    def _keep_soon(self, what: str, job: int, sound: Finished, *, live: bool) -> None:
        def done(kept: Future[None]) -> None:
            error = kept.exception()
            if error is not None:  # a mistake of ours: the window must not wait for ever for this loop
                log.error("a loop could not be kept", exc_info=error)
                words = f"The loop could not be kept ({type(error).__name__}). The log has details."
                self._told.emit("error", (job, LoopGenError(words)))

        self._keeper.submit(self._keep, what, job, sound, live).add_done_callback(done)

    def _keep(self, what: str, job: int, sound: Finished, live: bool) -> None:
        banked, trouble = None, ""
        level = sound.loudness_lufs
        try:
            banked = self._bank.add(
                sound.audio, sound.sample_rate, sound.recipe, name=sound.name, loudness_lufs=level
            )
        except LoopGenError as error:
            trouble = str(error)
        made = Made(
            banked, sound.audio, sound.sample_rate, sound.recipe, live, level, sound.composed, trouble, sound.name
        )  # fmt: skip
        self._told.emit(what, (job, made))

    # ---- window's thread ----------------------------------------------------------------------------------------

    def _hear(self, what: str, news: Any) -> None:
        match what:
            case "ready":
                self._hear_ready(news)
            case "unavailable":
                self._set(model="ready" if self._state.pack else "failed")
                self.unavailable.emit(str(news))
            case "progress":
                self._hear_progress(*news)
            case "loop":
                self._hear_loop(*news)
            case "heard":
                self._hear_sound(news)
            case "result" if news[0] in self._ids:
                self._hear_result(news[1])
            case "error" if news[0] in self._ids:
                self._hear_error(news[1])

    def _hear_ready(self, info: PackInfo) -> None:
        self._set(model="ready", pack=info.name, words=info.words)

    def _hear_progress(self, job: int, step: int, num_steps: int, preview: Audio | None) -> None:
        if job in self._ids:
            self._set(step=step, num_steps=num_steps, index=self._ids.index(job))
            if preview is not None:
                self.previewed.emit(preview)

    def _hear_loop(self, job: int, made: Made) -> None:
        if job not in self._ids:
            return  # superseded while it was being kept: it is in the bank, and it is not heard
        last = job == self._ids[-1]
        self.made.emit(made)
        if last and job in self._ids:
            self._ids = ()
            self._set(busy=False)
            self.finished.emit()

    def _hear_sound(self, done: Future[tuple[float, ...]]) -> None:
        if done is not self._listening:
            return  # another sound is wanted by now, or none
        self._listening = None
        error = done.exception()
        self.heard.emit(Heard(trouble=str(error)) if error is not None else Heard(done.result()))

    def _hear_result(self, outcome: Any) -> None:
        self._ids = ()
        self._set(busy=False)
        self.done.emit(outcome)
        self.finished.emit()

    def _hear_error(self, error: LoopGenError) -> None:
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
