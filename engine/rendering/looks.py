"""What the worker does while nothing else is asked for, and how whatever goes wrong there becomes a sentence."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from engine.errors import LoopGenError
from engine.progress import Progress

logger = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(eq=False)
class Look:
    """A task that gives way to everything else: `outcome` is what it returns, or how it was ended."""

    task: Callable[[Any, Progress], Any]
    outcome: Future[Any] = field(default_factory=Future)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def waiting(self) -> bool:
        """Whether it was not begun, and not ended."""
        return not self.outcome.running() and not self.outcome.done()

    def end(self) -> None:
        """Something else is asked for: it is never begun, or ends after its current step."""
        self.ended.set()
        self.outcome.cancel()

    def run(self, renderer: Any, no_renderer: LoopGenError) -> None:
        """Run it on `renderer`; without one it ends in `no_renderer`."""
        if not self.outcome.set_running_or_notify_cancel():
            return
        progress = Progress(lambda _report: None, self.ended.is_set)
        found: Any = no_renderer
        if renderer is not None:
            found = attempt(lambda: self.task(renderer, progress), "This loop could not be looked at")
        if isinstance(found, LoopGenError):
            self.outcome.set_exception(found)
        else:
            self.outcome.set_result(found)


def attempt(action: Callable[[], T], failure: str) -> T | LoopGenError:
    """The result of `action`, or the error to show: the one place where whatever goes wrong becomes a sentence."""
    try:
        return action()
    except LoopGenError as error:
        return error
    except MemoryError:
        logger.exception("%s", failure)
        return LoopGenError(f"{failure}: there is not enough memory. Fewer bars need less.")
    except Exception as error:
        logger.exception("%s", failure)
        return LoopGenError(f"{failure}: {type(error).__name__}: {str(error)[:200] or 'no details'}. See the log.")
