"""The ear for OSC: a UDP socket and a thread that reads it. A flood costs what it can hear, never more."""

import logging
import socket
import threading
from collections import OrderedDict
from typing import Final

from loopgen_app.remote.osc_addresses import is_turned
from loopgen_app.remote.osc_packets import MOST_BYTES, OscError, OscMessage, read_packet

log = logging.getLogger(__name__)

HERE, ANYWHERE = "127.0.0.1", "0.0.0.0"
MOST_WAITING: Final = 128
"""Addresses that wait for the window: more than there are."""
BREATH: Final = 32
"""Packets after which others get a turn."""
PAUSE_SECONDS: Final = 0.002
LISTEN_SECONDS: Final = 0.2


class Inbox:
    """Messages between two threads: of each address the newest, for nobody presses a button twice in 15 ms."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, OscMessage] = OrderedDict()
        self.heard = self.malformed = 0

    def put(self, message: OscMessage) -> None:
        """Take in a message; the 0 that a button of a controller sends as it is let go is none."""
        address = message.address
        let_go = not is_turned(address) and message.values and not message.values[0]
        with self._lock:
            self.heard += 1
            if not let_go and (address in self._waiting or len(self._waiting) < MOST_WAITING):
                self._waiting[address] = message
                self._waiting.move_to_end(address)

    def take(self) -> list[OscMessage]:
        """All that came since the last call, in order."""
        with self._lock:
            found = [*self._waiting.values()]
            self._waiting.clear()
        return found


class OscListener:
    """Listens from `start` to `close`. Nothing is ever sent back."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    @property
    def port(self) -> int | None:
        """Where it listens; None while it does not."""
        return int(self._socket.getsockname()[1]) if self._socket is not None else None

    def start(self, port: int, *, anywhere: bool = False) -> None:
        """Listen on this computer's own address, or to `anywhere`. Raises `OSError` when the port cannot be had."""
        self.close()
        found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            found.bind((ANYWHERE if anywhere else HERE, port))
            found.settimeout(LISTEN_SECONDS)
        except (OSError, OverflowError):
            found.close()
            raise
        self._socket = found
        self._stop.clear()
        self._thread = threading.Thread(target=self._listen, args=(found,), name="osc", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        if self._socket is not None and self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._socket.close()
            self._socket = self._thread = None

    def _listen(self, found: socket.socket) -> None:
        packets = 0
        while not self._stop.is_set():
            try:
                packet = found.recv(MOST_BYTES + 1)
            except TimeoutError:
                continue
            except OSError as error:  # a packet of ours that nobody took, or one too long for this system
                log.debug("osc: %s", error)
                self._stop.wait(PAUSE_SECONDS)
                continue
            self._hear(packet)
            packets += 1
            if packets % BREATH == 0:
                self._stop.wait(PAUSE_SECONDS)

    def _hear(self, packet: bytes) -> None:
        try:
            messages = read_packet(packet)
        except OscError:
            self._inbox.malformed += 1
            return
        for message in messages:
            self._inbox.put(message)
