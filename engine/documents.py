"""JSON from outside, through one door: bounded in size, depth and numbers before anybody believes a word of it."""

import errno
import io
import json
import math
import os
import stat
from pathlib import Path
from typing import Any, Final

MAX_BYTES: Final = 16_000_000
MAX_LEVELS: Final = 32
MAX_WHOLE: Final = 2**63 - 1
"""Whole numbers are kept in 64 bits, by SQLite among others."""
_MAX_DIGITS: Final = 40


class DocumentError(ValueError):
    """Text that is no JSON, or such as nothing of ours ever wrote."""


def read_document(content: bytes | str, *, most_bytes: int = MAX_BYTES, levels: int = MAX_LEVELS) -> Any:
    """What the JSON in `content` says; raises `DocumentError`, in whose words "it" is the document.

    Nesting deeper than `levels` is refused. Numbers that do not fit into 64 bits, infinities and NaN are None: they
    say nothing, and what stands beside them may. Halves of characters, which no file can hold, are question marks.
    """
    if len(content) > most_bytes:
        raise DocumentError(f"it is larger than {most_bytes} bytes")
    try:
        found = json.loads(content, parse_constant=_nothing, parse_float=_number, parse_int=_whole)
    except RecursionError as error:
        raise DocumentError("it is nested too deeply") from error
    except (ValueError, TypeError) as error:  # bytes that are no UTF-8 are ValueErrors too
        raise DocumentError("it is no JSON") from error
    return _plain(found, levels)


def read_document_file(path: Path, *, most_bytes: int = MAX_BYTES, levels: int = MAX_LEVELS) -> Any:
    """What the JSON file `path` says, as `read_document`; raises `OSError` where it cannot be read."""
    return read_document(read_file(path, most_bytes + 1), most_bytes=most_bytes, levels=levels)


def read_file(path: Path, most_bytes: int) -> bytes:
    """What is in `path`, `most_bytes` of it at most.

    Raises `OSError` where it cannot be read: pipes and devices neither, from which nothing may ever come, or no end.
    """
    with io.BufferedReader(open_regular(path)) as file:
        return file.read(most_bytes)


def open_regular(path: Path | str) -> io.FileIO:
    """The file `path`, to be read. Raises `OSError` where there is none: pipes and devices neither, from which
    nothing may ever come, or no end."""
    try:
        return io.FileIO(path, "rb", opener=_open_at_once)
    except ValueError as error:  # a zero in its name
        raise OSError(errno.EINVAL, str(error)) from error


def _open_at_once(path: str, flags: int) -> int:
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no file", path)
    return handle


def _plain(value: Any, levels: int) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if not isinstance(value, dict | list):
        return value
    if not levels:
        raise DocumentError("it is nested too deeply")
    if isinstance(value, list):
        return [_plain(each, levels - 1) for each in value]
    return {_plain(name, levels): _plain(each, levels - 1) for name, each in value.items()}


def _nothing(_constant: str) -> None:
    return None


def _number(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _whole(text: str) -> int | None:
    if len(text) > _MAX_DIGITS:  # thousands of digits take their time
        return None
    value = int(text)
    return value if abs(value) <= MAX_WHOLE else None
