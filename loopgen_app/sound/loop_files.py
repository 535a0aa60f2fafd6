"""Loops on their way to the child: files in memory where the system has that, gone as soon as they arrived."""

import contextlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import is_running

PREFIX = "loopgen-sound-"
LEAST_BYTES = 200_000_000
"""Room for a few loops of the longest kind on their way."""


@dataclass(frozen=True)
class Playable:
    """A loop as the window has it: `audio` `[2, T]` float32 at `sample_rate`, exactly `beats` beats."""

    id: int
    audio: NDArray[np.float32]
    sample_rate: int
    beats: int
    tempo_bpm: float


def shared_root() -> Path:
    """A folder that lives in memory (Linux), else the temporary folder."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


def make_folder(least_bytes: int = LEAST_BYTES) -> Path:
    """A private folder for one window, after sweeping those whose window is gone.

    It is in memory, or in the temporary folder where memory has not `least_bytes` free. Raises OSError where neither
    can be written.
    """
    root = shared_root()
    with contextlib.suppress(OSError):
        for old in root.glob(f"{PREFIX}*"):
            if not is_running(old.name.removeprefix(PREFIX).partition("-")[0]):
                shutil.rmtree(old, ignore_errors=True)
    with contextlib.suppress(OSError):
        if shutil.disk_usage(root).free >= least_bytes:
            return _private_folder(root)
    return _private_folder(Path(tempfile.gettempdir()))


def _private_folder(root: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=root))


def write_loop(path: Path, audio: NDArray[np.float32]) -> None:
    """Put `audio` `[2, T]` there as interleaved float32 frames; raises OSError, and leaves nothing, without room."""
    try:
        path.write_bytes(np.ascontiguousarray(audio.T, dtype=np.float32).tobytes())
    except OSError:
        remove(path)
        raise


def order_to_load(folder: Path, loop: Playable, sample_rate: int) -> dict[str, Any]:
    """Put `loop`, brought to `sample_rate`, into a new file of `folder`; gives the order by which it is loaded."""
    audio = loop.audio
    if loop.sample_rate != sample_rate:
        from engine import resample_periodic  # noqa: PLC0415 - brings scipy; most devices take the loop's rate

        audio = resample_periodic(audio, round(audio.shape[1] * sample_rate / loop.sample_rate))
    path = folder / f"loop-{loop.id}-{time.monotonic_ns()}"
    write_loop(path, audio)
    return {"do": "load", "id": loop.id, "path": str(path), "frames": audio.shape[1], "beats": loop.beats}


class Deliveries:
    """The loops of one window that are on their way to its child: their files are in `folder` until they arrive."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._under_way: set[str] = set()

    def order(self, loop: Playable, sample_rate: int) -> dict[str, Any]:
        """Send `loop`, brought to `sample_rate`; gives the order by which the child loads it. Raises OSError without
        room."""
        order = order_to_load(self._folder, loop, sample_rate)
        self._under_way.add(order["path"])
        return order

    def arrived(self, path: str) -> None:
        """Remove the file of a loop that has arrived: one that was put there, whatever else is named."""
        if path in self._under_way:
            self._under_way.remove(path)
            remove(Path(path))

    def take_back(self) -> None:
        """Remove what has not arrived, and never will."""
        for path in tuple(self._under_way):
            self.arrived(path)


def read_loop(path: Path, frames: int) -> NDArray[np.float32]:
    """The frames `[T, 2]` as an array of this process's own; raises OSError or ValueError if not all are there."""
    audio = np.fromfile(path, dtype=np.float32, count=2 * frames)
    return audio.reshape(frames, 2)


def remove(path: Path) -> None:
    """Remove a loop's file if it is there."""
    with contextlib.suppress(OSError):
        path.unlink()


def remove_folder(folder: Path) -> None:
    """Remove what `make_folder` made, with what is in it."""
    if folder.name.startswith(PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
