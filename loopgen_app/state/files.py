"""Writing files so that a reader meets the old content or the new one, never half of either."""

import contextlib
import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: temporary file beside it, flushed to disk, then renamed. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def sweep_parts(folder: Path) -> int:
    """Remove what a killed process left half-written in `folder`; returns how many files that were."""
    swept = 0
    for part in folder.glob("*.part"):
        with contextlib.suppress(OSError):
            part.unlink()
            swept += 1
    for part in folder.glob(".*.part"):
        with contextlib.suppress(OSError):
            part.unlink()
            swept += 1
    return swept
