"""Packages: needed ones that are not there, optional ones with what they are for."""

from importlib import metadata

import pytest

from engine.checkup import packages
from engine.checkup.packages import OPTIONAL, check_needed, check_optional, check_python


def test_this_python_is_new_enough_and_an_older_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_python().state == "ok"
    monkeypatch.setattr(packages, "OLDEST_PYTHON", (4, 0))
    assert check_python().state == "broken" and "Python 4.0" in check_python().mend


def _installed(monkeypatch: pytest.MonkeyPatch, versions: dict[str, str]) -> None:
    def version(name: str) -> str:
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    required = [
        "numpy>=1.26",
        "torch>=2.6",
        "PySide6-Essentials>=6.7; python_version >= '3.12'",
        "mido; extra == 'midi'",
    ]
    monkeypatch.setattr("importlib.metadata.version", version)
    monkeypatch.setattr("importlib.metadata.requires", lambda _name: required)


def test_needed_packages_are_those_that_loopgen_names(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch, {"loopgen": "0.1.0", "numpy": "2", "torch": "2.6", "PySide6-Essentials": "6.7"})
    assert check_needed().told == "loopgen 0.1.0 and the 3 that it needs"
    _installed(monkeypatch, {"loopgen": "0.1.0", "numpy": "2"})
    found = check_needed()
    assert found.state == "missing" and found.mend == "Install: pip install 'PySide6-Essentials>=6.7' 'torch>=2.6'."


def test_a_source_folder_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch, {})
    assert check_needed().state == "missing" and "source folder" in check_needed().told


def test_optional_packages_say_what_they_are_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    found = check_optional()
    assert [(one.name, one.state) for one in found] == [(package.name, "missing") for package in OPTIONAL]
    assert all(one.told.startswith("for ") and "pip install" in one.mend for one in found)
    monkeypatch.setattr("sys.frozen", True, raising=False)
    assert "with pip" in check_optional()[0].mend
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: object())
    _installed(monkeypatch, {"mido": "1.3.3"})
    assert check_optional()[0].told == "1.3.3, for MIDI controllers"
    assert check_optional()[1].told == "for the ports of MIDI controllers"
