"""From nothing to the window, and to the first loop that is heard (`LOOPGEN_STARTS`, 1), with the starter pack."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sound_server import SoundServer, needs_sound_server

from engine import starter_pack

STARTS = int(os.environ.get("LOOPGEN_STARTS", "1"))
WINDOW_SECONDS, LOOP_SECONDS = (2.0, 8.0) if "LOOPGEN_STARTS" in os.environ else (30.0, 60.0)
"""What is wanted on a machine that has nothing else to do, and what a busy one is granted."""


def start(folder: Path, environment: dict[str, str]) -> dict[str, float]:
    """Seconds from the start of the process to each moment."""
    started = time.monotonic()
    command = [sys.executable, str(Path(__file__).with_name("first_loop.py")), str(folder), str(started)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


@needs_sound_server
@pytest.mark.skipif(not (starter_pack() / "pack.json").is_file(), reason="no starter pack")
def test_the_window_is_there_at_once_and_a_loop_soon_after(tmp_path: Path) -> None:
    server = SoundServer(tmp_path)
    server.start()
    try:
        runs = [start(tmp_path / f"data-{number}", server.environment) for number in range(STARTS)]
    finally:
        server.close()
    for moment in ("visible", "usable", "ready", "heard"):
        times = sorted(run[moment] for run in runs)
        print(f"{moment}: median {statistics.median(times):.2f} s, {times[0]:.2f} to {times[-1]:.2f}")  # noqa: T201
    assert statistics.median(run["usable"] for run in runs) <= WINDOW_SECONDS
    assert statistics.median(run["heard"] for run in runs) <= LOOP_SECONDS
