"""The one door to background work: its result, or its error, comes back in the window's thread."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from engine import LoopGenError

log = logging.getLogger(__name__)
T = TypeVar("T")
Call = Callable[[], object]


class Work:
    """A piece of work: `done` is called with what `do` returns, or `failed` with what it raises."""

    def __init__(
        self,
        name: str,
        do: Callable[[], Any],
        done: Callable[[Any], object],
        failed: Callable[[Exception], object],
    ) -> None:
        self._name, self._do, self._done, self._failed = name, do, done, failed
        self._cancelled = False

    def cancel(self) -> None:
        """Never begin it; after a call in the window's thread neither `done` nor `failed` is called any more."""
        self._cancelled = True

    def run(self, tell: Callable[[Call], object]) -> None:
        """Do it now and `tell` how it ended; unexpected errors are logged as well."""
        if self._cancelled:
            return
        try:
            outcome = self._do()
        except CancelledError:
            return
        except LoopGenError as error:
            tell(partial(self._end, self._failed, error))
        except Exception as error:
            log.exception("%s failed", self._name)
            tell(partial(self._end, self._failed, error))
        else:
            tell(partial(self._end, self._done, outcome))

    def _end(self, listener: Callable[[Any], object], outcome: Any) -> None:
        if not self._cancelled:
            listener(outcome)


class Line(Protocol):
    """Work that is done one piece after the other, in the order in which it was asked for."""

    def start(self, do: Callable[[], T], done: Callable[[T], object], failed: Callable[[Exception], object]) -> Work:
        """Have `do()` done, and return at once; thread safe.

        In the window's thread follows `done` with what it gave, or `failed` with the exception that it raised.
        """


class Background(Protocol):
    """Where the window has its work done, and how others reach the window's thread."""

    def line(self, name: str, *, newest: bool = False) -> Line:
        """A new line. Where `newest` wins, each start cancels everything before it in the line."""

    def follow(self, future: Future[T], done: Callable[[T], object], failed: Callable[[Exception], object]) -> Work:
        """Tell in the window's thread how `future` ends; one that is cancelled is not told."""

    def tell(self, call: Call) -> None:
        """Make `call` in the window's thread, after what was told before; returns at once, on any thread."""

    def close(self) -> None:
        """End the lines: waiting work is done first, except where the newest wins. Nothing is told any more."""


class WindowBackground(QObject):
    """The background of a running window: a thread for each line."""

    _told = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: list[ThreadLine] = []
        self._closed = False
        self._told.connect(self._make, Qt.ConnectionType.QueuedConnection)

    def line(self, name: str, *, newest: bool = False) -> "ThreadLine":
        """A new line, on a thread of its own."""
        self._lines.append(ThreadLine(name, self.tell, newest=newest))
        return self._lines[-1]

    def follow(self, future: Future[T], done: Callable[[T], object], failed: Callable[[Exception], object]) -> Work:
        """Tell in the window's thread how `future` ends."""
        work = Work("work that was handed on", future.result, done, failed)
        future.add_done_callback(lambda _future: work.run(self.tell))
        return work

    def tell(self, call: Call) -> None:
        """Make `call` in the window's thread."""
        self._told.emit(call)

    def close(self) -> None:
        """End the threads of all lines."""
        self._closed = True
        for line in self._lines:
            line.close()

    def _make(self, call: Call) -> None:
        if not self._closed:
            call()


class ThreadLine:
    """A `Line` on a thread of its own."""

    def __init__(self, name: str, tell: Callable[[Call], object], *, newest: bool) -> None:
        self._name, self._tell, self._newest = name, tell, newest
        self._waiting: deque[Work] = deque()
        self._last: Work | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def start(self, do: Callable[[], T], done: Callable[[T], object], failed: Callable[[Exception], object]) -> Work:
        """Have `do()` done; a line that was closed does nothing any more."""
        work = Work(self._name, do, done, failed)
        with self._changed:
            if self._newest:
                self._waiting.clear()
                if self._last is not None:
                    self._last.cancel()
            if not self._closing:
                self._last = work
                self._waiting.append(work)
            self._changed.notify()
        return work

    def close(self) -> None:
        """End the thread; waiting work is done first, except where the newest wins."""
        with self._changed:
            self._closing = True
            if self._newest:
                self._waiting.clear()
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._waiting)
                if not self._waiting:
                    return
                work = self._waiting.popleft()
            work.run(self._tell)
