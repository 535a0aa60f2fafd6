"""Forty windows opened and closed: threads and descriptors stay as many, memory as large.

In a process of its own: what other tests have left lets the memory of a process move.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

HERE = Path(__file__).parent
WINDOWS = 40
MOST_BYTES = 30_000_000
"""What twenty may leave: a megabyte and a half each. Medians of ten are compared, for one window alone differs as
much from the next: the allocator's doing."""


@pytest.mark.skipif(not hasattr(psutil.Process, "num_fds"), reason="no descriptors on this system")
def test_forty_windows_leave_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), str(HERE.parent)])}
    command = [sys.executable, str(HERE / "many_windows.py"), str(tmp_path / "data"), str(WINDOWS)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    seen = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert len(seen) == WINDOWS
    settled, last = (
        [statistics.median(told) for told in zip(*some, strict=True)] for some in (seen[10:20], seen[30:])
    )
    print(f"\ndescriptors, threads, bytes: {settled}, then {last}")  # noqa: T201
    assert last[0] <= settled[0] and last[1] <= settled[1]
    assert last[2] - settled[2] < MOST_BYTES
