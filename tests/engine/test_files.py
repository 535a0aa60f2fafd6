"""Atomic writes: complete or untouched, whatever goes wrong."""

import errno
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ExportError
from engine.files import free_path, is_file, is_folder, sweep_stale_files, write_atomically


def test_content_arrives_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = write_atomically(tmp_path / "a.bin", b"new")
    write_atomically(path, b"newer")
    assert path.read_bytes() == b"newer" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("moment", ["write", "flush", "fsync", "replace"])
@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_failing_at_any_moment_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, failure: BaseException
) -> None:
    path = tmp_path / "loop.wav"
    path.write_bytes(b"old and whole")

    def fail(*args: Any, **kwargs: Any) -> None:
        raise failure

    real_open = Path.open

    def open_failing(self: Path, *args: Any, **kwargs: Any) -> Any:
        file = real_open(self, *args, **kwargs)
        return _Failing(file, moment, fail)

    if moment == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    elif moment == "replace":
        monkeypatch.setattr(Path, "replace", fail)
    else:
        monkeypatch.setattr(Path, "open", open_failing)
    expected = ExportError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        write_atomically(path, b"new" * 1000)
    monkeypatch.undo()
    if expected is ExportError:
        assert "disk is full" in str(caught.value) and "\n" not in str(caught.value)
    assert path.read_bytes() == b"old and whole" and list(tmp_path.iterdir()) == [path]


class _Failing:
    """A file that writes half of what it is given and then fails, as a full disk does."""

    def __init__(self, file: Any, moment: str, fail: Any) -> None:
        self._file, self._moment, self._fail = file, moment, fail

    def __enter__(self) -> "_Failing":
        return self

    def __exit__(self, *args: object) -> None:
        self._file.close()

    def write(self, content: bytes) -> None:
        if self._moment == "write":
            self._file.write(content[: len(content) // 2])
            self._fail()
        self._file.write(content)

    def flush(self) -> None:
        self._fail()

    def fileno(self) -> int:
        return int(self._file.fileno())


def test_a_missing_folder_and_a_folder_in_the_way_are_said(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="does not exist"):
        write_atomically(tmp_path / "nowhere" / "a.wav", b"")
    (tmp_path / "taken").mkdir()
    with pytest.raises(ExportError, match="folder of that name"):
        write_atomically(tmp_path / "taken", b"")
    with pytest.raises(ExportError, match="too long"):
        write_atomically(tmp_path / ("x" * 300), b"")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_a_read_only_folder_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *args: Any, **kwargs: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may write anywhere, so permissions alone test nothing
    with pytest.raises(ExportError, match="cannot be written to"):
        write_atomically(tmp_path / "a.wav", b"")


def test_only_our_own_old_leftovers_are_swept(tmp_path: Path) -> None:
    old, young, foreign = (tmp_path / n for n in (".loopgen-aa.part", ".loopgen-bb.part", "download.part"))
    for leftover in (old, young, foreign):
        leftover.write_bytes(b"half")
    hour_ago = time.time() - 3600
    for leftover in (old, foreign):
        os.utime(leftover, (hour_ago, hour_ago))
    assert sweep_stale_files(tmp_path) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == [".loopgen-bb.part", "download.part"]
    assert sweep_stale_files(tmp_path / "nowhere") == 0


KILLED_BEFORE_THE_RENAME = """
import os, sys
from pathlib import Path
from engine.files import write_atomically
Path.replace = lambda *_: os._exit(9)
write_atomically(sys.argv[1], b"half")
"""


def test_what_a_process_that_is_gone_left_is_swept_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED_BEFORE_THE_RENAME, str(tmp_path / "a.bin")]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:
        gone = process.pid
    (left,) = tmp_path.iterdir()
    assert f"-{gone}-" in left.name
    mine = tmp_path / left.name.replace(f"-{gone}-", f"-{os.getpid()}-")
    elsewhere = tmp_path / f".loopgen-00000000-{gone}-aa.part"
    mine.touch()
    elsewhere.touch()
    assert sweep_stale_files(tmp_path) == 1
    assert set(tmp_path.iterdir()) == {mine, elsewhere}


def test_free_names_continue_in_letters(tmp_path: Path) -> None:
    names = []
    for _ in range(60):
        path = free_path(tmp_path, "loop_126.5bpm.wav")
        path.touch()
        names.append(path.name)
    assert names[:3] == ["loop_126.5bpm.wav", "loop_126.5bpm_b.wav", "loop_126.5bpm_c.wav"]
    assert names[25:28] == ["loop_126.5bpm_z.wav", "loop_126.5bpm_bb.wav", "loop_126.5bpm_bc.wav"]
    assert len(set(names)) == 60


def test_two_who_look_at_once_get_two_names(tmp_path: Path) -> None:
    given: list[Path] = []

    def write(start: threading.Barrier, content: bytes) -> None:
        start.wait()
        path = free_path(tmp_path, "loop.wav")
        write_atomically(path, content)
        given.append(path)

    for turn in range(25):
        start = threading.Barrier(4)
        writers = [threading.Thread(target=write, args=(start, b"%d %d" % (turn, i))) for i in range(4)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
    assert len(set(given)) == len(given) == 100
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {
        b"%d %d" % (t, i) for t in range(25) for i in range(4)
    }


def test_a_name_is_free_again_when_its_writing_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = free_path(tmp_path, "loop.wav")
    assert free_path(tmp_path, "loop.wav").name == "loop_b.wav"
    monkeypatch.setattr(Path, "replace", _fails)
    with pytest.raises(ExportError, match="disk is full"):
        write_atomically(path, b"sound")
    monkeypatch.undo()
    assert free_path(tmp_path, "loop.wav") == path


def _fails(*_args: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_claims_of_a_process_that_is_gone_are_swept(tmp_path: Path) -> None:
    code = "import sys; from engine.files import free_path; free_path(sys.argv[1], 'loop.wav')"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parents[2], check=True)
    free_path(tmp_path, "mine.wav")
    assert sweep_stale_files(tmp_path) == 1
    assert free_path(tmp_path, "loop.wav").name == "loop.wav"
    assert free_path(tmp_path, "mine.wav").name == "mine_b.wav"


@pytest.mark.parametrize("moment", ["write_text", "link"])
def test_who_is_killed_while_claiming_a_name_leaves_no_claim_that_names_nobody(tmp_path: Path, moment: str) -> None:
    """Killed right after it wrote whose the claim is, and right after it claimed."""
    code = (
        "import os, sys, pathlib; from engine.files import free_path\n"
        "def then_die(does):\n"
        "    def act(*given, **named):\n"
        "        does(*given, **named); os._exit(9)\n"
        "    return act\n"
        f"place = os if {moment!r} == 'link' else pathlib.Path\n"
        f"setattr(place, {moment!r}, then_die(getattr(place, {moment!r})))\n"
        "free_path(sys.argv[1], 'loop.wav')"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 9
    left = [path.read_text() for path in tmp_path.iterdir()]
    assert left and all(left)
    assert sweep_stale_files(tmp_path) == len(left) and not list(tmp_path.iterdir())
    assert free_path(tmp_path, "loop.wav").name == "loop.wav"


def test_names_are_claimed_where_files_have_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", _fails)
    assert [free_path(tmp_path, "loop.wav").name for _ in range(2)] == ["loop.wav", "loop_b.wav"]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_link_stays_one_and_a_protected_file_stays(tmp_path: Path) -> None:
    target, link, kept = tmp_path / "target.wav", tmp_path / "link.wav", tmp_path / "kept.wav"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink() and target.read_bytes() == b"new"
    kept.write_bytes(b"mine")
    kept.chmod(0o444)
    with pytest.raises(ExportError, match="write-protected"):
        write_atomically(kept, b"new")
    assert kept.read_bytes() == b"mine"


def test_names_that_no_file_can_have_are_said(tmp_path: Path) -> None:
    for name in ("a\0b.wav", "x" * 300 + "/a.wav"):
        assert not is_file(tmp_path / name) and not is_folder(tmp_path / name)
        with pytest.raises(ExportError, match="choose"):
            write_atomically(tmp_path / name, b"")
    assert not list(tmp_path.iterdir())
