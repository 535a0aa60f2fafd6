"""`import engine` is light, needs no window toolkit, and every public name is really there."""

import json
import subprocess
import sys
from pathlib import Path

import engine

ROOT = Path(engine.__file__).parent.parent
BLOCK_QT = """
import importlib.abc, sys

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("PySide6", "pyqtgraph", "sounddevice", "loopgen_app"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Refuse())
"""


def _run(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_whole_public_face_loads_without_qt_or_a_sound_card() -> None:
    code = "import json, engine; print(json.dumps([n for n in engine.__all__ if getattr(engine, n) is None]))"
    names = json.loads(_run(f"{BLOCK_QT}\n{code}"))
    assert names == []


def test_importing_the_engine_loads_nothing_heavy() -> None:
    heavy = "{'torch', 'numpy', 'scipy', 'soundfile', 'PySide6'}"
    assert _run(f"import sys, engine; print({heavy} & set(sys.modules))").strip() == "set()"


def test_what_the_window_needs_loads_without_torch() -> None:
    names = "GenerationService, ServiceEvents, Loop, LoopRequest, StepReport, read_audio, write_wav, Pack, list_packs"
    assert _run(f"import sys; from engine import {names}; print('torch' in sys.modules)").strip() == "False"


def test_names_are_sorted_unique_and_complete() -> None:
    assert len(set(engine.__all__)) == len(engine.__all__) and set(dir(engine)) >= set(engine.__all__)
    assert engine.LoopRequest().bars == 4
