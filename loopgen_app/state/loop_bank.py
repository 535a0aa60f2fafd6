"""The loop bank: every loop that was made, with its recipe, in one SQLite file that survives a killed process."""

import contextlib
import logging
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine import AudioFileError, ExportError, InvalidRequest, LoopRequest, Origin, Recipe
from loopgen_app.state.loop_audio import Audio, decode_flac, encode_flac, thumbnail

log = logging.getLogger(__name__)

SCHEMA = 1
Show = Literal["all", "favourites", "deleted"]

_TABLES = """
CREATE TABLE IF NOT EXISTS loops (
    id INTEGER PRIMARY KEY AUTOINCREMENT, created REAL NOT NULL, name TEXT NOT NULL, favourite INTEGER NOT NULL,
    deleted_at REAL, tempo_bpm REAL NOT NULL, bars INTEGER NOT NULL, key TEXT, seed INTEGER NOT NULL,
    loudness_lufs REAL, sample_rate INTEGER NOT NULL, samples INTEGER NOT NULL, recipe TEXT NOT NULL,
    thumbnail BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS sounds (loop_id INTEGER PRIMARY KEY REFERENCES loops(id), flac BLOB NOT NULL);
"""
_COLUMNS = "id, created, name, favourite, deleted_at, tempo_bpm, bars, key, seed, loudness_lufs, sample_rate, samples"


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
    return words[:60] or f"Seed {request.seed}"


class LoopBank:
    """Thread safe. Every method is one transaction: what has returned is on disk, what was interrupted never was."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notice = ""
        self._lock = threading.RLock()
        self._known: dict[int, tuple[tuple[Any, ...], BankedLoop | None]] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = self._open()
        except sqlite3.DatabaseError:
            self._set_aside()
            self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, check_same_thread=False, timeout=5.0)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.executescript(_TABLES)
            db.execute("SELECT max(length(recipe)) FROM loops").fetchone()  # walks every row, not the sounds
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, SCHEMA):
                raise sqlite3.DatabaseError(f"schema {version}")
            db.execute(f"PRAGMA user_version={SCHEMA}")
            db.commit()
        except sqlite3.DatabaseError:
            db.close()
            raise
        return db

    def _set_aside(self) -> None:
        aside = self.path.with_name(f"{self.path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}{self.path.suffix}")
        for suffix in ("", "-wal", "-shm"):
            part = self.path.with_name(self.path.name + suffix)
            if part.exists():
                part.replace(aside.with_name(aside.name + suffix))
        self.notice = f"The loop bank could not be read; it was kept as {aside.name} and a new one started."

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                with self._db:
                    yield self._db
            except sqlite3.Error as error:
                raise ExportError(f"The loop bank at {self.path.parent} could not be written: {error}.") from error

    def add(
        self, audio: Audio, sample_rate: int, recipe: Recipe, *, name: str = "", loudness_lufs: float | None = None
    ) -> BankedLoop:
        """Keep `audio` [2, T] with its recipe; on disk when this returns. Raises `ExportError` when it cannot be."""
        request = recipe.request
        sound, thumb = encode_flac(audio, sample_rate), thumbnail(audio)
        row: tuple[Any, ...] = (
            time.time(), name or loop_name(request), 0, request.tempo_bpm, recipe.bars, request.key,
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

    def _known_loop(self, row: tuple[Any, ...]) -> BankedLoop | None:
        """The loop of a row without its recipe; only what changed is read again: there may be thousands."""
        seen, loop = self._known.get(row[0], ((), None))
        if row == seen:
            return loop
        try:
            loop = self.loop(row[0])
        except InvalidRequest as error:  # a recipe of another version: its sound stays in the file
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
                db.execute("UPDATE loops SET name = ? WHERE id = ?", (name.strip()[:200], loop_id))

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
        """Let go for good of loops deleted before that time (seconds since 1970), and give their room back to the
        disk; returns how many."""
        with self._transaction() as db:
            gone = db.execute("SELECT id FROM loops WHERE deleted_at < ?", (deleted_before,)).fetchall()
            db.executemany("DELETE FROM sounds WHERE loop_id = ?", gone)
            db.executemany("DELETE FROM loops WHERE id = ?", gone)
        if gone:
            with self._lock, contextlib.suppress(sqlite3.Error):  # a full disk: another time
                self._db.execute("VACUUM")
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(gone)

    def close(self) -> None:
        """Close the file; the bank must not be used afterwards."""
        with self._lock:
            self._db.close()


def _searched(loop: BankedLoop) -> str:
    return f"{loop.name} {loop.key or ''} {loop.tempo_bpm:g} {loop.tempo_bpm:g}bpm".lower()


def _banked(columns: list[Any], recipe: str, thumb: bytes) -> BankedLoop:
    read = Recipe.from_json(recipe)
    names = [name.strip() for name in _COLUMNS.split(",")]
    values = dict(zip(names, columns, strict=True))
    values["favourite"] = bool(values["favourite"])
    packed = zlib.compress(recipe.encode())
    return BankedLoop(**values, kind=read.kind, origin=read.origin, thumbnail=thumb, packed=packed)
