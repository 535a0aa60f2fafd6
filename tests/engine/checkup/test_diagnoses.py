"""A diagnosis survives the way through a child's stdout, and names the package that a missing library is in."""

import json

import pytest

from engine.checkup.diagnosis import Diagnosis, mend_library, unloadable


def test_a_line_is_read_back_as_it_was_told() -> None:
    diagnosis = Diagnosis("sound", "missing", 'no "output"\n', "Connect one.")
    assert len(diagnosis.line().splitlines()) == 1
    assert Diagnosis.read(diagnosis.line()) == diagnosis


@pytest.mark.parametrize("line", ["", "ALSA lib: no card", "[1]", '{"name": "x", "state": "fine"}', "{" * 99])
def test_what_a_library_prints_is_no_diagnosis(line: str) -> None:
    assert Diagnosis.read(line) is None


def test_what_is_left_out_of_a_line_is_empty() -> None:
    assert Diagnosis.read(json.dumps({"state": "ok"})) == Diagnosis("", "ok", "", "")


@pytest.mark.parametrize(
    ("library", "package"),
    [("libxcb-cursor.so.0", "libxcb-cursor0"), ("libEGL.so.1", "libegl1"), ("libportaudio.so.2", "libportaudio2"),
     ("libdbus-1.so.3", "libdbus-1-3"), ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"), ("libGL.so.1", "libgl1")],
)  # fmt: skip
def test_a_library_is_in_the_package_that_debian_names_after_it(library: str, package: str) -> None:
    told = mend_library(f"{library}: cannot open shared object file: No such file or directory")
    assert told == f"Install {library}: on Debian and Ubuntu 'sudo apt-get install {package}'."


def test_an_import_that_fails_is_missing_or_broken() -> None:
    absent = unloadable("qt", ModuleNotFoundError("No module named 'PySide6'", name="PySide6"), "Install it.")
    assert absent == Diagnosis("qt", "missing", "the Python package PySide6 is not installed", "Install it.")
    lame = unloadable("qt", ImportError("libEGL.so.1: cannot open\nshared object file"), "Install it.")
    assert lame.state == "broken" and lame.told == "libEGL.so.1: cannot open shared object file"
    assert "libegl1" in lame.mend
    assert unloadable("qt", ImportError("wrong ELF class"), "Install it.").mend == "Install it."
