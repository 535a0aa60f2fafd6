"""What a session of Ableton Link says at a moment, as it goes from its process to the window."""

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

NUMBERS = ("time", "beat", "tempo_bpm")


@dataclass(frozen=True)
class LinkReading:
    """At `time` (`time.monotonic()`) the session is at `beat`, of which each fourth begins a bar, at `tempo_bpm`.

    `peers` is the number of others in it, `playing` whether its shared transport runs.
    """

    time: float
    beat: float
    tempo_bpm: float
    peers: int
    playing: bool

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def read(cls, told: Any) -> "LinkReading | None":
        """The reading in what a line was; None if it holds none that could be."""
        if not isinstance(told, dict) or set(told) != set(cls.__dataclass_fields__):
            return None
        numbers = [told[name] for name in NUMBERS]
        if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
            return None
        if type(told["peers"]) is not int or type(told["playing"]) is not bool or told["tempo_bpm"] <= 0:
            return None
        time, beat, tempo_bpm = map(float, numbers)
        return cls(time, beat, tempo_bpm, told["peers"], told["playing"])
