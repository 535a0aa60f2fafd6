"""One import at a time into a corpus: two would give their loops the same numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from engine.errors import CorpusError
from engine.files import failure
from engine.ownership import FolderLock

LOCK: Final = ".import.lock"


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Hold the corpus in `folder`, which is made; the system lets go of it when the process ends, however it ends.

    Raises `CorpusError` while somebody else holds it, and where nothing can be written.
    """
    try:
        (folder / "loops").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CorpusError(f"The corpus folder {folder} cannot be made: {failure(error)}.") from error
    try:
        (folder / LOCK).touch()
    except OSError as error:
        raise CorpusError(f"Cannot write to the corpus folder {folder}: {failure(error)}.") from error
    lock = FolderLock(folder / LOCK)
    if not lock.take():
        raise CorpusError(f"Another import into {folder} is running; wait until it is done.")
    try:
        yield
    finally:
        lock.release()
