"""Where torch cannot compute, that is told, and nothing is called damaged."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.config import child_environment, starter_pack

HIDE = ["unshare", "--mount", "--propagation", "private", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"]


def _can_hide() -> bool:
    try:
        return subprocess.run([*HIDE, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not _can_hide(), reason="needs to mount")
@pytest.mark.skipif(not (starter_pack() / "pack.json").is_file(), reason="no starter pack")
@pytest.mark.parametrize("verb", ["render --bars 1 --steps 2 --out a.wav", "pack verify starter"])
def test_without_proc_torch_is_what_is_said_to_fail(verb: str, tmp_path: Path) -> None:
    command = [*HIDE, sys.executable, "-m", "engine", *verb.split()]
    environment = child_environment() | {"HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    told = [line for line in done.stderr.splitlines() if line.startswith("loopgen: ")]
    if done.returncode == 0:
        pytest.skip("this torch computes without /proc")
    assert done.returncode == 2 and len(told) == 1
    assert "torch cannot compute on this computer" in told[0] and "/proc" in told[0]
    assert "Traceback" not in done.stderr and not (tmp_path / "a.wav").exists()


def test_a_child_finds_this_copy_and_nothing_where_the_user_stands(tmp_path: Path) -> None:
    (tmp_path / "engine.py").write_text("print('foreign')")
    environment = child_environment({**os.environ, "PYTHONPATH": "given", "X": "kept"})
    assert environment["X"] == "kept" and environment["PYTHONPATH"].split(os.pathsep)[1:] == ["given"]
    command = [sys.executable, "-c", "import engine; print(engine.__path__[0])"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=True)
    assert Path(done.stdout.strip()) == Path(__file__).parents[2] / "engine"
