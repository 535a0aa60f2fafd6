"""A MIDI cable between two processes: a backend of mido over a socket, and, run as a program, a clock that sends.

`python clock_wire.py SOCKET BPM` waits for a listener, says on stdout at which monotonic second its beat 0 is, and
sends 24 ticks a beat, each at its own time, until stdin ends. What it sends are the bytes of MIDI; mido reads them.
"""

import contextlib
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido

CABLE = "LOOPGEN_TEST_CABLE"
TICKS_PER_BEAT = 24
HEAD_SECONDS = 0.5
START, CLOCK, STOP = b"\xfa", b"\xf8", b"\xfc"


def get_devices(**_options: Any) -> list[dict[str, Any]]:
    """The one cable there is."""
    path = os.environ.get(CABLE, "")
    there = path and Path(path).exists()
    return [{"name": "Cable", "is_input": True, "is_output": False}] if there else []


class Input:
    """The end of the cable that is listened to; the callback runs on a thread of its own, as rtmidi's does."""

    def __init__(self, name: str, callback: Callable[[Any], object], **_options: Any) -> None:
        self.name, self._callback = name, callback
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(os.environ[CABLE])
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        parser = mido.Parser()
        with contextlib.suppress(OSError):
            while data := self._socket.recv(64):
                parser.feed(data)
                for message in parser:
                    self._callback(message)

    def close(self) -> None:
        """Listen no more."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._socket.close()


def send(path: str, tempo_bpm: float) -> None:
    """Be the clock."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(1)
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        wire, _ = server.accept()
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    period, zero = 60 / tempo_bpm / TICKS_PER_BEAT, time.monotonic() + HEAD_SECONDS
    sys.stdout.write(json.dumps({"zero": zero}) + "\n")
    sys.stdout.flush()
    wire.sendall(START)
    tick = 0
    with contextlib.suppress(OSError):
        while not ended.wait(max(0.0, zero + tick * period - time.monotonic())):
            wire.sendall(CLOCK)
            tick += 1
        wire.sendall(STOP)
    wire.close()


if __name__ == "__main__":
    send(sys.argv[1], float(sys.argv[2]))
