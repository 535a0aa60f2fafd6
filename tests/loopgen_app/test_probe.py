"""What the probes of the window say where Qt, a screen, PortAudio, an output or MIDI is missing."""

import ctypes
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from engine import Diagnosis
from loopgen_app.__main__ import parse
from loopgen_app.probe import PROBES, display, midi, qt, sound


class FakePortAudioError(Exception):
    """As `sounddevice.PortAudioError`."""


def _module(monkeypatch: pytest.MonkeyPatch, name: str, **contents: Any) -> None:
    module = ModuleType(name)
    module.__dict__.update(contents)
    monkeypatch.setitem(sys.modules, name, module)


def _sounddevice(monkeypatch: pytest.MonkeyPatch, devices: list[dict[str, Any]], refusal: str = "") -> None:
    def query(kind: str | None = None) -> Any:
        return devices[0] if kind else devices

    def check(**_settings: Any) -> None:
        if refusal:
            raise FakePortAudioError(refusal)

    contents = {"query_devices": query, "check_output_settings": check, "PortAudioError": FakePortAudioError}
    _module(monkeypatch, "sounddevice", **contents)


def test_sound_names_the_default_and_how_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    ins, outs = {"name": "mic", "max_output_channels": 0}, {"name": "card", "max_output_channels": 2}
    _sounddevice(monkeypatch, [outs, ins, outs])
    assert sound() == Diagnosis("sound", "ok", "card; 2 outputs in all")
    _sounddevice(monkeypatch, [ins])
    assert sound().state == "missing" and "no output" in sound().told
    _sounddevice(monkeypatch, [outs], refusal="Device unavailable")
    assert sound().state == "broken" and sound().told == "Device unavailable"


def test_sound_without_the_package_or_the_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert sound().state == "missing" and "pip install sounddevice" in sound().mend
    monkeypatch.delitem(sys.modules, "sounddevice")
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(tmp_path)
    found = sound()
    assert (found.state, found.told) == ("missing", "PortAudio library not found") and "libportaudio2" in found.mend


def test_midi_names_its_controllers(monkeypatch: pytest.MonkeyPatch) -> None:
    _module(monkeypatch, "mido", get_input_names=lambda: ["nano", "keys"])
    assert midi() == Diagnosis("midi", "ok", "nano, keys")
    _module(monkeypatch, "mido", get_input_names=list)
    assert midi() == Diagnosis("midi", "ok", "no controller is connected")


@pytest.mark.parametrize("error", [OSError("x"), SystemError("x"), RuntimeError("x")])
def test_midi_without_a_sequencer_or_its_packages(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse() -> Any:
        raise error

    _module(monkeypatch, "mido", get_input_names=refuse)
    assert midi().state == "missing" and "snd-seq" in midi().mend
    monkeypatch.setitem(sys.modules, "mido", None)
    assert midi().state == "missing" and "python-rtmidi" in midi().mend


def test_without_qt_both_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PySide6", "PySide6.QtCore", "PySide6.QtGui"):
        monkeypatch.setitem(sys.modules, name, None)
    for found in (qt(), display()):
        assert found.state == "missing" and "PySide6-Essentials" in found.mend


@pytest.mark.skipif(sys.platform != "linux", reason="the platform of X11")
def test_a_library_that_the_platform_lacks_is_named_before_qt_ends_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lacking(_path: str) -> Any:
        raise OSError("libxcb-cursor.so.0: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(ctypes, "CDLL", lacking)
    found = display()
    assert found.state == "broken" and "sudo apt-get install libxcb-cursor0" in found.mend


@pytest.mark.parametrize("name", PROBES)
def test_each_tells_one_diagnosis_as_a_child(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    command = [sys.executable, "-m", "loopgen_app.probe", name]
    child = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    (found,) = filter(None, map(Diagnosis.read, child.stdout.splitlines()))
    assert found.name == name
    assert name != "display" or "offscreen" in found.told
    assert name != "qt" or found.state == "ok"


def test_of_a_pack_its_first_file_may_be_named(tmp_path: Path) -> None:
    assert parse(["--pack", str(tmp_path)]).pack == tmp_path
    (tmp_path / "pack.json").touch()
    assert parse(["--pack", str(tmp_path / "pack.json")]).pack == tmp_path
