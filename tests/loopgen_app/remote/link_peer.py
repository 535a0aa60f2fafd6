"""Somebody else in a session of Ableton Link: `python link_peer.py BPM`, with the real `aalink`.

It says the session as it sees it, a line of JSON twenty times a second, and takes `["tempo", 132]` or
`["playing", true]` a line, until stdin ends.
"""

import asyncio
import contextlib
import json
import sys
import threading
import time

SAY_SECONDS = 0.05


async def be_there(tempo_bpm: float) -> None:
    from aalink import Link  # type: ignore[import-not-found, unused-ignore]

    link = Link(tempo_bpm)
    link.quantum, link.start_stop_sync_enabled, link.enabled = 4.0, True, True
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def listen() -> None:
        with contextlib.suppress(RuntimeError):  # it has ended before
            for line in sys.stdin:
                name, value = json.loads(line)
                loop.call_soon_threadsafe(setattr, link, name, value)
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=listen, daemon=True).start()
    while not ended.is_set():
        begun, beat = time.monotonic(), link.beat
        told = {
            "time": (begun + time.monotonic()) / 2, "beat": beat, "tempo": link.tempo, "peers": link.num_peers,
            "playing": link.playing,
        }  # fmt: skip
        try:
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:  # nobody listens any more
            break
        await asyncio.sleep(SAY_SECONDS)


if __name__ == "__main__":
    asyncio.run(be_there(float(sys.argv[1])))
