"""All checks together: each is told, whatever it does, and none keeps the others waiting."""

import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from tiny import tiny_pack

from engine.checkup import checkup
from engine.checkup.checkup import bounded, check_display, check_up
from engine.checkup.diagnosis import Diagnosis

FINE = Diagnosis("x", "ok", "fine")


def test_one_or_several_diagnoses_are_passed_on() -> None:
    assert bounded("x", lambda: FINE) == (FINE,)
    assert bounded("x", lambda: (FINE, FINE)) == (FINE, FINE)
    assert bounded("x", tuple) == ()


def test_a_check_that_fails_in_an_unforeseen_way_is_a_diagnosis() -> None:
    def fail() -> Diagnosis:
        raise ZeroDivisionError("by\nzero")

    (found,) = bounded("x", fail)
    assert found.state == "broken" and found.told == "the check failed (ZeroDivisionError: by zero)"


def test_a_check_that_hangs_is_left_behind() -> None:
    held = threading.Event()

    def hang() -> Diagnosis:
        held.wait(60)
        return FINE

    (found,) = bounded("x", hang, 0.05)
    held.set()
    assert found == Diagnosis("x", "broken", "no answer within 0.05 s", "Look whether a network disk hangs.")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a screen")
def test_without_a_screen_qt_is_not_even_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(checkup, "ask_child", None)
    (found,) = check_display()
    assert found.state == "missing" and "DISPLAY" in found.told


def test_every_check_is_asked_once_and_the_loop_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def ask(name: str, module: str, *arguments: str, **_limits: Any) -> tuple[Diagnosis, ...]:
        asked.append((name, module, *arguments))
        return (Diagnosis(name, "ok", ""),)

    monkeypatch.setattr(checkup, "ask_child", ask)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    folder = tiny_pack(tmp_path / "pack")
    found = list(check_up(str(folder), folder=folder))
    assert [one[0] for one in asked] == ["torch", "qt", "display", "sound", "midi", "loop"]
    assert asked[-1] == ("loop", "engine.checkup.loop_probe", str(folder))
    names = [one.name for one in found]
    assert names[0] == "python" and names[-1] == "loop" and len(names) >= 17
