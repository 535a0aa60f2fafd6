"""Generation in the background: one worker thread, the newest request wins, exactly one outcome per request."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.io import AudioFile
from engine.errors import Cancelled, LoopGenError
from engine.loop import Loop, PackInfo
from engine.progress import Progress, StepReport
from engine.rendering.looks import Look, attempt
from engine.requests import LoopRequest

logger = logging.getLogger(__name__)


class Renderer(Protocol):
    """What makes loops: a `LoopPipeline`, or a fake in tests."""

    @property
    def info(self) -> PackInfo:
        """The pack it plays."""

    def render(self, request: LoopRequest, *, progress: Progress | None = None) -> Loop:
        """The loop of `request`; `progress` is told of each step, and raises `Cancelled` where it is to stop."""

    def embed_sound(self, audio: NDArray[np.float32], sample_rate: int) -> tuple[float, ...]:
        """The embedding of a sound `audio [C, T]`, for `LoopRequest.reference`."""

    def embed_voice(self, part: str, audio: NDArray[np.float32], sample_rate: int) -> tuple[float, ...]:
        """How `part` sounds in `audio [C, T]`, for `LoopRequest.voices`."""


def _ignore(*_: object) -> None: ...


@dataclass(frozen=True)
class ServiceEvents:
    """Who is told what; all are called on the worker thread, one at a time, and must not wait for another thread.

    Each id ends in exactly one of `on_loop`, `on_result`, `on_error` and `on_cancelled`. Once `cancel` or one of the
    `submit` methods has returned, older ids only end in `on_cancelled` (progress that was being told may still
    come).
    """

    on_ready: Callable[[PackInfo], None] = _ignore
    """A renderer was loaded; requests are played with it from now on."""
    on_unavailable: Callable[[LoopGenError], None] = _ignore
    """A renderer could not be loaded; the one before, if any, stays."""
    on_progress: Callable[[int, StepReport], None] = _ignore
    """A step is done. The report's `preview()` may be called here and nowhere else."""
    on_loop: Callable[[int, Loop], None] = _ignore
    on_result: Callable[[int, Any], None] = _ignore
    """A task is done, and this is what it returned."""
    on_error: Callable[[int, LoopGenError], None] = _ignore
    on_cancelled: Callable[[int], None] = _ignore


Task = Callable[[Renderer, Progress], Any]
"""Work with a renderer that is more than one request, such as a variation or a transition."""


@dataclass(eq=False)
class _Job:
    id: int
    work: LoopRequest | Task
    cancelled: threading.Event = field(default_factory=threading.Event)


@dataclass(eq=False)
class _Hearing:
    sound: Callable[[], AudioFile]
    part: str | None
    embedding: Future[tuple[float, ...]] = field(default_factory=Future)


class GenerationService:
    """Renders requests on a thread of its own. Every method is thread-safe and, but for `close`, non-blocking.

    `load` builds the renderer on the worker thread as soon as the service exists; requests submitted meanwhile wait.
    """

    def __init__(self, load: Callable[[], Renderer], events: ServiceEvents) -> None:
        self._events = events
        # Re-entrant, and held while an outcome is delivered: a loop can then never arrive after the call that
        # cancelled it, and the listener may call back into the service.
        self._changed = threading.Condition(threading.RLock())
        self._load: Callable[[], Renderer] | None = load
        self._renderer: Renderer | None = None
        self._load_error = LoopGenError("There is no model to render with.")
        self._queue: deque[_Job] = deque()
        self._hearings: dict[str | None, _Hearing] = {}
        self._current: _Job | None = None
        self._look: Look | None = None
        self._last_id = 0
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="generation", daemon=True)
        self._thread.start()

    def submit(self, request: LoopRequest) -> int:
        """Render `request` instead of everything submitted before; returns its id, which events will carry."""
        return self.submit_batch([request])[0]

    def submit_batch(self, requests: Iterable[LoopRequest]) -> tuple[int, ...]:
        """Render all `requests`, in order, instead of everything submitted before; returns their ids."""
        with self._changed:
            if self._closing:
                raise RuntimeError("The generation service is closed.")
            self.cancel()
            return self._enqueue(requests)

    def submit_task(self, task: Task) -> int:
        """Run `task` instead of everything submitted before; its id ends in `on_result` in place of `on_loop`."""
        with self._changed:
            if self._closing:
                raise RuntimeError("The generation service is closed.")
            self.cancel()
            return self._enqueue([task])[0]

    def _enqueue(self, work: Iterable[LoopRequest | Task]) -> tuple[int, ...]:
        self._end_look()
        jobs = [_Job(self._last_id + i, item) for i, item in enumerate(work, 1)]
        self._last_id += len(jobs)
        self._queue.extend(jobs)
        self._changed.notify()
        return tuple(job.id for job in jobs)

    def cancel(self) -> None:
        """Cancel everything queued or running; the running job stops after its current step."""
        with self._changed:
            for job in (*self._queue, self._current):
                if job is not None:
                    job.cancelled.set()
            self._changed.notify()

    def embed_sound(self, sound: Callable[[], AudioFile], part: str | None = None) -> Future[tuple[float, ...]]:
        """The embedding of `sound()` for `LoopRequest.reference`, or how a `part` sounds in it for
        `LoopRequest.voices`; made on the worker between two jobs.

        Newest wins: one that waits is cancelled by the next for the same part, or for none. The future ends in the
        embedding or a `LoopGenError`; its callbacks run on the worker, or in the thread that cancels.
        """
        hearing = _Hearing(sound, part)
        with self._changed:
            before, self._hearings[part] = self._hearings.get(part), hearing
            self._end_look()
            self._changed.notify()
        if before is not None:
            before.embedding.cancel()
        return hearing.embedding

    def look(self, task: Task) -> Future[Any]:
        """What `task` returns, which is run when there is nothing else to do.

        Whatever is asked of the service meanwhile ends it, the next look too: its future is cancelled, or ends in
        `Cancelled` where it had begun.
        """
        look = Look(task)
        with self._changed:
            self._end_look()
            self._look = look
            self._changed.notify()
        return look.outcome

    def _end_look(self) -> None:
        before, self._look = self._look, None
        if before is not None:
            before.end()

    def replace_renderer(self, load: Callable[[], Renderer]) -> None:
        """Load another renderer in the background; a running job ends with the old one, queued ones take the new."""
        with self._changed:
            self._load = load
            self._end_look()
            self._changed.notify()

    def close(self) -> None:
        """Cancel everything and wait for the worker to end; every open id has had its event then."""
        with self._changed:
            self._closing = True
            self._end_look()
            self.cancel()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work)
                if self._closing:
                    for waiting in self._hearings.values():
                        waiting.embedding.cancel()
                    while self._queue:
                        self._deliver(self._events.on_cancelled, self._queue.popleft().id)
                    return
                load, self._load = self._load, None
                hearing = None
                if load is None and self._hearings:
                    hearing = self._hearings.pop(next(iter(self._hearings)))
                idle = load is None and hearing is None
                job = self._current = self._queue.popleft() if idle and self._queue else None
                look = self._look if idle and job is None else None
            if load is not None:
                self._load_renderer(load)
            elif hearing is not None:
                self._hear(hearing)
            elif job is not None:
                self._run(job)
            elif look is not None:
                look.run(self._renderer, self._load_error)

    def _has_work(self) -> bool:
        look = self._look is not None and self._look.waiting
        return bool(self._closing or self._load or self._hearings or self._queue or look)

    def _load_renderer(self, load: Callable[[], Renderer]) -> None:
        loaded = attempt(load, "The model could not be loaded")
        with self._changed:
            if isinstance(loaded, LoopGenError):
                self._load_error = loaded
                self._deliver(self._events.on_unavailable, loaded)
            else:
                self._renderer = loaded
                self._deliver(self._events.on_ready, loaded.info)

    def _hear(self, hearing: _Hearing) -> None:
        renderer = self._renderer
        if not hearing.embedding.set_running_or_notify_cancel():
            return
        if renderer is None:
            hearing.embedding.set_exception(self._load_error)
            return

        def heard() -> tuple[float, ...]:
            file = hearing.sound()
            if hearing.part is not None:
                return renderer.embed_voice(hearing.part, file.audio, file.sample_rate)
            return renderer.embed_sound(file.audio, file.sample_rate)

        outcome = attempt(heard, "This sound could not be heard")
        if isinstance(outcome, LoopGenError):
            hearing.embedding.set_exception(outcome)
        else:
            hearing.embedding.set_result(outcome)

    def _run(self, job: _Job) -> None:
        renderer = self._renderer
        outcome: Any
        if job.cancelled.is_set():
            outcome = Cancelled("Cancelled.")
        elif renderer is None:
            outcome = self._load_error
        else:
            outcome = attempt(lambda: self._do(job, renderer), "This loop could not be rendered")
        with self._changed:
            self._current = None
            if job.cancelled.is_set() or isinstance(outcome, Cancelled):
                self._deliver(self._events.on_cancelled, job.id)
            elif isinstance(outcome, LoopGenError):
                self._deliver(self._events.on_error, job.id, outcome)
            elif isinstance(job.work, LoopRequest):
                self._deliver(self._events.on_loop, job.id, outcome)
            else:
                self._deliver(self._events.on_result, job.id, outcome)

    def _do(self, job: _Job, renderer: Renderer) -> Any:
        def tell(report: StepReport) -> None:
            self._progress(job, report)

        progress = Progress(tell, job.cancelled.is_set)
        if isinstance(job.work, LoopRequest):
            return renderer.render(job.work, progress=progress)
        return job.work(renderer, progress)

    def _progress(self, job: _Job, report: StepReport) -> None:
        # Without the lock: a preview takes a tenth of a second, for which nobody should have to wait.
        if not job.cancelled.is_set():
            self._deliver(self._events.on_progress, job.id, report)

    def _deliver(self, event: Callable[..., None], *values: Any) -> None:
        try:
            event(*values)
        except Exception:  # a listener's mistake must not take the worker with it
            logger.exception("A listener of the generation service failed.")
