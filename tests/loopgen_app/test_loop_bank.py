"""The bank keeps what was made: across processes, kills and damage."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from conftest import Desk, Stage
from fakes import FakeBackground

from engine import ExportError, LoopRequest, Recipe
from loopgen_app.settings import Folders
from loopgen_app.state import bank_files
from loopgen_app.state.loop_audio import decode_flac, encode_flac, thumbnail
from loopgen_app.state.loop_bank import LoopBank
from loopgen_app.studio import build_studio

RATE = 44100


def noise(seed: int, samples: int = 4000) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.9, 0.9, (2, samples)).astype(np.float32)


def recipe(seed: int, prompt: str = "warm dub") -> Recipe:
    return Recipe(LoopRequest(seed=seed, prompt=prompt, tempo_bpm=126.5, key="Am"), "starter", "abc", {"bars": 4})


@pytest.fixture
def bank(tmp_path: Path) -> LoopBank:
    return LoopBank(tmp_path / "bank" / "loops.sqlite")


def test_sound_comes_back_within_half_a_step_of_24_bits() -> None:
    audio = noise(1)
    back, rate = decode_flac(encode_flac(audio, RATE))
    assert rate == RATE
    assert np.abs(back - audio).max() <= 2.0**-23


def test_poisoned_sound_is_kept_as_silence_and_full_scale() -> None:
    audio = np.array([[np.nan, np.inf, 2.0, -3.0] * 8] * 2, dtype=np.float32)
    back, _ = decode_flac(encode_flac(audio, RATE))
    assert np.allclose(back[0, :4], [0.0, 0.0, 1.0, -1.0], atol=1e-6)


def test_thumbnail_shows_where_the_loud_part_is() -> None:
    audio = np.zeros((2, 9600), np.float32)
    audio[1, 4800:4900] = -0.5
    peaks = thumbnail(audio)
    assert len(peaks) == 96
    assert peaks[48] == 255
    assert sum(peaks) == 255


def test_everything_of_a_loop_comes_back_after_reopening(bank: LoopBank) -> None:
    kept = bank.add(noise(2), RATE, recipe(5), loudness_lufs=-14.1)
    bank.close()
    again = LoopBank(bank.path)
    loop = again.loops()[0]
    assert loop == kept
    assert loop.recipe == recipe(5)
    assert (loop.tempo_bpm, loop.key, loop.seed, loop.samples, loop.name) == (126.5, "Am", 5, 4000, "warm dub")
    assert np.abs(again.audio(loop.id)[0] - noise(2)).max() <= 2.0**-23
    assert again.notice == ""


def test_delete_hides_undelete_returns_purge_lets_go(bank: LoopBank) -> None:
    ids = [bank.add(noise(i), RATE, recipe(i)).id for i in range(3)]
    bank.delete(ids[1])
    assert [loop.id for loop in bank.loops()] == [ids[2], ids[0]]
    assert [loop.id for loop in bank.loops("deleted")] == [ids[1]]
    bank.undelete(ids[1])
    assert len(bank.loops()) == 3
    bank.delete(ids[0])
    assert bank.purge(deleted_before=1e9) == 0  # deleted since
    before = _bytes_on_disk(bank)
    assert bank.purge(deleted_before=4e9) == 1
    assert bank.tidy() and bank.tidy() is False
    assert _bytes_on_disk(bank) < before - 4000
    with pytest.raises(KeyError):
        bank.audio(ids[0])


def test_the_room_of_many_loops_is_given_back_a_moment_at_a_time(bank: LoopBank) -> None:
    ids = [bank.add(noise(i, 150_000), RATE, recipe(i)).id for i in range(6)]
    for loop_id in ids[:5]:
        bank.delete(loop_id)
    whole = _bytes_on_disk(bank)
    assert bank.purge(deleted_before=4e9) == 5 and bank.loops("deleted") == []
    written = [whole]
    while bank.tidy():
        written.append(_bytes_on_disk(bank))
    # A sound of 900 kB a step, then a megabyte a step; what is moved is written beside the file until it is done.
    assert len(written) - 1 >= 5 + 4
    assert max(written) < whole + 4_000_000
    assert _bytes_on_disk(bank) < whole / 5
    assert np.abs(bank.audio(ids[5])[0] - noise(5, 150_000)).max() <= 2.0**-23
    with closing(sqlite3.connect(bank.path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def rigid(bank: LoopBank) -> LoopBank:
    """The bank as it was before banks could shrink."""
    bank.close()
    with closing(sqlite3.connect(bank.path)) as db:
        db.execute("PRAGMA auto_vacuum=NONE")
        db.execute("VACUUM")
    return LoopBank(bank.path)


def test_a_bank_of_before_is_written_anew_once_and_shrinks_from_then_on(bank: LoopBank) -> None:
    ids = [bank.add(noise(i, 50_000), RATE, recipe(i)).id for i in range(4)]
    bank = rigid(bank)
    for loop_id in ids[:2]:
        bank.delete(loop_id)
        bank.purge(deleted_before=4e9)
        before = _bytes_on_disk(bank)
        while bank.tidy():
            pass
        assert _bytes_on_disk(bank) < before - 200_000
    assert [loop.id for loop in bank.loops()] == [ids[3], ids[2]]
    with closing(sqlite3.connect(bank.path)) as db:
        assert db.execute("PRAGMA auto_vacuum").fetchone() == (2,)


@pytest.mark.parametrize("who", ["a loop that is kept", "a window that closes"])
def test_writing_anew_gives_way_and_changes_nothing(
    who: str, bank: LoopBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [bank.add(noise(i, 50_000), RATE, recipe(i)).id for i in range(3)]
    bank = rigid(bank)
    bank.delete(ids[0])
    bank.purge(deleted_before=4e9)
    assert bank.tidy()
    rebuild, done = bank_files.rebuild, []

    def while_it_runs(path: Path, give_way: Callable[[], bool]) -> bool:
        assert not give_way()
        if who == "a loop that is kept":
            ids.append(bank.add(noise(9), RATE, recipe(9)).id)
        else:
            bank.hurry()
        done.append(rebuild(path, give_way))
        return done[0]

    monkeypatch.setattr(bank_files, "rebuild", while_it_runs)
    before = _bytes_on_disk(bank)
    assert not bank.tidy() and done == [False]
    assert _bytes_on_disk(bank) >= before
    assert [loop.id for loop in bank.loops()] == ids[:0:-1]
    monkeypatch.setattr(bank_files, "rebuild", rebuild)
    assert not bank.tidy()
    assert _bytes_on_disk(bank) < before - 100_000


def _bytes_on_disk(bank: LoopBank) -> int:
    return sum(path.stat().st_size for path in bank.path.parent.glob(f"{bank.path.name}*"))


def test_what_was_deleted_a_month_ago_is_gone_at_the_next_start(
    tmp_path: Path, make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = LoopBank(Folders(tmp_path / "data").bank)
    ids = [bank.add(noise(i), RATE, recipe(i)).id for i in range(3)]
    now = time.time()
    with monkeypatch.context() as past:
        past.setattr(time, "time", lambda: now - 31 * 24 * 3600)
        bank.delete(ids[0])
    bank.delete(ids[1])
    bank.close()
    stage = make_stage()
    assert [loop.id for loop in stage.studio.bank.loops("deleted")] == [ids[1]]
    assert [loop.id for loop in stage.studio.bank.loops()] == [ids[2]]
    stage.wait(lambda: _sounds(stage.studio.bank) == ids[1:])


def _sounds(bank: LoopBank) -> list[int]:
    with closing(sqlite3.connect(bank.path)) as db:
        return [row[0] for row in db.execute("SELECT loop_id FROM sounds ORDER BY loop_id")]


def test_the_window_is_there_before_room_is_given_back(tmp_path: Path, desk: Desk) -> None:
    bank = desk.studio.bank
    ids = [bank.add(noise(i), RATE, recipe(i)).id for i in range(3)]
    bank.delete(ids[0])
    with bank._transaction() as db:
        db.execute("UPDATE loops SET deleted_at = 1.0 WHERE id = ?", (ids[0],))
    background = FakeBackground(held=True)
    studio = build_studio(desk.studio.folders, lambda _events: desk.service, background=background)
    assert [loop.id for loop in studio.bank.loops()] == [ids[2], ids[1]] and not studio.bank.loops("deleted")
    assert _sounds(bank) == ids
    background.held = False
    background.release()
    assert _sounds(bank) == ids[1:]
    studio.close()


def test_filter_finds_words_tempo_key_and_favourites(bank: LoopBank) -> None:
    warm = bank.add(noise(1), RATE, recipe(1)).id
    cold = bank.add(noise(2), RATE, recipe(2, "cold acid")).id
    bank.set_favourite(cold, True)
    bank.rename(warm, "Opening")
    bank.rename(warm, "   ")
    assert [loop.id for loop in bank.loops(words="OPENING am")] == [warm]
    assert [loop.id for loop in bank.loops(words="126.5bpm")] == [cold, warm]
    assert [loop.id for loop in bank.loops("favourites")] == [cold]


def test_a_damaged_bank_is_kept_aside_and_a_new_one_started(tmp_path: Path) -> None:
    path = tmp_path / "loops.sqlite"
    path.write_bytes(b"this is no database" * 500)
    bank = LoopBank(path)
    assert "damaged" in bank.notice
    assert bank.loops() == []
    assert bank.add(noise(1), RATE, recipe(1)).id == 1
    aside = list(tmp_path.glob("loops.damaged-*.sqlite"))
    assert [file.read_bytes()[:19] for file in aside] == [b"this is no database"]


def test_one_unreadable_recipe_does_not_hide_the_others(bank: LoopBank) -> None:
    bank.add(noise(1), RATE, recipe(1))
    bad = bank.add(noise(2), RATE, recipe(2)).id
    other = sqlite3.connect(bank.path)
    with other:
        other.execute('UPDATE loops SET recipe = \'{"request": {"theremin": 1}}\' WHERE id = ?', (bad,))
    other.close()
    assert [loop.seed for loop in bank.loops()] == [1]


def test_a_bank_that_cannot_be_written_says_so(bank: LoopBank) -> None:
    bank.close()
    with pytest.raises(ExportError, match="could not be written"):
        bank.delete(1)


WRITER = """
import sys
from pathlib import Path
import numpy as np
from engine import LoopRequest, Recipe
from loopgen_app.state.loop_bank import LoopBank
bank = LoopBank(Path(sys.argv[1]))
seed = 0
while True:
    seed += 1
    audio = np.random.default_rng(seed).uniform(-.9, .9, (2, 30000)).astype(np.float32)
    bank.add(audio, 44100, Recipe(LoopRequest(seed=seed)))
    sys.stdout.write(f"{seed}\\n"); sys.stdout.flush()
"""


def test_no_loop_that_was_announced_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "loops.sqlite"
    rng = np.random.default_rng(0)
    announced = 0
    for _ in range(4):
        child = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for _ in range(int(rng.integers(1, 12))):
            announced += bool(child.stdout.readline())
        os.kill(child.pid, signal.SIGKILL)
        announced += len(child.stdout.read().splitlines())
        child.stdout.close()
        child.wait()
        bank = LoopBank(path)
        loops = bank.loops()
        assert bank.notice == ""
        assert len(loops) >= announced
        for loop in loops[:3]:
            expected = np.random.default_rng(loop.seed).uniform(-0.9, 0.9, (2, 30000))
            assert np.abs(bank.audio(loop.id)[0] - expected).max() < 2.0**-22
        announced = len(loops)
        bank.close()
