"""A child that dies, hangs, raises or chatters is a diagnosis, and the asker goes on."""

import sys
import time
from pathlib import Path

import pytest

from engine.checkup.child import ask_child
from engine.checkup.diagnosis import Diagnosis

GOOD = """from engine.checkup.diagnosis import Diagnosis
print('a library chatters')
print(Diagnosis('x', 'ok', 'fine').line())
"""


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Asks a child that runs the given code."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def ask(code: str, seconds: float = 30.0) -> tuple[Diagnosis, ...]:
        (tmp_path / "probe_of_a_test.py").write_text(code)
        return ask_child("x", "probe_of_a_test", mend="Mend it.", seconds=seconds)

    return ask


def test_what_it_tells_is_found_among_what_it_prints(probe) -> None:  # type: ignore[no-untyped-def]
    assert probe(GOOD) == (Diagnosis("x", "ok", "fine"),)


def test_its_death_is_told_with_the_signal_and_the_library_that_was_named(probe) -> None:  # type: ignore[no-untyped-def]
    words = "From 6.5.0, xcb-cursor0 or libxcb-cursor.so.0 is needed to load the platform plugin."
    died = probe(f"import os, sys\nprint({words!r}, 'end', sep='\\n', file=sys.stderr, flush=True)\nos.abort()")
    assert [diagnosis.state for diagnosis in died] == ["broken"]
    assert died[0].told == f"the check was ended by SIGABRT: {words}" and "libxcb-cursor0" in died[0].mend


def test_a_traceback_is_its_last_line_and_what_was_found_before_is_kept(probe) -> None:  # type: ignore[no-untyped-def]
    found = probe(f"{GOOD}raise KeyError('driver')")
    assert found[0] == Diagnosis("x", "ok", "fine")
    assert found[1] == Diagnosis("x", "broken", "the check ended with code 1: KeyError: 'driver'", "Mend it.")


def test_of_a_standalone_build_the_error_itself_is_told(probe) -> None:  # type: ignore[no-untyped-def]
    (found,) = probe("import sys; sys.exit('OSError: no driver\\n[PYI-1:ERROR] Failed to execute script')")
    assert found.told == "the check ended with code 1: OSError: no driver"


def test_a_screen_that_is_not_reached_is_told_before_the_library_that_qt_suspects(probe) -> None:  # type: ignore[no-untyped-def]
    lines = "qt.qpa.xcb: could not connect to display :99\\nlibxcb-cursor0 is needed"
    (found,) = probe(f"import sys; sys.exit('{lines}')")
    assert found.told.endswith("could not connect to display :99") and found.mend == "Mend it."


def test_silence_is_broken(probe) -> None:  # type: ignore[no-untyped-def]
    assert probe("pass") == (Diagnosis("x", "broken", "the check ended with code 0", "Mend it."),)


def test_one_that_hangs_is_ended_in_its_time(probe) -> None:  # type: ignore[no-untyped-def]
    began = time.monotonic()
    assert probe("import time; time.sleep(600)", 0.5) == (
        Diagnosis("x", "broken", "no answer within 0.5 s", "Mend it."),
    )
    assert time.monotonic() - began < 10


def test_no_process_at_all_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    (found,) = ask_child("x", "json", mend="Mend it.")
    assert found.state == "broken" and "No such file" in found.told


def test_a_folder_that_the_user_stands_in_is_not_taken_for_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "__init__.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    (found,) = ask_child("sound", "loopgen_app.probe", "midi", mend="")
    assert found.name == "midi"
