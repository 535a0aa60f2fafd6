"""Kill -9 at any moment over everything that is kept: what was reported done is there (`LOOPGEN_KILLS`, 5)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = int(os.environ.get("LOOPGEN_KILLS", "5"))
HERE = Path(__file__).parent
NAMES = (
    "bank", "export", "pack", "corpus", "import", "checkpoint", "shards", "encode", "pack export", "pack import",
    "library", "library shards", "learn",
)  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_was_reported_done_is_lost(name: str, tmp_path: Path) -> None:
    path = os.pathsep.join([str(HERE.parents[1]), str(HERE.parent)])
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(HERE / "killed.py"), name, str(tmp_path), str(KILLS)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    print(done.stdout)  # noqa: T201
