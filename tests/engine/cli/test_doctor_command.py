"""`loopgen doctor`: lines or JSON, an exit code that says whether loops can be rendered, and the desktop's entry."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.checkup import checkup
from engine.checkup.diagnosis import Diagnosis
from engine.cli.app import run

GOOD = (Diagnosis("torch", "ok", "2.13.0"), Diagnosis("sound", "missing", "no output", "Connect one."),
        Diagnosis("loop", "ok", "one bar in 0.50 s"))  # fmt: skip
BAD = (*GOOD[:2], Diagnosis("loop", "broken", "no \x1b[31mmodel", "See above."))


def _diagnoses(monkeypatch: pytest.MonkeyPatch, diagnoses: tuple[Diagnosis, ...]) -> None:
    def check_up(_pack: str | None, *, folder: Path) -> Iterator[Diagnosis]:
        assert folder.name == "starter"
        yield from diagnoses

    monkeypatch.setattr(checkup, "check_up", check_up)


def test_a_line_for_each_diagnosis_then_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _diagnoses(monkeypatch, GOOD)
    assert run(["doctor"], lambda: 0) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["torch", "ok", "2.13.0"]
    assert lines[1].split(maxsplit=2) == ["sound", "missing", "no output"] and lines[2].strip() == "Connect one."
    assert len(lines) == 5 and lines[-1] == "Loops can be rendered here."


@pytest.mark.parametrize("diagnoses", [BAD, GOOD[:2], ()])
def test_it_ends_with_one_where_no_loop_can_be_rendered(
    diagnoses: tuple[Diagnosis, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _diagnoses(monkeypatch, diagnoses)
    assert run(["doctor"], lambda: 0) == 1
    told = capsys.readouterr().out
    assert "No loop can be rendered here" in told and "\x1b" not in told


def test_json_tells_the_same(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _diagnoses(monkeypatch, BAD)
    assert run(["doctor", "--json"], lambda: 0) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["renders"] is False
    assert told["diagnoses"][1] == {"name": "sound", "state": "missing", "told": "no output", "mend": "Connect one."}


def test_a_starter_pack_that_is_missing_is_a_diagnosis_and_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("engine.config.starter_pack", lambda: tmp_path / "starter")
    _diagnoses(monkeypatch, BAD)
    assert run(["doctor"], lambda: 0) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux desktops")
def test_the_entry_of_the_desktop_comes_and_goes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    assert run(["doctor", "--desktop"], lambda: 0) == 0
    written = capsys.readouterr().out.splitlines()
    assert len(written) == 5 and all(line.startswith(f"Wrote {tmp_path}") for line in written)
    assert run(["doctor", "--no-desktop", "--json"], lambda: 0) == 0
    assert len(json.loads(capsys.readouterr().out)["files"]) == 5
    assert run(["doctor", "--no-desktop"], lambda: 0) == 0
    assert capsys.readouterr().out == "There was no entry.\n"
