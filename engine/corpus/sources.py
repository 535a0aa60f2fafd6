"""What lies in folders that are imported: every audio file once, and for everything else why it is passed over."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.audio.io import AUDIO_SUFFIXES
from engine.files import is_file, is_folder, shown, shown_name

MACINTOSH: Final = "__MACOSX"
_NOT_LOOKED_AT: Final = {
    ".asd": "an analysis of Ableton Live, which is not needed",
    ".csv": "a table, not a sound",
}
_Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SoundFile:
    """An audio file, and the names of the `folders` that it lies in, the nearest first."""

    path: Path
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PassedOver:
    """What was not opened, and why: the `reason` completes "... is"."""

    path: Path
    reason: str


class SoundFiles:
    """Goes through folders; files and folders that several names or links lead to are met once."""

    def __init__(self, *, apart_from: Path | None = None) -> None:
        self._files: dict[_Place, str] = {}
        self._folders: set[_Place] = set()
        if apart_from is not None and is_folder(apart_from):
            self._folders.add(_place(apart_from.stat()))

    def of(self, source: Path) -> Iterator[SoundFile | PassedOver]:
        """Everything in the folder (or file) `source` and below, in the order of names."""
        if is_file(source):
            yield self._file(source, source.stat(), ())
            return
        yield from self._folder(source, source.stat(), ())

    def _folder(
        self, folder: Path, status: os.stat_result, outer: tuple[str, ...]
    ) -> Iterator[SoundFile | PassedOver]:
        waiting = [(folder, status, outer)]
        while waiting:  # as a list: folders may be nested deeper than calls may
            folder, status, outer = waiting.pop()
            if _place(status) in self._folders:
                yield PassedOver(folder, "a folder that is read already, or the corpus itself")
                continue
            self._folders.add(_place(status))
            inner = (folder.name, *outer)
            try:
                names = sorted((path.name for path in folder.iterdir()), key=os.fsencode)
            except OSError as error:
                yield PassedOver(folder, f"a folder that cannot be read ({(error.strerror or str(error)).lower()})")
                continue
            below = []
            for name in names:
                found = self._entry(folder / name, inner)
                if isinstance(found, os.stat_result):
                    below.append((folder / name, found, inner))
                else:
                    yield found
            waiting += reversed(below)

    def _entry(self, path: Path, folders: tuple[str, ...]) -> SoundFile | PassedOver | os.stat_result:
        """What lies at `path`; of a folder that is to be gone through, its status."""
        if path.name == MACINTOSH:
            return PassedOver(path, "what archives of a Macintosh leave")
        if path.name.startswith("."):
            return PassedOver(path, "hidden")
        try:
            status = path.stat()
        except OSError as error:
            lost = "a link that leads nowhere" if path.is_symlink() else (error.strerror or str(error)).lower()
            return PassedOver(path, lost)
        if stat.S_ISDIR(status.st_mode):
            return status
        suffix = path.suffix.lower()
        if suffix not in AUDIO_SUFFIXES:
            kind = f"no audio file ({shown(suffix)})" if suffix else "no audio file"
            return PassedOver(path, _NOT_LOOKED_AT.get(suffix, kind))
        return self._file(path, status, folders)

    def _file(self, path: Path, status: os.stat_result, folders: tuple[str, ...]) -> SoundFile | PassedOver:
        if not stat.S_ISREG(status.st_mode):
            return PassedOver(path, "no file but a pipe, a socket or a device")
        place = _place(status)
        if place in self._files:
            return PassedOver(path, f"the same file as {self._files[place]}")
        self._files[place] = shown_name(path)
        return SoundFile(path, folders)


def _place(status: os.stat_result) -> _Place:
    return status.st_dev, status.st_ino
