"""The pulse of a sound stream: when one that says nothing counts as dead.

A machine that is overloaded starves streams that are well. What speaks against that is asked for first: that the
window itself had its turns, that the process answers while its stream is quiet, and that such pauses have not ended
by themselves just now.
"""

from typing import Final

HEART_SECONDS: Final = 0.5
"""A running stream whose callbacks have not moved for this long is dead (JACK says nothing else)."""

DOUBT_SECONDS: Final = 0.25
"""A stream that is quiet for this long is doubted: its process is asked to answer, and has as long again."""

OPEN_SECONDS: Final = 12.0
MOST_TRIES: Final = 5
"""Each time that nothing opened in time the next has as much time more, up to this many times as much."""

GRACE_SECONDS: Final = 3.0
"""Sound servers may stall this long right after a stream was opened, and processes that do not answer always."""

LOOK_SECONDS: Final = 0.1
"""A window that looks less often was starved itself: what came while it did not look is no pause of the stream."""

PAUSES: Final = 3.0
"""As many times the longest pause that ended by itself is waited for,"""
REMEMBERED_SECONDS: Final = 60.0
"""if it was this recently."""


class Pulse:
    """Judges a stream by the number of its callbacks; every `now` is in seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._asked_at = self._opened_at = self._moved_at = 0.0
        self._looked_at: float | None = None
        self._answered_at: float | None = None
        self._doubted = False
        self._longest = self._longest_at = 0.0
        self._callbacks = -1
        self._tries = 0

    def start(self, now: float) -> None:
        """Another process was started, which counts its callbacks anew."""
        self._callbacks = -1
        self._tries = min(self._tries + 1, MOST_TRIES)
        self.ask(now)

    def ask(self, now: float) -> None:
        """A device was asked for, and may take a while to open."""
        self._asked_at = now

    def open(self, now: float) -> None:
        """The device has opened."""
        self._opened_at = now
        self._tries = 0
        self._begin(now)

    def look(self, now: float) -> None:
        """The window looks, about 60 times a second; time in which it could not is nobody's fault."""
        if self._looked_at is not None:
            missed = max(0.0, now - self._looked_at - LOOK_SECONDS)
            self._asked_at += missed
            self._moved_at += missed
            if self._answered_at is not None:
                self._answered_at += missed
        self._looked_at = now

    def moved(self, callbacks: int, now: float) -> bool:
        """Whether the stream was called since this was last asked, `callbacks` times in all."""
        if callbacks == self._callbacks:
            return False
        pause = now - self._moved_at if self._callbacks >= 0 else 0.0
        if pause >= self._longest or now - self._longest_at > REMEMBERED_SECONDS:
            self._longest, self._longest_at = pause, now
        self._callbacks = callbacks
        self._begin(now)
        return True

    def doubts(self, now: float) -> bool:
        """Whether the process has to be asked to answer: once in each pause."""
        if self._doubted or now - self._moved_at < DOUBT_SECONDS:
            return False
        self._doubted = True
        return True

    def answered(self, now: float) -> None:
        """The process has answered: if its stream is quiet from here on, nobody starves it."""
        if self._doubted and self._answered_at is None:
            self._answered_at = now

    def trouble(self, now: float, *, opened: bool) -> str:
        """Why a stream that is `opened`, or should be by now, is given up: one sentence, empty while it is well."""
        if opened and now > self._dead_at():
            return "The sound device stopped answering; opening it again."
        if not opened and now - self._asked_at > OPEN_SECONDS * max(1, self._tries):
            return "The sound device did not open in time; trying again."
        return ""

    def _begin(self, now: float) -> None:
        self._moved_at, self._doubted, self._answered_at = now, False, None

    def _dead_at(self) -> float:
        settled = self._opened_at + GRACE_SECONDS
        if self._answered_at is None:
            return max(self._moved_at + GRACE_SECONDS, settled)
        patience = min(GRACE_SECONDS, max(HEART_SECONDS, PAUSES * self._longest))
        return max(self._moved_at + patience, self._answered_at + DOUBT_SECONDS, settled)
