"""OSC for the window: off until it is asked for, on this computer alone until it is opened."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from engine import LoopGenError
from loopgen_app.remote.osc_commands import OscCommands
from loopgen_app.remote.osc_listener import Inbox, OscListener
from loopgen_app.studio import Studio

POLL_MILLISECONDS = 15
TELL_SECONDS = 5.0
"""Mistakes are told no more often than this: a program makes the same one a thousand times a second."""


class Osc(QObject):
    """`switch` turns it on and off, `open_to_others` lets other computers in; both are remembered."""

    def __init__(
        self, studio: Studio, slots: Callable[[], list[int]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._studio, self._clock = studio, clock
        self.inbox = Inbox()
        self.listener = OscListener(self.inbox)
        self.commands = OscCommands(studio, slots)
        self._told_at = -TELL_SECONDS
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MILLISECONDS)
        self._timer.timeout.connect(self.obey)

    @property
    def on(self) -> bool:
        """Whether it listens."""
        return self.listener.port is not None

    def begin(self) -> None:
        """Listen if it was on when the window was closed."""
        if self._studio.settings.osc:
            self._listen()

    def switch(self, on: bool) -> None:
        """Listen, or no more, and say where."""
        if on:
            self._listen()
        else:
            self.close()
            self._studio.messages.say("OSC is off.")
        self._studio.settings.osc = self.on
        self._studio.sessions.save_settings()

    def open_to_others(self, anywhere: bool) -> None:
        """Let other computers of the network in, or no more."""
        self._studio.settings.osc_open = anywhere
        self._studio.sessions.save_settings()
        if self.on:
            self._listen()

    def close(self) -> None:
        """Listen no more."""
        self._timer.stop()
        self.listener.close()

    def _listen(self) -> None:
        settings = self._studio.settings
        try:
            self.listener.start(settings.osc_port, anywhere=settings.osc_open)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            self._studio.messages.complain(f"OSC cannot listen on port {settings.osc_port}: {reason}.")
            self._timer.stop()
            return
        whom = "every computer of this network" if settings.osc_open else "this computer alone"
        self._studio.messages.say(f"OSC listens on port {self.listener.port}, to {whom}.")
        self._timer.start()

    def obey(self) -> None:
        """Carry out what came."""
        for message in self.inbox.take():
            try:
                self.commands.obey(message)
            except LoopGenError as error:
                now = self._clock()
                if now - self._told_at >= TELL_SECONDS:
                    self._told_at = now
                    self._studio.messages.complain(str(error))
