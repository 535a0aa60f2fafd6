"""Starts and ends the process that sends MIDI clock, and notices when it is gone."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from engine import child_environment

END_SECONDS = 2.0


class ClockOut:
    """At most one port is sent to at a time."""

    def __init__(self, command: Sequence[str] = (sys.executable, "-m", "loopgen_app.remote.clock_child")) -> None:
        self._command = tuple(command)
        self._process: subprocess.Popen[str] | None = None
        self.port = ""

    def start(self, status: Path, port: str) -> None:
        """Send what `status` tells to `port`. Raises `OSError` where no process can be started."""
        self.close()
        self._process = subprocess.Popen(
            [*self._command, str(status), port],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=child_environment(),
        )
        self.port = port

    def lost(self) -> str:
        """Why nothing is sent any more, once; empty while all is well, or nothing was to be sent."""
        process = self._process
        if process is None or process.poll() is None:
            return ""
        told = process.stdout.read() if process.stdout is not None else ""
        lines = [line for line in told.splitlines() if line and line != "ready"]
        port = self.port
        self.close()
        return f"MIDI clock cannot be sent to {port}: {lines[-1] if lines else 'it is gone'}."

    def close(self) -> None:
        """Send no more; the other side is stopped."""
        process, self._process, self.port = self._process, None, ""
        if process is None:
            return
        try:
            process.communicate(input="", timeout=END_SECONDS)
        except (subprocess.TimeoutExpired, OSError, ValueError):
            process.kill()
            process.communicate()
