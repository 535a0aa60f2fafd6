"""Work beside the window of which only the newest wish matters."""

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

log = logging.getLogger(__name__)
Wish = TypeVar("Wish")


class Newest(Generic[Wish]):
    """Calls `do(wish)` on a thread of its own, one at a time; one that is overtaken while it waits is never done."""

    def __init__(self, name: str, do: Callable[[Wish], object]) -> None:
        self._do = do
        self._wish: Wish | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def wish(self, wish: Wish) -> None:
        """Want this instead of what waits; returns at once."""
        with self._changed:
            self._wish = wish
            self._changed.notify()

    def close(self) -> None:
        """End the thread; what it is doing is done first."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._wish is not None)
                if self._closing:
                    return
                wish, self._wish = self._wish, None
            if wish is not None:
                self._try(wish)

    def _try(self, wish: Wish) -> None:
        try:
            self._do(wish)
        except Exception:  # one picture that fails must not be the last
            log.exception("%s failed", self._thread.name)
