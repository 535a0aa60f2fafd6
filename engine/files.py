"""Writing files so that nobody ever sees half of one: temporary file in the same folder, flush, rename."""

import errno
import hashlib
import os
import platform
import re
import secrets
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from engine.errors import ExportError

_PREFIX, _SUFFIX, _CLAIM = ".loopgen-", ".part", "claim-"
_PID = re.compile(r"[1-9][0-9]{0,8}")
_WRITABLE = 0o222
"""Root may write everywhere: that nobody has leave to write is what protects a file."""
STALE_SECONDS = 600.0
"""A temporary file older than this belongs to a program that was killed: no write takes so long."""

_HOST = f"{zlib.crc32(platform.node().encode()):08x}"
"""Folders may be shared between computers, each with processes of its own."""

RESERVED_NAMES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))}
)
"""Names that Windows keeps for devices, in either case and with any ending."""

_REASONS = {
    errno.ENOSPC: "the disk is full; free some space or choose another folder",
    errno.EDQUOT: "your disk quota is used up; free some space or choose another folder",
    errno.EACCES: "the folder cannot be written to; choose another folder",
    errno.EPERM: "the folder cannot be written to; choose another folder",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.EISDIR: "a folder of that name is in the way; choose another name",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}


def is_file(path: Path | str) -> bool:
    """Whether a file can be seen there: `Path.is_file` raises on long names and closed folders, this does not."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path | str) -> bool:
    """Whether a folder can be seen there, as `is_file`."""
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def set_aside(path: Path) -> Path:
    """Give a file that cannot be used a name of its own beside it, never that of another; returns it. Raises
    `OSError`."""
    stem = f"{path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
    aside = free_path(path.parent, f"{stem}{path.suffix}")
    try:
        return path.rename(aside)
    finally:
        _release(aside)


def write_atomically(path: Path | str, content: bytes, *, private: bool = False) -> Path:
    """Write `content` to `path`: afterwards the file is complete, or untouched as it was before; returns the path.

    With `private` nobody but its owner can read it. A link stays one, and what it leads to is written. Survives being
    killed or losing power at any moment (then a stale `.part` may be left: see `sweep_stale_files`). Raises
    `ExportError` when the folder is missing, read-only or full, and where a write-protected file, a pipe or a device
    is in the way.
    """
    path = Path(path)
    try:
        _write_whole(replaceable(path), content, private)
    except (OSError, ValueError) as error:  # a zero byte in a name is a ValueError
        raise ExportError(f"Cannot write {str(path)!r}: {failure(error)}.") from error
    finally:
        _release(path)
    return path


def replaceable(path: Path) -> Path:
    """What writing to `path` may replace: itself, or what a link there leads to.

    Raises `ExportError` when its folder is missing, and where a write-protected file, a pipe or a device is in the
    way, or it cannot be seen what is.
    """
    try:
        return _checked(path)
    except (OSError, ValueError) as error:
        raise ExportError(f"Cannot write {str(path)!r}: {failure(error)}.") from error


def _checked(path: Path) -> Path:
    path = Path(os.path.realpath(path)) if path.is_symlink() else path
    if not path.parent.is_dir():
        raise ExportError(f"Cannot write {path.name!r}: the folder {str(path.parent)!r} does not exist.")
    if path.is_file() and not path.stat().st_mode & _WRITABLE:
        raise ExportError(f"Cannot write {str(path)!r}: it is write-protected; choose another name.")
    if path.exists() and not path.is_file() and not path.is_dir():  # root could put a file in the place of /dev/null
        raise ExportError(f"Cannot write {str(path)!r}: what is there is no file; choose another name.")
    return path


def _write_whole(path: Path, content: bytes, private: bool) -> None:
    temporary = temporary_path(path.parent)
    try:
        with temporary.open("xb") as file:
            if private:
                temporary.chmod(0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def temporary_path(folder: Path) -> Path:
    """A short name in `folder` that nobody else takes, and `sweep_stale_files` knows."""
    # Not made of the final name, which may already be as long as the file system allows.
    return folder / f"{_PREFIX}{_HOST}-{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"


def failure(error: Exception) -> str:
    """Why a file could not be read or written, as the end of a sentence, with what to do where that is known."""
    if isinstance(error, OSError):
        return _REASONS.get(error.errno or 0, (error.strerror or str(error)).lower())
    return "no file can have that name; choose another one"


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
    for leftover in stale_paths(folder, older_than=older_than):
        with suppress(OSError):
            leftover.unlink()
            swept += 1
    return swept


def stale_paths(folder: Path | str, *, older_than: float = STALE_SECONDS) -> Iterator[Path]:
    """What killed programs left in `folder`, files and folders, as `sweep_stale_files` knows it."""
    with suppress(OSError):
        for leftover in Path(folder).glob(f"{_PREFIX}*{_SUFFIX}"):
            with suppress(OSError):
                if _is_stale(leftover, older_than):
                    yield leftover


def _is_stale(path: Path, older_than: float = STALE_SECONDS) -> bool:
    name = path.name.removeprefix(_PREFIX)
    begun_by = path.read_text(encoding="ascii", errors="replace")[:40] if name.startswith(_CLAIM) else name
    return _orphaned(begun_by) or time.time() - path.stat().st_mtime > older_than


def _orphaned(begun_by: str) -> bool:
    host, _, rest = begun_by.partition("-")
    pid = rest.partition("-")[0]
    return host == _HOST and not is_running(pid)


def is_running(pid: str) -> bool:
    """Whether the process that a name speaks of may run on this computer: where nobody can say, it may."""
    if os.name != "posix" or not _PID.fullmatch(pid):
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's process
        return True
    return True


def free_path(folder: Path | str, name: str) -> Path:
    """`folder / name`, or with the first free suffix `_b`, `_c`, ... `_z`, `_bb`, ... when that exists already.

    Letters, because sample libraries read a number in a file name as a tempo. The name is the caller's alone until
    `write_atomically` has written it: of two windows that look at once, one gets the next letter.
    """
    folder = Path(folder)
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 (Path.stem would cut "126.5bpm" of a name without suffix)
    candidate, count = folder / name, 1
    while not _claim(candidate):
        candidate = folder / f"{stem}_{_letters(count)}{suffix}"
        count += 1
    return candidate


def _claim(path: Path) -> bool:
    """Take the name of `path` unless there is such a file, or somebody else has the name and is about to write."""
    try:
        if path.exists() or path.is_symlink():
            return False
        _write_claim(_claim_of(path))
    except FileExistsError:
        return False
    except (OSError, ValueError):  # nothing can be written there: the writer says why
        return True
    if path.exists():  # written between the look and the claim
        _release(path)
        return False
    return True


def _write_claim(claim: Path) -> None:
    """Say whose `claim` it is, from its first moment on: who is killed on the way leaves nothing that names nobody.
    Raises `OSError`, `FileExistsError` where somebody else was first."""
    owner = temporary_path(claim.parent)
    try:
        owner.write_text(f"{_HOST}-{os.getpid()}")
        try:
            os.link(owner, claim)
        except FileExistsError:
            raise
        except OSError:  # file systems without links, as those of memory cards: an instant with an owner not yet told
            with claim.open("x") as file:
                file.write(owner.read_text())
    finally:
        owner.unlink(missing_ok=True)


def _claim_of(path: Path) -> Path:
    return path.parent / f"{_PREFIX}{_CLAIM}{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}{_SUFFIX}"


def _release(path: Path) -> None:
    with suppress(OSError, ValueError):
        _claim_of(path).unlink(missing_ok=True)


def shown_name(path: Path) -> str:
    """The name of `path` as it can be shown: as `shown`."""
    return shown(path.name)


def shown(text: str) -> str:
    """`text` as it can be shown: bytes that are no UTF-8, and what moves a cursor, become `\ufffd`."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _letters(count: int) -> str:
    """1 -> b, 25 -> z, 26 -> bb, 27 -> bc, ...: numbers to the base of the 25 letters after a."""
    text = ""
    while count > 0:
        count, digit = divmod(count - 1, 25)
        text = chr(ord("b") + digit) + text
    return text
