"""The process that looks at sounds and learns from them: started, listened to with care, asked to pause or to end."""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

import engine
from engine import LearningTold

log = logging.getLogger(__name__)
COMMAND: Final = (sys.executable, "-m", "engine")
MAX_WAITING: Final = 1_000_000
"""Bytes without the end of a line: no line of ours is as long."""
END_MILLISECONDS: Final = 2000
GONE_MILLISECONDS: Final = 30_000
"""What is killed is gone at once, unless the whole computer is held up."""
LAST_WORDS: Final = 300
SPARED_CORES: Final = 1
"""Left to the instrument."""


class LearningChild(QObject):
    """One run of `loopgen learn ... --events`. `told(LearningTold)` is what it says, `ended(words)` comes once, last:
    empty after a good end, else one sentence."""

    told = Signal(object)
    ended = Signal(str)

    def __init__(
        self, arguments: Sequence[str], command: Sequence[str] = COMMAND, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._waiting, self._last_words, self._problem, self._over = b"", "", "", False
        self._process = QProcess(self)
        self._process.setProcessEnvironment(_environment())
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._failed)
        self._process.start(command[0], [*command[1:], "learn", *arguments, "--events"])

    def pause(self) -> None:
        """Let it keep where it is after the step at hand, and end."""
        self._process.write(b"pause\n")

    def finish(self) -> None:
        """Let it make a pack of the best so far, and end."""
        self._process.write(b"finish\n")

    def end(self) -> None:
        """Wait a moment for it to keep where it is, then end it; nothing is told any more. It loses half a minute at
        the most."""
        self._over = True
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self.pause()
            self._process.closeWriteChannel()
            if not self._process.waitForFinished(END_MILLISECONDS):
                self._process.kill()
                self._process.waitForFinished(GONE_MILLISECONDS)

    def _read(self) -> None:
        *lines, self._waiting = (self._waiting + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        if len(self._waiting) > MAX_WAITING:
            self._waiting = b""
        for line in lines:
            said = LearningTold.read(line)
            if said is None:
                log.debug("learning: %s", line[:LAST_WORDS].decode("utf-8", "replace"))
            elif not self._over:
                self._problem = said.words if said.kind == "problem" else self._problem
                self.told.emit(said)

    def _read_errors(self) -> None:
        text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
        said = [line.strip() for line in text.replace("\r", "\n").splitlines() if line.strip()]
        self._last_words = said[-1][:LAST_WORDS] if said else self._last_words

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end(f"Learning cannot be started: {self._process.errorString()}.")

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._read_errors()
        if status == QProcess.ExitStatus.NormalExit and code == 0:
            self._end("")
        elif self._problem:
            self._end(self._problem)
        else:
            log.warning("learning ended with %s: %s", code, self._last_words)
            self._end("Learning ended unexpectedly; what it kept is there, and it can go on.")

    def _end(self, words: str) -> None:
        if not self._over:
            self._over = True
            self.ended.emit(words)


def _environment() -> QProcessEnvironment:
    """This process's, in which a child finds this very copy of LoopGen, with a core left to the instrument."""
    environment = QProcessEnvironment.systemEnvironment()
    here = str(Path(engine.__file__).parent.parent)
    paths = [here, *filter(None, [environment.value("PYTHONPATH", "")])]
    environment.insert("PYTHONPATH", os.pathsep.join(paths))
    environment.insert("PYTHONSAFEPATH", "1")
    if not environment.contains("OMP_NUM_THREADS"):
        environment.insert("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 2) - SPARED_CORES)))
    return environment
