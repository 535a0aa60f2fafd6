"""The loop bank's file: opened to write or only to read, set aside when damaged, and what can be saved of it."""

import contextlib
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import engine
from engine import ExportError

log = logging.getLogger(__name__)

SCHEMA = 1
LOCK_SECONDS = 5.0
MOST_LOOPS = 1_000_000
_INCREMENTAL = 2
_PAGES_AT_ONCE = 256
"""A megabyte: its lock is held for some milliseconds."""

_BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a bank."""

_TABLES = """
CREATE TABLE IF NOT EXISTS loops (
    id INTEGER PRIMARY KEY AUTOINCREMENT, created REAL NOT NULL, name TEXT NOT NULL, favourite INTEGER NOT NULL,
    deleted_at REAL, tempo_bpm REAL NOT NULL, bars INTEGER NOT NULL, key TEXT, seed INTEGER NOT NULL,
    loudness_lufs REAL, sample_rate INTEGER NOT NULL, samples INTEGER NOT NULL, recipe TEXT NOT NULL,
    thumbnail BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS sounds (loop_id INTEGER PRIMARY KEY REFERENCES loops(id), flac BLOB NOT NULL);
"""


def open_to_write(path: Path) -> sqlite3.Connection:
    """The bank in `path`, made where there is none.

    Raises `sqlite3.OperationalError` where it cannot be written now, and another `sqlite3.DatabaseError` where it is
    damaged, or no file.
    """
    _check_files(path)
    with contextlib.suppress(OSError, ValueError):  # prompts are nobody else's; what lies beside it is as it is
        path.touch(mode=0o600)
        path.chmod(0o600)
    db = _connected(str(path))
    try:
        version = _version(db)
        if not version:  # before anything else is written, or it is too late
            db.execute(f"PRAGMA auto_vacuum={_INCREMENTAL}")
        if db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        if not version:
            db.executescript(_TABLES)
            db.execute(f"PRAGMA user_version={SCHEMA}")
        db.commit()
        _walk(db)
        with db:  # a disk that cannot be written says so at the first write alone
            db.execute("BEGIN IMMEDIATE")
            db.execute(f"PRAGMA user_version={SCHEMA}")
    except sqlite3.DatabaseError:
        db.close()
        raise
    return db


def open_to_read(path: Path) -> tuple[sqlite3.Connection, bool]:
    """The bank in `path` as far as it can be read, and whether that is at all; else an empty one in memory."""
    for how in ("mode=ro", "mode=ro&immutable=1"):  # the second where even the files beside it cannot be written
        try:
            _check_files(path)
            db = _connected(f"{path.absolute().as_uri()}?{how}", uri=True)
        except (sqlite3.Error, ValueError):
            continue
        try:
            _version(db)
            _walk(db)
        except sqlite3.Error as error:
            log.warning("bank not read: %s", error)
            db.close()
        else:
            return db, True
    db = _connected(":memory:")
    db.executescript(_TABLES)
    return db, False


def shrink(db: sqlite3.Connection) -> bool:
    """Give a megabyte of the free room of a bank that is not rigid back to the disk; whether there is more of it."""
    db.executescript(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")  # `execute` would stop after one page
    if _pragma(db, "freelist_count"):
        return True
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return False


def is_rigid(db: sqlite3.Connection) -> bool:
    """Whether the bank was made before banks could give their room back piece by piece."""
    return _pragma(db, "auto_vacuum") != _INCREMENTAL


def rebuild(path: Path, give_way: Callable[[], bool]) -> bool:
    """Write a rigid bank with free room anew, as one that shrinks; whether that was done.

    It may take minutes, in which others can read and not write: where `give_way()` says so, it stops, and all is as
    it was.
    """
    try:
        with contextlib.closing(_connected(str(path))) as db:
            if not is_rigid(db) or not _pragma(db, "freelist_count"):
                return False
            db.execute(f"PRAGMA auto_vacuum={_INCREMENTAL}")
            db.set_progress_handler(give_way, 1)
            db.execute("VACUUM")
            db.set_progress_handler(None, 0)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:  # somebody writes, or a full disk: another time
        log.info("bank not written anew: %s", error)
        return False
    return True


def set_aside(path: Path) -> Path:
    """Give the damaged bank in `path` another name, never that of an earlier one; returns it.

    Raises `ExportError` where it cannot be.
    """
    try:
        aside = engine.set_aside(path)
        for suffix in _BESIDE:
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
    except OSError as error:
        raise ExportError(f"The damaged loop bank {path} cannot be set aside: {error.strerror or error}.") from error
    return aside


def salvage(damaged: Path, db: sqlite3.Connection) -> int:
    """Copy every loop that can still be read from the bank `damaged` into `db`; returns how many.

    Row by row: one bad page hides the rows in it, and no others.
    """
    try:
        _check_files(damaged)
        old = _connected(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)
    except (sqlite3.Error, ValueError):
        return 0
    saved = 0
    with contextlib.closing(old), db:
        db.execute("BEGIN")
        columns = ", ".join(name for _, name, *_ in db.execute("PRAGMA table_info(loops)"))
        for loop_id in range(1, _last(old) + 1):
            row = _one(old, f"SELECT {columns} FROM loops WHERE id = ?", loop_id)
            sound = _one(old, "SELECT loop_id, flac FROM sounds WHERE loop_id = ?", loop_id) if row else None
            if row and sound:
                marks = ",".join("?" * len(row))
                db.execute(f"INSERT OR IGNORE INTO loops ({columns}) VALUES ({marks})", row)
                db.execute("INSERT OR IGNORE INTO sounds VALUES (?, ?)", sound)
                saved += 1
    return saved


def _last(db: sqlite3.Connection) -> int:
    """The highest number that a loop of a damaged bank may have."""
    found = [
        _one(db, query)
        for query in (
            "SELECT seq FROM sqlite_sequence WHERE name = 'loops'",
            "SELECT max(id) FROM loops",
            "SELECT max(loop_id) FROM sounds",
        )
    ]
    return min(MOST_LOOPS, max((row[0] for row in found if row and isinstance(row[0], int)), default=0))


def _one(db: sqlite3.Connection, query: str, *values: Any) -> tuple[Any, ...] | None:
    try:
        found: tuple[Any, ...] | None = db.execute(query, values).fetchone()
    except (sqlite3.Error, OverflowError, MemoryError):
        return None
    return found


def _check_files(path: Path) -> None:
    """SQLite waits for what is no file, a pipe of the name of a bank or of what it keeps beside it, for ever."""
    for beside in (path, *(path.with_name(path.name + suffix) for suffix in _BESIDE)):
        with contextlib.suppress(OSError, ValueError):  # of which SQLite says why
            if beside.exists() and not beside.is_file():
                raise sqlite3.DatabaseError(f"{beside.name} is no file")


def _connected(where: str, *, uri: bool = False) -> sqlite3.Connection:
    db = sqlite3.connect(where, check_same_thread=False, timeout=LOCK_SECONDS, uri=uri)
    db.text_factory = lambda text: text.decode("utf-8", "replace")  # one bad byte must not hide every row
    return db


def _version(db: sqlite3.Connection) -> int:
    version = _pragma(db, "user_version")
    if version not in (0, SCHEMA):
        raise sqlite3.OperationalError(f"it was written by another LoopGen, format {version}")
    return version


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def _walk(db: sqlite3.Connection) -> None:
    """Read every row, without the sounds; raises `sqlite3.DatabaseError` where one is damaged."""
    db.execute("SELECT max(length(recipe)) FROM loops").fetchone()
