"""Writing files so that nobody ever sees half of one: temporary file in the same folder, flush, rename."""

import errno
import os
import platform
import secrets
import time
import zlib
from contextlib import suppress
from pathlib import Path

from engine.errors import ExportError

_PREFIX, _SUFFIX = ".loopgen-", ".part"
STALE_SECONDS = 600.0
"""A temporary file older than this belongs to a program that was killed: no write takes so long."""

_HOST = f"{zlib.crc32(platform.node().encode()):08x}"
"""Folders may be shared between computers, each with processes of its own."""

_REASONS = {
    errno.ENOSPC: "the disk is full; free some space or choose another folder",
    errno.EDQUOT: "your disk quota is used up; free some space or choose another folder",
    errno.EACCES: "the folder cannot be written to; choose another folder",
    errno.EPERM: "the folder cannot be written to; choose another folder",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.EISDIR: "a folder of that name is in the way; choose another name",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}


def write_atomically(path: Path | str, content: bytes) -> Path:
    """Write `content` to `path`: afterwards the file is complete, or untouched as it was before; returns the path.

    Survives being killed or losing power at any moment (then a stale `.part` may be left: see `sweep_stale_files`).
    Raises `ExportError` when the folder is missing, read-only or full.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise ExportError(f"Cannot write {path.name!r}: the folder {str(path.parent)!r} does not exist.")
    # A short name of its own: the final name may already be as long as the file system allows.
    temporary = path.parent / f"{_PREFIX}{_HOST}-{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, (error.strerror or str(error)).lower())
        raise ExportError(f"Cannot write {str(path)!r}: {reason}.") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return path


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` survive a power cut, where the system can (not on Windows)."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep_stale_files(folder: Path | str, *, older_than: float = STALE_SECONDS) -> int:
    """Delete what killed programs left in `folder`; returns how many files.

    That is what is older than `older_than` seconds, or was begun on this computer by a process that is gone. Only
    LoopGen's own temporary names are touched; a missing folder has none.
    """
    swept = 0
    for leftover in Path(folder).glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):
            if _orphaned(leftover.name) or time.time() - leftover.stat().st_mtime > older_than:
                leftover.unlink()
                swept += 1
    return swept


def _orphaned(name: str) -> bool:
    host, _, rest = name.removeprefix(_PREFIX).partition("-")
    pid = rest.partition("-")[0]
    if os.name != "posix" or host != _HOST or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # another user's process; a number that is none
        return False
    return False


def free_path(folder: Path | str, name: str) -> Path:
    """`folder / name`, or with the first free suffix `_b`, `_c`, ... `_z`, `_bb`, ... when that exists already.

    Letters, because sample libraries read a number in a file name as a tempo.
    """
    folder = Path(folder)
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 (Path.stem would cut "126.5bpm" of a name without suffix)
    candidate, count = folder / name, 1
    while candidate.exists():
        candidate = folder / f"{stem}_{_letters(count)}{suffix}"
        count += 1
    return candidate


def shown_name(path: Path) -> str:
    """The name of `path` as it can be shown: bytes that are no UTF-8, and what moves a cursor, become `\ufffd`."""
    return "".join(character if character.isprintable() else "\ufffd" for character in path.name)


def _letters(count: int) -> str:
    """1 -> b, 25 -> z, 26 -> bb, 27 -> bc, ...: numbers to the base of the 25 letters after a."""
    text = ""
    while count > 0:
        count, digit = divmod(count - 1, 25)
        text = chr(ord("b") + digit) + text
    return text
