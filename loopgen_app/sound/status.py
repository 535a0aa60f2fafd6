"""The block of shared memory in which the child says, block by block, what it played."""

import contextlib
import mmap
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FIELDS = (
    "sequence", "callbacks", "frames", "loop_id", "playing", "position", "samples", "beat", "swaps", "swap_frame",
    "late", "dropouts", "peak_left", "peak_right", "time", "latency", "rate", "peak_asked", "speed", "beats",
    "block",
)  # fmt: skip
_AT = {name: index for index, name in enumerate(FIELDS)}


@dataclass(frozen=True)
class Status:
    """One consistent reading; `time` is `time.monotonic()` of the block, `beat` counts since the transport began.

    `speed` is how many samples of the loop are played in each frame: 1 at its own tempo. `beats` is the length of the
    loop, `block` that of the last block in frames.
    """

    callbacks: int
    frames: int
    loop_id: int
    playing: bool
    position: int
    samples: int
    beat: float
    swaps: int
    swap_frame: int
    late: int
    dropouts: int
    peak_left: float
    peak_right: float
    time: float
    latency: float
    rate: float
    speed: float
    beats: int
    block: int


class StatusBlock:
    """Float64 slots in a memory-mapped file, written by one process and read by another without locks.

    The writer makes `sequence` odd while it writes; a reader that meets an odd or changed number reads again.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        if create:
            path.write_bytes(bytes(8 * len(FIELDS)))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 8 * len(FIELDS))
        self.slots: NDArray[np.float64] = np.frombuffer(self._memory, dtype=np.float64)

    def read(self) -> Status:
        """The newest consistent status (the last try is returned when the writer never pauses)."""
        values = self.slots.copy()
        for _ in range(100):
            if values[0] % 2 == 0 and values[0] == self.slots[0]:
                break
            time.sleep(0)
            values = self.slots.copy()
        told = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)  # nobody plays before or after time
        named = dict(zip(FIELDS, told.tolist(), strict=True))
        del named["sequence"], named["peak_asked"]
        whole = (
            "callbacks", "frames", "loop_id", "position", "samples", "swaps", "swap_frame", "late", "dropouts",
            "beats", "block",
        )  # fmt: skip
        return Status(**{**named, **{name: int(named[name]) for name in whole}, "playing": named["playing"] > 0})

    def close(self) -> None:
        """Let go of the file; what is read afterwards is zero."""
        self.slots = np.zeros(len(FIELDS))
        with contextlib.suppress(BufferError):  # somebody still looks at it: it goes with them
            self._memory.close()

    def clear(self) -> None:
        """All fields zero, before a new writer begins."""
        self.slots[:] = 0.0

    def ask_new_peak(self) -> None:
        """Tell the writer that its peaks were read: the next reading holds what came after."""
        self.slots[_AT["peak_asked"]] += 1.0


def slot(name: str) -> int:
    """Index of a field in `StatusBlock.slots`."""
    return _AT[name]
