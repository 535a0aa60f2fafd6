"""The process that sends MIDI clock: nothing else runs in it, and makes it late. Ends when stdin does."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from loopgen_app.remote.clock_ticker import STOP, ClockTicker
from loopgen_app.sound.status import StatusBlock

LOOK_SECONDS: Final = 0.005


def send_clock(
    block: StatusBlock,
    send: Callable[[tuple[int, ...]], object],
    ended: threading.Event,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Send until `ended`; then the other side is stopped too."""
    ticker = ClockTicker()
    playing = False
    while True:
        now = clock()
        for message in (*ticker.look(block.read(), now), *ticker.due(now)):
            send(message)
            playing = message != STOP
        due = ticker.next_time()
        pause = LOOK_SECONDS if due is None else min(LOOK_SECONDS, max(0.0, due - clock()))
        if ended.wait(pause):
            break
    if playing:
        send(STOP)


def _open(name: str) -> Any:
    import rtmidi  # noqa: PLC0415 - brings the ports of the system

    out = rtmidi.MidiOut(name="LoopGen")
    out.open_port(out.get_ports().index(name))
    return out


def main(status: str, port: str) -> int:
    """Send clock to `port`; says "ready", or why not, on stdout."""
    try:
        out = _open(port)
    except Exception as error:  # noqa: BLE001 - whatever the system's MIDI has to say, the window is told
        sys.stdout.write(f"{error}\n")
        return 1
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    ended = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    send_clock(StatusBlock(Path(status), create=False), out.send_message, ended)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
