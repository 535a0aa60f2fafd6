"""The sound process: owns PortAudio, obeys lines of JSON on stdin, answers on stdout. Ends when stdin does."""

import contextlib
import gc
import json
import sys
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import DocumentError, read_document
from loopgen_app.sound.bend import Bend
from loopgen_app.sound.deck import Deck
from loopgen_app.sound.deck_loop import DeckLoop
from loopgen_app.sound.loop_files import read_loop
from loopgen_app.sound.status import StatusBlock, slot

LATE_PERIODS = 1.5
MAX_BLOCK = 8192
KEPT_BENDS = 4


class Player:
    """One deck, one stream, and the callback between them."""

    def __init__(self, status: StatusBlock) -> None:
        self.slots = status.slots
        self.deck: Deck | None = None
        self.stream: Any = None
        self.loops: dict[int, DeckLoop] = {}
        self._bends: dict[int, Bend] = {}
        self._kept: deque[Bend] = deque(maxlen=KEPT_BENDS)
        self._mono = np.zeros((MAX_BLOCK, 2), np.float32)
        self._channels = 2
        self._looked = False
        self._last = 0.0
        self._peak_asked = 0.0
        self._sequence, self._late, self._dropouts = slot("sequence"), slot("late"), slot("dropouts")

    def open(self, name: str, buffer_frames: int, rate: float) -> dict[str, Any]:
        """Open a device by name ("" = the system's default) and start the stream; raises what sounddevice raises."""
        import sounddevice  # noqa: PLC0415 - fails at import where PortAudio is missing, and that is told, not thrown

        if self._looked:  # PortAudio has no hot-plug: what was plugged in since is found by a new look alone
            sounddevice._terminate()
            sounddevice._initialize()
        self._looked = True
        index = _find_device(sounddevice, name)
        device = sounddevice.query_devices(index, "output")
        self._channels = 1 if device["max_output_channels"] == 1 else 2
        settings = {"device": index, "channels": self._channels, "dtype": "float32"}
        try:
            sounddevice.check_output_settings(samplerate=rate, **settings)
        except sounddevice.PortAudioError:
            rate = float(device["default_samplerate"])
        self.deck = Deck(round(rate), MAX_BLOCK)
        self.stream = sounddevice.OutputStream(
            samplerate=rate,
            blocksize=buffer_frames,
            latency="high",
            callback=self._callback,
            finished_callback=lambda: _say({"event": "finished"}),
            **settings,
        )
        gc.collect()
        gc.freeze()
        gc.disable()  # no collection may ever run inside the callback
        self.stream.start()
        self.slots[slot("latency")] = float(self.stream.latency)
        self.slots[slot("rate")] = rate
        missed = bool(name) and device["name"] != name
        return {"event": "opened", "device": device["name"], "rate": round(rate), "missed": name if missed else ""}

    def _callback(self, out: NDArray[np.float32], frames: int, _time: Any, flags: Any) -> None:
        now = time.monotonic()
        slots, deck = self.slots, self.deck
        slots[self._sequence] += 1.0
        if deck is not None:
            if deck.playing and self._last:  # in silence nothing can be missed
                if now - self._last > LATE_PERIODS * frames / deck.sample_rate:
                    slots[self._late] += 1.0
                if flags:
                    slots[self._dropouts] += 1.0
            self._last = now
            if self._channels == 2:
                deck.render(out)
            else:
                self._render_mono(deck, out, frames)
            self._publish(deck, now, frames)
        slots[self._sequence] += 1.0

    def _render_mono(self, deck: Deck, out: NDArray[np.float32], frames: int) -> None:
        at = 0
        while at < frames:
            part = self._mono[: min(MAX_BLOCK, frames - at)]
            deck.render(part)
            np.add(part[:, 0], part[:, 1], out=out[at : at + len(part), 0])
            at += len(part)
        out *= 0.5

    def _publish(self, deck: Deck, now: float, frames: int) -> None:
        slots, loop = self.slots, deck.loop
        slots[1] += 1.0
        slots[2] = deck.frames
        slots[3] = loop.id if loop is not None else -1.0
        slots[4] = deck.playing
        slots[5] = deck.position
        slots[6] = loop.samples if loop is not None else 0.0
        slots[7] = deck.beat
        slots[8] = deck.swaps
        slots[9] = deck.swap_frame
        if slots[17] != self._peak_asked:
            self._peak_asked = float(slots[17])
            deck.peak.fill(0.0)
        slots[12], slots[13] = deck.peak
        slots[14] = now
        slots[18] = deck.rate
        slots[19] = loop.beats if loop is not None else 0.0
        slots[20] = frames

    def obey(self, order: Mapping[str, Any]) -> dict[str, Any] | None:
        """Carry out one order; returns what to answer."""
        match order["do"]:
            case "open":
                return self.open(order["device"], order["buffer"], order["rate"])
            case "load":
                audio = read_loop(Path(order["path"]), order["frames"])
                self.loops[order["id"]] = DeckLoop(order["id"], audio, order["beats"])
                return {"event": "loaded", "id": order["id"], "path": order["path"]}
            case "forget":
                self.loops = {known: self.loops[known] for known in self.loops if known in order["keep"]}
                self._bends = {known: self._bends[known] for known in self._bends if known in self.loops}
            case "answer":
                return {"event": "here"}
            case "devices":
                return {"event": "devices", "names": _device_names()}
            case _:
                self._steer(order)
        return None

    def _steer(self, order: Mapping[str, Any]) -> None:
        deck = self.deck
        if deck is None:
            return
        match order["do"]:
            case "cue":
                self._bends.pop(order["id"], None)
                deck.cue(self.loops[order["id"]], order["every"])
            case "speed" if order["id"] in self.loops:  # else it was swapped out and forgotten on the way
                self._set_speed(deck, self.loops[order["id"]], order["speed"])
            case "play":
                deck.play(order["beat"], count_in_bpm=order["count_in_bpm"])
            case "stop":
                deck.stop()
            case "seek":
                deck.seek(order["beat"])
            case "gain":
                deck.set_gain(order["gain"])
            case "metronome":
                deck.set_metronome(order["on"])

    def _set_speed(self, deck: Deck, loop: DeckLoop, speed: float) -> None:
        bend = self._bends.get(loop.id)
        if speed == 1.0:
            self._bends.pop(loop.id, None)
            deck.bend(loop, None)
        elif bend is not None and bend.loop is loop:
            bend.rate = speed
        else:
            bend = self._bends[loop.id] = Bend(loop, speed)
            self._kept.append(bend)  # memory must not be given back inside the callback
            deck.bend(loop, bend)


def _find_device(sounddevice: Any, name: str) -> int | None:
    if name:
        for index, device in enumerate(sounddevice.query_devices()):
            if device["name"] == name and device["max_output_channels"] > 0:
                return index
    return None


def _device_names() -> list[str]:
    import sounddevice  # noqa: PLC0415 - see Player.open

    return [device["name"] for device in sounddevice.query_devices() if device["max_output_channels"] > 0]


def _read_order(line: str) -> Mapping[str, Any]:
    try:
        order = read_document(line)
    except DocumentError:
        order = {}
    return order if isinstance(order, Mapping) else {}


def _say(message: Mapping[str, Any]) -> None:
    with contextlib.suppress(OSError, ValueError):  # the window is gone: the next read of stdin ends this process
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def main(status_path: str) -> None:
    """Obey orders until stdin ends. An order that fails is answered with its reason; the stream goes on."""
    player = Player(StatusBlock(Path(status_path), create=False))
    _say({"event": "ready"})
    for line in sys.stdin:
        order = _read_order(line)
        if order.get("do") == "quit":
            break
        try:
            answer = player.obey(order)
        except OSError as error:  # PortAudio itself is missing, or a loop's file is
            kind = "no_portaudio" if "PortAudio" in str(error) else "failed"
            answer = {"event": kind, "order": order.get("do"), "message": str(error)}
        except Exception as error:  # noqa: BLE001 - the one place that tells the window what went wrong in here
            answer = {"event": "failed", "order": order.get("do"), "message": f"{error}"}
        if answer is not None:
            _say(answer)
    if player.stream is not None:
        player.stream.abort()


if __name__ == "__main__":
    main(sys.argv[1])
