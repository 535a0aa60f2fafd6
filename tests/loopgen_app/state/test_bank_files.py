"""A bank that cannot be written, is damaged or is gone: nothing that was kept is lost, and all of it is said."""

import locale
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from engine import AudioFileError, ExportError, LoopRequest, Recipe
from loopgen_app.state import bank_files
from loopgen_app.state.loop_audio import decode_flac, encode_flac
from loopgen_app.state.loop_bank import LoopBank

RATE = 44100
HOLDER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


def _is_there(name: str) -> bool:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_CTYPE, before)
    return True


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.9, 0.9, (2, 3000)).astype(np.float32)


def fill(path: Path, loops: int = 6) -> Path:
    bank = LoopBank(path)
    for seed in range(loops):
        bank.add(noise(seed), RATE, Recipe(LoopRequest(seed=seed, prompt=f"dub {seed}")), loudness_lufs=-14.0)
    bank.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=DELETE")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return fill(tmp_path / "bank" / "loops.sqlite")


@pytest.fixture
def held(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A bank that another program holds for itself."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "locked\n"
    yield process
    process.communicate()


def names(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


def test_a_locked_bank_is_shown_and_takes_loops_again_when_it_is_free(
    path: Path, held: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank_files, "LOCK_SECONDS", 0.1)
    bank = LoopBank(path)
    assert [loop.seed for loop in bank.loops()] == [5, 4, 3, 2, 1, 0]
    assert "cannot be written" in bank.notice and "locked" in bank.notice
    with pytest.raises(ExportError, match="locked"):
        bank.set_favourite(1, True)
    held.communicate()
    bank.set_favourite(1, True)
    assert bank.add(noise(9), RATE, Recipe(LoopRequest(seed=9))).id == 7
    assert not any("damaged" in name for name in names(path))
    bank.close()


@pytest.mark.parametrize(
    "problem", ["database or disk is full", "attempt to write a readonly database", "disk I/O error"]
)
def test_a_disk_that_takes_nothing_leaves_the_bank_where_it_is(
    path: Path, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError(problem)

    before = path.read_bytes()
    monkeypatch.setattr(bank_files, "open_to_write", refuse)
    bank = LoopBank(path)
    assert problem in bank.notice and len(bank.loops()) == 6
    with pytest.raises(ExportError, match=problem):
        bank.add(noise(9), RATE, Recipe(LoopRequest()))
    bank.close()
    assert path.read_bytes() == before and not any("damaged" in name for name in names(path))


TURKISH = next((name for name in ("tr_TR.UTF-8", "tr_TR.utf8", "tr_TR") if _is_there(name)), "")


@pytest.mark.parametrize(
    "speech", ["C", pytest.param(TURKISH, marks=pytest.mark.skipif(not TURKISH, reason="no Turkish here"))]
)
def test_a_loop_whose_sound_finds_no_room_leaves_no_row(path: Path, speech: str) -> None:
    """Python takes INSERT for a change by its letters, of which the Turkish "I" is another than that of "i"."""
    before = locale.setlocale(locale.LC_CTYPE)
    locale.setlocale(locale.LC_CTYPE, speech)
    try:
        bank = LoopBank(path)
        pages = bank._db.execute("PRAGMA page_count").fetchone()[0]
        bank._db.execute(f"PRAGMA max_page_count={pages + 4}")
        with pytest.raises(ExportError, match="full"):
            bank.add(np.tile(noise(9), 20), RATE, Recipe(LoopRequest()))
        assert len(bank.loops()) == 6
        bank.close()
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def test_a_bank_that_cannot_be_opened_at_all_is_an_empty_one_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "bank").write_text("a file where the folder should be")
    bank = LoopBank(tmp_path / "bank" / "loops.sqlite")
    assert bank.loops() == [] and "cannot be written" in bank.notice
    with pytest.raises(ExportError):
        bank.add(noise(1), RATE, Recipe(LoopRequest()))
    bank.close()


def test_a_newer_bank_stays_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=2")
    before = path.read_bytes()
    bank = LoopBank(path)
    assert "another LoopGen" in bank.notice and bank.loops() == []
    bank.close()
    assert path.read_bytes() == before and names(path) == [path.name]


def test_one_bad_page_costs_its_own_loops_alone(tmp_path: Path) -> None:
    path = fill(tmp_path / "loops.sqlite", loops=60)
    with closing(sqlite3.connect(path)) as db:
        size = db.execute("PRAGMA page_size").fetchone()[0]
        root = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'loops'").fetchone()[0]
    whole = bytearray(path.read_bytes())
    leaf = int.from_bytes(whole[(root - 1) * size + 12 :][:2], "big")  # of the first of the pages below the root
    page = int.from_bytes(whole[(root - 1) * size + leaf :][:4], "big")
    whole[(page - 1) * size : page * size] = b"\x55" * size
    path.write_bytes(whole)
    bank = LoopBank(path)
    seeds = {loop.seed for loop in bank.loops()}
    assert 40 <= len(seeds) < 60 and f"{len(seeds)} of its loops" in bank.notice
    for loop in bank.loops()[:5]:
        assert np.abs(bank.audio(loop.id)[0] - noise(loop.seed)).max() < 2.0**-22
    assert len([name for name in names(path) if "damaged" in name and name.endswith(".sqlite")]) == 1
    bank.close()


def test_two_set_aside_in_one_second_are_both_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.strftime", lambda _form: "20260101-000000")
    path = tmp_path / "loops.sqlite"
    for content in (b"one " * 1000, b"two " * 1000):
        path.write_bytes(content)
        LoopBank(path).close()
        path.unlink()
    kept = [each.read_bytes()[:4] for each in sorted(tmp_path.glob("loops.damaged-*.sqlite"))]
    assert sorted(kept) == [b"one ", b"two "]


def test_a_bank_whose_folder_was_removed_is_written_again_with_all_that_was_in_it(path: Path) -> None:
    bank = LoopBank(path)
    shutil.rmtree(path.parent)
    kept = bank.add(noise(9), RATE, Recipe(LoopRequest(seed=9)))
    bank.close()
    again = LoopBank(path)
    assert [loop.seed for loop in again.loops()] == [9, 5, 4, 3, 2, 1, 0]
    assert np.abs(again.audio(kept.id)[0] - noise(9)).max() < 2.0**-22
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    again.close()


def test_a_bank_that_was_put_in_its_place_is_the_one_that_is_written(path: Path, tmp_path: Path) -> None:
    bank = LoopBank(path)
    other = fill(tmp_path / "other" / "loops.sqlite", loops=2)
    other.replace(path)
    bank.add(noise(9), RATE, Recipe(LoopRequest(seed=9)))
    bank.close()
    again = LoopBank(path)
    assert [loop.seed for loop in again.loops()] == [9, 1, 0]
    again.close()


@pytest.mark.parametrize(
    "change",
    ["recipe = replace(hex(zeroblob(60000)), '0', '[')", "recipe = x'7b7d'", "tempo_bpm = 'x'", "tempo_bpm = 9e999",
     "thumbnail = 'abc'", "bars = 0", "name = x'00'", "created = 'then'", "recipe = '{}'"],
)  # fmt: skip
def test_one_row_of_nonsense_does_not_hide_the_others(path: Path, change: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"UPDATE loops SET {change} WHERE id = 3")
    bank = LoopBank(path)
    assert [loop.id for loop in bank.loops()] == [6, 5, 4, 2, 1] and bank.notice == ""
    bank.close()


def test_bytes_that_are_no_text_are_shown_as_such(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE loops SET name = CAST(x'636166e9' AS TEXT) WHERE id = 3")
    bank = LoopBank(path)
    assert [loop.name for loop in bank.loops()][3] == "caf\ufffd"
    bank.close()


def test_halves_of_characters_are_stored_as_question_marks(path: Path) -> None:
    bank = LoopBank(path)
    assert bank.add(noise(1), RATE, Recipe(LoopRequest(prompt="\ud800 dub"))).name == "? dub"
    assert bank.add(noise(1), RATE, Recipe(LoopRequest()), name="caf\udce9").name == "caf?"
    bank.rename(1, "\ud800")
    assert bank.loop(1).name == "?"
    with pytest.raises(KeyError):
        bank.loop(10**30)
    with pytest.raises(ExportError):
        bank.delete(10**30)
    bank.close()


@pytest.mark.parametrize("promised", [0, 5000, 2**35])
def test_sound_that_is_not_as_long_as_it_says_is_damaged(promised: int) -> None:
    whole = bytearray(encode_flac(noise(1), RATE))
    told = int.from_bytes(whole[18:26], "big") & ~(2**36 - 1)  # the last 36 of these bits are the length
    whole[18:26] = (told | promised).to_bytes(8, "big")
    with pytest.raises(AudioFileError, match="damaged"):
        decode_flac(bytes(whole))
