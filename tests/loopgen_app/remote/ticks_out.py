"""The process that sends MIDI clock, with a pipe in place of a port: `python ticks_out.py STATUS`.

After "ready" every message is told as a line of JSON: the monotonic second at which it was sent, and its bytes. Ends
when stdin does.
"""

import json
import sys
import threading
import time
from pathlib import Path

from loopgen_app.remote.clock_child import send_clock
from loopgen_app.sound.status import StatusBlock


def main(status: str) -> None:
    ended = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        ended.set()

    def send(message: tuple[int, ...]) -> None:
        sys.stdout.write(json.dumps([time.monotonic(), *message]) + "\n")
        sys.stdout.flush()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    send_clock(StatusBlock(Path(status), create=False), send, ended)


if __name__ == "__main__":
    main(sys.argv[1])
