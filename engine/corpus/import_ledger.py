"""What a corpus remembers of imports: a line for every file that was looked at, so that none is read twice.

The lines are written behind what they speak of. One that was cut off by a power cut is as if it were not there; the
loop that it would have told of is found again by its sound.
"""

import errno
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Self, cast, get_args

from engine.corpus.import_report import Outcome
from engine.documents import DocumentError, read_document
from engine.errors import CorpusError
from engine.files import failure, is_file

FILE: Final = "imported.jsonl"
LISTENING: Final = 1
"""Counted up when what is refused changes: files are then read again."""
_MAX_LINE: Final = 4000
_MAX_SAYS: Final = 1000


@dataclass(frozen=True, slots=True)
class Remembered:
    """What became of a file: its `outcome`, what is `says` of it, and for a loop its `name` and `digest` of sound."""

    outcome: Outcome
    says: str = ""
    name: str | None = None
    digest: str | None = None
    part: str | None = None


def file_key(path: Path, status: os.stat_result) -> str:
    """A file as it was: another as soon as it changes, or lies elsewhere."""
    told = f"{LISTENING} {status.st_size} {status.st_mtime_ns} ".encode() + os.fsencode(path.absolute())
    return hashlib.sha256(told).hexdigest()[:32]


class ImportLedger:
    """The lines of the corpus in `folder`, open to be added to; a context. Raises `CorpusError`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self.files: dict[str, Remembered] = {}
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            is_whole = self._read()
            # Unbuffered: what a full disk did not take must not be tried again when the file is closed.
            self._file = self._path.open("ab", buffering=0)
            if not is_whole:  # what comes next begins anew
                self._append(b"\n")
        except OSError as error:
            raise self._failed(error) from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, key: str, found: Remembered) -> None:
        """Remember `found` of the file `key`. Raises `CorpusError` where the disk is full."""
        told = {name: getattr(found, name) for name in Remembered.__slots__ if getattr(found, name)}
        told["says"] = found.says[:_MAX_SAYS]
        try:
            self._append(json.dumps({"file": key} | told).encode() + b"\n")
        except OSError as error:
            raise self._failed(error) from error
        self.files[key] = found

    def _append(self, line: bytes) -> None:
        assert self._file is not None
        if self._file.write(line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _failed(self, error: OSError) -> CorpusError:
        return CorpusError(f"Cannot write {str(self._path)!r}: {failure(error)}.")

    def _read(self) -> bool:
        """Read all lines that are there; false where the last one was cut off."""
        if not is_file(self._path):
            return True
        line = b"\n"
        with self._path.open("rb") as file:
            while read := file.readline(_MAX_LINE):
                line = read
                self._take(line)
        return line.endswith(b"\n")

    def _take(self, line: bytes) -> None:
        try:
            told = read_document(line)
        except DocumentError:
            return
        if not isinstance(told, dict) or told.get("outcome") not in get_args(Outcome):
            return
        texts = {name: _text(told.get(name)) for name in ("file", "says", "name", "digest", "part")}
        if texts["file"]:
            outcome = cast("Outcome", told["outcome"])
            says = texts["says"] or ""
            self.files[texts["file"]] = Remembered(outcome, says, texts["name"], texts["digest"], texts["part"])


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
