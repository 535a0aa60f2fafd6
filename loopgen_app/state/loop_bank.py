"""The loop bank: every loop that was made, with its recipe, in one SQLite file that survives a killed process."""

import contextlib
import logging
import math
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from engine import AudioFileError, ExportError, InvalidRequest, LoopRequest, Origin, Recipe
from loopgen_app.state import bank_files
from loopgen_app.state.loop_audio import Audio, decode_flac, encode_flac, thumbnail

log = logging.getLogger(__name__)

Show = Literal["all", "favourites", "deleted"]

_COLUMNS = "id, created, name, favourite, deleted_at, tempo_bpm, bars, key, seed, loudness_lufs, sample_rate, samples"
_NUMBER: Final = (int, float)
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "id": (int,), "created": _NUMBER, "name": (str,), "favourite": (int,), "deleted_at": (*_NUMBER, type(None)),
    "tempo_bpm": _NUMBER, "bars": (int,), "key": (str, type(None)), "seed": (int,),
    "loudness_lufs": (*_NUMBER, type(None)), "sample_rate": (int,), "samples": (int,), "recipe": (str,),
    "thumbnail": (bytes,),
}  # fmt: skip
"""The types that each column may hold: SQLite itself takes any of them anywhere."""


@dataclass(frozen=True)
class BankedLoop:
    """One row of the bank without its sound. `created` and `deleted_at` are seconds since 1970."""

    id: int
    created: float
    name: str
    favourite: bool
    deleted_at: float | None
    tempo_bpm: float
    bars: int
    key: str | None
    seed: int
    loudness_lufs: float | None
    sample_rate: int
    samples: int
    kind: str
    origin: Origin | None
    thumbnail: bytes
    packed: bytes

    @property
    def recipe(self) -> Recipe:
        """Everything that made it, unpacked from a kilobyte: thousands of rows are kept, few are ever asked."""
        return Recipe.from_json(zlib.decompress(self.packed).decode())


def loop_name(request: LoopRequest) -> str:
    """A name a musician can recognise: the prompt, else the tags, else the seed."""
    words = request.prompt.strip() or " ".join(tag.replace("_", " ") for tag in request.tags[:3])
    return _storable(words)[:60] or f"Seed {request.seed}"


def _storable(text: str) -> str:
    """`text` without halves of characters, as names that are no UTF-8 have them: no file takes those."""
    return text.encode("utf-8", "replace").decode("utf-8")


class LoopBank:
    """Thread safe. Every method is one transaction: what has returned is on disk, what was interrupted never was.

    A file that cannot be written now (locked, full or read-only disk) stays as it is: what can be read is shown, and
    every change tries again. `notice` is what the musician should know of how it was opened; empty when all is well.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notice = ""
        self._lock = threading.RLock()
        self._turn = 0
        self._known: dict[int, tuple[tuple[Any, ...], BankedLoop | None]] = {}
        self._writable = True
        with contextlib.suppress(OSError):  # then it cannot be opened, and that is said
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = self._open_somehow()
        self._place = self._where()

    def _open_somehow(self) -> sqlite3.Connection:
        try:
            return bank_files.open_to_write(self.path)
        except sqlite3.OperationalError as error:
            self._writable = False
            db, shown = bank_files.open_to_read(self.path)
            there = "what is in it is shown, but " if shown else ""
            self.notice = (
                f"The loop bank at {self.path.parent} cannot be written ({error}): {there}new loops are not kept "
                "until that has changed."
            )
            return db
        except sqlite3.DatabaseError:
            aside = bank_files.set_aside(self.path)
            db = bank_files.open_to_write(self.path)
            saved = bank_files.salvage(aside, db)
            self.notice = (
                f"The loop bank was damaged: it was kept as {aside.name}, and a new one started with "
                f"{saved or 'none'} of its loops."
            )
            return db

    def _where(self) -> tuple[int, int] | None:
        try:
            there = self.path.stat()
        except OSError:
            return None
        return there.st_dev, there.st_ino

    def _take_hold(self) -> None:
        """Make sure that what is written goes into the file at `path`: it may have become writable, or be gone."""
        place = self._where()
        if self._writable and place is not None and place == self._place:
            return
        before, db = self._db, None
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            db = bank_files.open_to_write(self.path)
            if place is None and self._writable:  # SQLite holds on to the file that was removed: it is all there
                before.backup(db)
        except (OSError, sqlite3.Error) as error:
            if db is not None:
                db.close()
            raise ExportError(f"The loop bank at {self.path.parent} could not be written: {error}.") from error
        self._db, self._writable, self._place = db, True, self._where()
        self._known.clear()
        before.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self.hurry()
        with self._lock:
            self._take_hold()
            try:
                with self._db:
                    # Said here: Python tells what changes a bank by its letters, and in Turkish "I" is none of "i".
                    self._db.execute("BEGIN")
                    yield self._db
            except (sqlite3.Error, OverflowError) as error:
                raise ExportError(f"The loop bank at {self.path.parent} could not be written: {error}.") from error

    def add(
        self, audio: Audio, sample_rate: int, recipe: Recipe, *, name: str = "", loudness_lufs: float | None = None
    ) -> BankedLoop:
        """Keep `audio` [2, T] with its recipe; on disk when this returns. Raises `ExportError` when it cannot be."""
        request = recipe.request
        sound, thumb = encode_flac(audio, sample_rate), thumbnail(audio)
        row: tuple[Any, ...] = (
            time.time(), _storable(name) or loop_name(request), 0, request.tempo_bpm, recipe.bars, request.key,
            request.seed, loudness_lufs, sample_rate, audio.shape[1], recipe.to_json(), thumb,
        )  # fmt: skip
        with self._transaction() as db:
            added = db.execute(
                "INSERT INTO loops (created, name, favourite, tempo_bpm, bars, key, seed, loudness_lufs, sample_rate,"
                " samples, recipe, thumbnail) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                row,
            )
            db.execute("INSERT INTO sounds VALUES (?, ?)", (added.lastrowid, sound))
        return self.loop(int(added.lastrowid or 0))

    def loop(self, loop_id: int) -> BankedLoop:
        """The row of `loop_id`; raises KeyError when there is none."""
        rows = self._read(f"SELECT {_COLUMNS}, recipe, thumbnail FROM loops WHERE id = ?", loop_id)
        if not rows:
            raise KeyError(loop_id)
        *columns, recipe, thumb = rows[0]
        return _banked(columns, recipe, thumb)

    def _read(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._db.execute(query, values).fetchall()
            except OverflowError:  # no row has such a number
                return []
            except sqlite3.Error as error:
                raise AudioFileError(f"The loop bank at {self.path.parent} could not be read: {error}.") from error

    def loops(self, show: Show = "all", words: str = "") -> list[BankedLoop]:
        """Rows, newest first; `words` must all occur in name, key or tempo."""
        where = {
            "all": "deleted_at IS NULL",
            "favourites": "deleted_at IS NULL AND favourite = 1",
            "deleted": "deleted_at IS NOT NULL",
        }[show]
        rows = self._read(f"SELECT {_COLUMNS} FROM loops WHERE {where} ORDER BY id DESC")
        found = [loop for row in rows if (loop := self._known_loop(row)) is not None]
        wanted = words.lower().split()
        return [loop for loop in found if all(word in _searched(loop) for word in wanted)]

    def named(self, beginning: str) -> list[tuple[str, int]]:
        """(name, seed) of every loop whose name begins so, newest first, deleted ones too."""
        query = "SELECT name, seed FROM loops WHERE substr(name, 1, ?) = ? ORDER BY id DESC"
        return [(str(name), int(seed)) for name, seed in self._read(query, len(beginning), beginning)]

    def _known_loop(self, row: tuple[Any, ...]) -> BankedLoop | None:
        """The loop of a row without its recipe; only what changed is read again: there may be thousands."""
        seen, loop = self._known.get(row[0], ((), None))
        if row == seen:
            return loop
        try:
            loop = self.loop(row[0])
        except (KeyError, InvalidRequest) as error:  # damaged, or of another version: its sound stays in the file
            log.warning("loop %s of the bank not shown: %s", row[0], error)
            loop = None
        self._known[row[0]] = row, loop
        return loop

    def audio(self, loop_id: int) -> tuple[Audio, int]:
        """(audio [2, T], sample rate); raises KeyError without such a loop, `AudioFileError` when damaged."""
        rows = self._read("SELECT flac FROM sounds WHERE loop_id = ?", loop_id)
        if not rows:
            raise KeyError(loop_id)
        return decode_flac(rows[0][0])

    def rename(self, loop_id: int, name: str) -> None:
        """Give a loop another name; an empty one is ignored."""
        if name.strip():
            with self._transaction() as db:
                db.execute("UPDATE loops SET name = ? WHERE id = ?", (_storable(name).strip()[:200], loop_id))

    def set_favourite(self, loop_id: int, favourite: bool) -> None:
        """Mark or unmark a loop."""
        with self._transaction() as db:
            db.execute("UPDATE loops SET favourite = ? WHERE id = ?", (int(favourite), loop_id))

    def delete(self, loop_id: int) -> None:
        """Hide a loop; `undelete` brings it back, `purge` lets it go."""
        with self._transaction() as db:
            db.execute("UPDATE loops SET deleted_at = ? WHERE id = ?", (time.time(), loop_id))

    def undelete(self, loop_id: int) -> None:
        """Bring a deleted loop back."""
        with self._transaction() as db:
            db.execute("UPDATE loops SET deleted_at = NULL WHERE id = ?", (loop_id,))

    def purge(self, deleted_before: float) -> int:
        """Let go for good of loops deleted before that time (seconds since 1970); returns how many.

        They are gone from all lists at once, however many; their sounds leave the disk with `tidy`.
        """
        with self._transaction() as db:
            return db.execute("DELETE FROM loops WHERE deleted_at < ?", (deleted_before,)).rowcount

    def tidy(self) -> bool:
        """Take one more sound of loops that were let go, or a megabyte of free room, off the disk; whether there is
        more to do.

        A moment's work, so that nobody who plays or makes loops waits for it. But for banks that cannot shrink by
        pieces: these are written anew, beside whoever reads; whoever writes breaks that off, until the next time.
        """
        with self._transaction() as db:
            gone = db.execute("SELECT loop_id FROM sounds WHERE loop_id NOT IN (SELECT id FROM loops)").fetchone()
            if gone:
                db.execute("DELETE FROM sounds WHERE loop_id = ?", gone)
                return True
            rigid, turn = bank_files.is_rigid(db), self._turn
        if rigid:
            bank_files.rebuild(self.path, lambda: self._turn != turn)
            return False
        with self._lock, contextlib.suppress(sqlite3.Error):  # somebody else writes: another time
            return bank_files.shrink(self._db)
        return False

    def hurry(self) -> None:
        """Break off whatever long work `tidy` is at; it goes on another time."""
        self._turn += 1

    def close(self) -> None:
        """Close the file; the bank must not be used afterwards."""
        with self._lock:
            self._db.close()


def _searched(loop: BankedLoop) -> str:
    return f"{loop.name} {loop.key or ''} {loop.tempo_bpm:g} {loop.tempo_bpm:g}bpm".lower()


def _banked(columns: list[Any], recipe: Any, thumb: Any) -> BankedLoop:
    """The loop of a row; raises `InvalidRequest` where a column holds what the bank never put there."""
    names = [name.strip() for name in _COLUMNS.split(",")]
    values = dict(zip(names, columns, strict=True)) | {"recipe": recipe, "thumbnail": thumb}
    for name, kinds in _KINDS.items():
        value = values[name]
        if not isinstance(value, kinds) or (isinstance(value, float) and not math.isfinite(value)):
            raise InvalidRequest(f"This loop is damaged in the bank: its {name} is {str(value)[:40]!r}.")
    if not (values["tempo_bpm"] > 0 and values["bars"] > 0 and values["sample_rate"] > 0):
        raise InvalidRequest("This loop is damaged in the bank: it has no length.")
    read = Recipe.from_json(values.pop("recipe"))
    values["favourite"] = bool(values["favourite"])
    return BankedLoop(**values, kind=read.kind, origin=read.origin, packed=zlib.compress(recipe.encode()))
