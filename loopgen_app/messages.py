"""What the window has to tell the musician: one sentence at a time, in one place."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from loopgen_app.state.events import Event

log = logging.getLogger(__name__)

LONGEST = 800
"""Characters of a sentence that is said."""


@dataclass(frozen=True)
class Message:
    """A sentence; errors stay until closed. `label` names what `action` would do about it."""

    text: str
    kind: Literal["info", "error"] = "info"
    label: str = ""
    action: Callable[[], object] | None = None


class Messages:
    """Everything that is said goes to the log too. Call from the window's thread."""

    def __init__(self) -> None:
        self.said: Event[Message] = Event()
        self.last: Message | None = None

    # Names of files may hold what ends a line, or turns its direction, and be as long as a book.
    @staticmethod
    def _one_line(text: str) -> str:
        line = "".join(sign if sign.isprintable() else "\ufffd" for sign in " ".join(text.split()))
        half = LONGEST // 2  # what happened stands at the beginning, what to do at the end
        return line if len(line) <= LONGEST else f"{line[:half]}…{line[-half:]}"

    def say(self, text: str, label: str = "", action: Callable[[], object] | None = None) -> None:
        """Information that fades."""
        self._tell(Message(self._one_line(text), "info", label, action))

    def complain(self, text: str, label: str = "", action: Callable[[], object] | None = None) -> None:
        """An error that stays."""
        self._tell(Message(self._one_line(text), "error", label, action))

    def _tell(self, message: Message) -> None:
        log.log(logging.WARNING if message.kind == "error" else logging.INFO, "%s", message.text)
        self.last = message
        self.said.emit(message)
