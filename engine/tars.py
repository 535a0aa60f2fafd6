"""Tar files of WebDataset: samples of named members, written whole or not at all.

Reading and writing tars is the package `webdataset`'s, which what makes or reads shards needs.
"""

import hashlib
import io
import lzma
import os
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from engine.errors import ExportError, MissingDependency
from engine.files import failure, sync_folder, temporary_path


def webdataset() -> ModuleType:
    """The package, imported where it is needed; raises `MissingDependency` without it."""
    try:
        import webdataset as package  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingDependency("Shards need webdataset; install it with: pip install 'loopgen[train]'.") from error
    found: ModuleType = package
    return found


@dataclass(frozen=True)
class WrittenTar:
    """What a tar became: its length in bytes and its digest."""

    bytes: int
    sha256: str


class TarWriting:
    """A tar while it is written: a temporary file that gets its name when all is in it, or never.

    Used as a context it is finished at the end, and deleted where something was raised. Raises `ExportError`.
    """

    def __init__(self, path: Path) -> None:
        package = webdataset()
        self._path, self._part = path, temporary_path(path.parent)
        try:
            self._file = self._part.open("x+b")
        except OSError as error:
            raise self._failed(error) from error
        # The same samples are the same bytes, whenever they are written.
        self._tar = package.TarWriter(self._file, encoder=False, compress=False, mtime=0)

    def add(self, number: int, members: Mapping[str, bytes]) -> None:
        """Add the sample `number`: what it is made of, by suffix."""
        try:
            self._tar.write({"__key__": f"{number:08d}", **members})
        except OSError as error:
            raise self._failed(error) from error

    def finish(self) -> WrittenTar:
        """Close the tar, and give it its name."""
        try:
            self._tar.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.seek(0)
            written = WrittenTar(self._part.stat().st_size, hashlib.file_digest(self._file, "sha256").hexdigest())
            self._file.close()
            self._part.replace(self._path)
        except OSError as error:
            raise self._failed(error) from error
        sync_folder(self._path.parent)
        return written

    def give_up(self) -> None:
        """Delete what was written; nothing to delete after `finish`."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._part.unlink(missing_ok=True)

    def _failed(self, error: OSError) -> ExportError:
        return ExportError(f"Cannot write {str(self._path)!r}: {failure(error)}.")


def samples_of(name: str, content: bytes) -> Iterator[dict[str, Any]]:
    """The samples of the tar `content`, called `name` in errors; raises `ValueError` on what is none."""
    tars = webdataset().tariterators
    files = tars.tar_file_expander([{"url": name, "stream": io.BytesIO(content)}])
    try:
        yield from tars.group_by_keys(files)
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise ValueError(f"it is no tar: {error}") from error
