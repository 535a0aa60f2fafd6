"""One program owns a folder: a lock that ends with its process, however that ends."""

import logging
import os
import sys
from pathlib import Path
from typing import IO

log = logging.getLogger(__name__)


class FolderLock:
    """The lock in the file `path`, held from `take` to `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def take(self) -> bool:
        """Take the lock; whether the folder is this program's now. Where locks cannot be made, it counts as free."""
        if self._file is not None:
            return True
        try:
            self._path.touch(mode=0o600)
            # A pipe of that name would be waited for.
            self._file = os.fdopen(
                os.open(self._path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)), "ab"
            )
        except (OSError, ValueError) as error:
            log.warning("no lock at %s: %s", self._path, error)
            return True
        try:
            _lock(self._file)
        except BlockingIOError:
            self.release()
            return False
        except OSError as error:  # a file system without locks
            log.warning("no lock at %s: %s", self._path, error)
        return True

    def release(self) -> None:
        """Give the folder back. The file stays: removing it would let two windows lock two files of one name."""
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError from error

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
