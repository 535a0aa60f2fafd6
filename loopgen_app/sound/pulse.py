"""The pulse of a sound stream: when one that says nothing counts as dead."""

from typing import Final

HEART_SECONDS: Final = 0.5
"""A running stream whose callbacks have not moved for this long is dead (JACK says nothing else)."""

OPEN_SECONDS: Final = 12.0
GRACE_SECONDS: Final = 3.0
"""Sound servers may stall this long right after a stream was opened."""


class Pulse:
    """Judges a stream by the number of its callbacks; every `now` is in seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._asked_at = self._opened_at = self._moved_at = 0.0
        self._callbacks = -1

    def start(self, now: float) -> None:
        """Another process was started, which counts its callbacks anew."""
        self._callbacks = -1
        self.ask(now)

    def ask(self, now: float) -> None:
        """A device was asked for, and may take a while to open."""
        self._asked_at = now

    def open(self, now: float) -> None:
        """The device has opened."""
        self._opened_at = self._moved_at = now

    def moved(self, callbacks: int, now: float) -> bool:
        """Whether the stream was called since this was last asked, `callbacks` times in all."""
        if callbacks == self._callbacks:
            return False
        self._callbacks, self._moved_at = callbacks, now
        return True

    def trouble(self, now: float, *, opened: bool) -> str:
        """Why a stream that is `opened`, or should be by now, is given up: one sentence, empty while it is well."""
        quiet_since = max(self._moved_at, self._opened_at + GRACE_SECONDS - HEART_SECONDS)
        if opened and now - quiet_since > HEART_SECONDS:
            return "The sound device stopped answering; opening it again."
        if not opened and now - self._asked_at > OPEN_SECONDS:
            return "The sound device did not open in time; trying again."
        return ""
