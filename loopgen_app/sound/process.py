"""One run of the sound process: its pipes, its answers, its end."""

import contextlib
import json
import logging
import queue
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from engine import DocumentError, child_environment, read_document

log = logging.getLogger(__name__)
MAX_LINE = 100_000


class SoundProcess:
    """Starts on creation. Answers are read by a thread and wait in a queue; nothing here blocks but `end`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=child_environment(environment),
        )
        self._threads = [
            threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True, name="sound-answers"),
            threading.Thread(target=self._log, args=(self._process.stderr,), daemon=True, name="sound-errors"),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def answers(self) -> list[Any]:
        """What it said since the last call: whatever was JSON, not yet believed."""
        found = []
        while not self._answers.empty():
            found.append(self._answers.get())
        return found

    def send(self, order: Mapping[str, Any]) -> None:
        """Give an order; one that nobody reads any more is dropped, `ended` tells why."""
        pipe = self._process.stdin
        try:
            if pipe is not None:
                pipe.write(json.dumps(order) + "\n")
                pipe.flush()
        except (OSError, ValueError):  # it died, or was ended
            log.debug("sound process did not take %s", order.get("do"))

    def leave(self, seconds: float) -> None:
        """Say no more, and give it `seconds` to end by itself."""
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.end()

    def end(self) -> None:
        """Kill it (a hung PortAudio takes no kinder word) and join the readers."""
        self._process.kill()
        self._process.wait()
        try:
            if self._process.stdin is not None:
                self._process.stdin.close()
        except OSError:  # the pipe broke with the process
            log.debug("sound process was gone already")
        for thread in self._threads:
            thread.join(timeout=1.0)

    def _listen(self, stream: IO[str]) -> None:
        with stream:
            for line in _lines(stream):
                try:
                    self._answers.put(read_document(line))
                except DocumentError:  # a library that prints
                    log.debug("sound process: %s", line.rstrip())

    @staticmethod
    def _log(stream: IO[str]) -> None:
        with stream:
            for line in _lines(stream):
                log.debug("sound process: %s", line.rstrip())


def _lines(stream: IO[str]) -> Iterator[str]:
    """Its lines; one without end comes in pieces."""
    return iter(lambda: stream.readline(MAX_LINE), "")
