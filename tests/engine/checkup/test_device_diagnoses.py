"""torch, its devices and a first loop: what is told where one of them is not there or does wrong."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tiny import tiny_pack

from engine.checkup import loop_probe, torch_probe
from engine.checkup.diagnosis import Diagnosis
from engine.checkup.torch_probe import device_diagnosis


def _told(capsys: pytest.CaptureFixture[str]) -> list[Diagnosis]:
    torch_probe.main()
    return [diagnosis for line in capsys.readouterr().out.splitlines() if (diagnosis := Diagnosis.read(line))]


def test_this_torch_multiplies(capsys: pytest.CaptureFixture[str]) -> None:
    found = {diagnosis.name: diagnosis for diagnosis in _told(capsys)}
    assert found["torch"] == Diagnosis("torch", "ok", torch.__version__)
    assert found["cpu"].state == "ok" and found["cpu"].told.endswith(("bfloat16", "float32"))


def test_without_torch_nothing_else_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    (found,) = _told(capsys)
    assert found.state == "missing" and "pip install --force-reinstall torch" in found.mend


def test_a_graphics_card_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.devices.available_devices", lambda: ("cpu",))
    cpu_build = SimpleNamespace(version=SimpleNamespace(cuda=None))
    gpu_build = SimpleNamespace(version=SimpleNamespace(cuda="12.8"))
    assert "built for CPUs" in device_diagnosis(cpu_build, "cuda").told
    assert "driver" in device_diagnosis(gpu_build, "cuda").mend
    assert device_diagnosis(gpu_build, "mps").state == "missing"


def test_a_device_that_fails_or_is_wrong_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_size: int, **_options: Any) -> Any:
        raise RuntimeError("CUDA error: no kernel image\nis available")

    def wrong(rows: int, columns: int, **_options: Any) -> Any:
        return torch.zeros(rows, columns)

    fake = SimpleNamespace(device=torch.device, ones=failing)
    found = device_diagnosis(fake, "cpu")
    assert found.state == "broken" and found.told == "CUDA error: no kernel image is available"
    fake.ones = wrong
    assert device_diagnosis(fake, "cpu").told == "it multiplies wrongly"


def test_a_first_loop_is_timed(tmp_path: Path) -> None:
    found = loop_probe.main(str(tiny_pack(tmp_path / "pack")))
    assert found.state == "ok" and found.told.startswith("one bar in ") and "model loaded in" in found.told


def test_no_loop_without_a_pack_or_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = loop_probe.main(str(tmp_path))
    assert found.state == "broken" and "no model pack" in found.told
    monkeypatch.setitem(sys.modules, "engine.audio.io", None)
    assert loop_probe.main(str(tmp_path)).state == "missing"


def test_a_loop_that_memory_has_no_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr("engine.pipeline.LoopPipeline.from_pack", full)
    assert loop_probe.main(str(tmp_path)) == Diagnosis(
        "loop", "broken", "MemoryError", "Close other programs, or try 'loopgen render --device cpu'."
    )
