"""What the command says, where nobody can read it, and where it must not write."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import engine
from engine.cli.app import run
from engine.cli.rendering import Destination
from engine.errors import ExportError

ROOT = Path(engine.__file__).parent.parent


def no_window() -> int:
    raise AssertionError


def test_the_loop_that_is_read_is_not_written_over(tmp_path: Path) -> None:
    own, link = tmp_path / "own.wav", tmp_path / "link.wav"
    own.write_bytes(b"mine")
    link.symlink_to(own)
    for out in (own, link, tmp_path / "." / "own.wav"):
        with pytest.raises(ExportError, match="is the loop that is read"):
            Destination.check(out, 24, 1, [tmp_path / "other.wav", own])
    assert Destination.check(tmp_path / "new.wav", 24, 1, [own]).path == tmp_path / "new.wav"
    assert Destination.check(tmp_path, 24, 1, [own]).is_folder


@pytest.mark.parametrize("verb", [["pack", "show"], ["corpus", "import", "c"], ["render", "--out"], ["vary"]])
def test_names_that_no_file_can_have_are_one_line(
    verb: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*verb, "a" * 300 + ".wav"], no_window) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1 and err.startswith("loopgen: ")
    assert not list(tmp_path.iterdir())


def test_control_characters_of_a_name_stay_in_the_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["vary", str(tmp_path / "x\x1b]0;owned\a\u202e.wav")], no_window) == 2
    assert not set(capsys.readouterr().err) & {"\x1b", "\a", "\u202e"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_output_that_nobody_takes_is_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "engine", "pack", "list"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with Path("/dev/full").open("wb") as full:
        told = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, env=environment, cwd=tmp_path, check=False
        )
    assert (
        told.returncode == 1 and told.stderr == b"loopgen: What was made cannot be told: no space left on device.\n"
    )
    reading, writing = os.pipe()
    os.close(reading)
    piped = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, env=environment, cwd=tmp_path, check=False
    )
    os.close(writing)
    assert piped.returncode == 0 and piped.stderr == b""


def test_letters_that_the_terminal_lacks_are_told_in_numbers(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "cp1252"}
    told = subprocess.run(
        [sys.executable, "-m", "engine", "pack", "show", "\u266b"],
        capture_output=True, env=environment, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert told.returncode == 2 and b"\\u266b" in told.stderr and b"Traceback" not in told.stderr
