"""The process that is a peer of Ableton Link: `aalink` is loaded in it, and nowhere else. Ends when stdin does.

It tells a reading of the session every 20 ms, and takes orders, a line of JSON each: `{"do": "tempo", "bpm": 126}`,
`start` (the shared transport, from the next bar on), `join` (the transport, where the beat is now), `stop`.
"""

import asyncio
import contextlib
import json
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from engine import DocumentError, read_document
from loopgen_app.remote.link_reading import LinkReading

READ_SECONDS: Final = 0.02
LATE_SECONDS: Final = 0.001
"""A reading that took longer was interrupted: nobody knows when its beat was read."""
QUANTUM: Final = 4.0
"""Beats on which the peers of a session agree: a bar."""
LINK_BPM: Final = (20.0, 999.0)


class Link(Protocol):
    """The part of `aalink.Link` that is used."""

    tempo: float
    playing: bool
    quantum: float
    enabled: bool
    start_stop_sync_enabled: bool

    @property
    def beat(self) -> float:
        """The beat of the session now."""

    @property
    def num_peers(self) -> int:
        """How many others there are."""

    def request_beat_at_start_playing_time(self, beat: float) -> None:
        """Count `beat` where the transport starts, or at the next bar if others are there."""


class Peer:
    """Obeys orders and reads the session."""

    def __init__(self, link: Link, clock: Callable[[], float] = time.monotonic) -> None:
        link.quantum, link.start_stop_sync_enabled, link.enabled = QUANTUM, True, True
        self._link, self._clock = link, clock
        self._playing = False

    def obey(self, order: Any) -> None:
        """Do what an order says; what is none is passed over."""
        match order:
            case {"do": "tempo", "bpm": int() | float() as tempo} if LINK_BPM[0] <= tempo <= LINK_BPM[1]:
                self._link.tempo = float(tempo)
            case {"do": "start"}:
                self._playing = False
                self._link.playing = True
            case {"do": "join"}:
                self._playing = self._link.playing = True
            case {"do": "stop"}:
                self._link.playing = False

    def look(self) -> LinkReading | None:
        """Read the session; whoever started its transport, the song begins with that. None if it was interrupted."""
        link = self._link
        playing, before = link.playing, self._playing
        self._playing = playing
        if playing and not before:
            link.request_beat_at_start_playing_time(0.0)
        begun, beat, ended = self._clock(), link.beat, self._clock()
        if ended - begun > LATE_SECONDS:
            return None
        return LinkReading((begun + ended) / 2, beat, link.tempo, link.num_peers, playing)


def _orders(waiting: "queue.SimpleQueue[Any]") -> Iterator[Any]:
    with contextlib.suppress(queue.Empty):
        while True:
            yield waiting.get_nowait()


async def serve(peer: Peer, waiting: "queue.SimpleQueue[Any]", tell: Callable[[str], object]) -> None:
    """Obey and tell until None is waiting."""
    while True:
        for order in _orders(waiting):
            if order is None:
                return
            peer.obey(order)
        reading = peer.look()
        if reading is not None:
            tell(reading.line())
        await asyncio.sleep(READ_SECONDS)


def listen(waiting: "queue.SimpleQueue[Any]") -> None:
    """Put what stdin says into `waiting`, and None when it ends."""
    for line in sys.stdin:
        with contextlib.suppress(DocumentError):
            waiting.put(read_document(line))
    waiting.put(None)


def tell(line: str) -> None:
    """Say a line to the window."""
    sys.stdout.write(line)
    sys.stdout.flush()


async def _be_a_peer(tempo_bpm: float) -> None:
    import aalink  # noqa: PLC0415 - under the GPL: where a musician has installed it, and in this process alone

    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=listen, args=(waiting,), daemon=True).start()
    link = aalink.Link(tempo_bpm)
    await serve(Peer(link), waiting, tell)
    link.enabled = False  # says goodbye


def main(tempo_bpm: str) -> int:
    """Be a peer; a session that is there gives its tempo, `tempo_bpm` is that of a new one."""
    try:
        asyncio.run(_be_a_peer(float(tempo_bpm)))
    except Exception as error:  # noqa: BLE001 - whatever a library of others has to say, the window is told
        tell(json.dumps({"trouble": str(error)}) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
