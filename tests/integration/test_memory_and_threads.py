"""The shipped pack over many lengths and over numbers of threads, each in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.devices import cpu_has_bfloat16

LENGTHS = int(os.environ.get("LOOPGEN_LENGTHS", "12"))
"""Tempi that are rendered one after the other."""
FAINTEST_DB = 100.0
"""How far below the sound another number of threads may differ where its sums are of another order."""

MEMORY = """
import gc, json, psutil, sys
from engine.config import starter_pack
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest

process, said = psutil.Process(), []
pipeline = LoopPipeline.from_pack(starter_pack(), device="cpu")
for number in range(int(sys.argv[1]) + 2):
    pipeline.render(LoopRequest(bars=4, num_steps=1, seed=number, tempo_bpm=80.0 + number))
    gc.collect()
    said.append(process.memory_info().rss)
print(json.dumps(said))
"""

SOUND = """
import sys
import numpy as np, torch
import engine.pipeline
from engine.config import starter_pack
from engine.requests import LoopRequest

torch.set_num_threads(int(sys.argv[1]))
engine.pipeline.fast_dtype = lambda _: getattr(torch, sys.argv[2])
pipeline = engine.pipeline.LoopPipeline.from_pack(starter_pack(), device="cpu")
request = LoopRequest(bars=1, num_steps=4, tempo_bpm=128.0, tags=("house",), prompt="warm deep house", seed=11)
np.save(sys.argv[3], pipeline.render(request).audio)
"""


def run(code: str, *arguments: object, threads: int = 1) -> str:
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "passive"}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_memory_does_not_grow_with_every_new_tempo() -> None:
    said = json.loads(run(MEMORY, LENGTHS))
    assert (said[-1] - said[1]) / 1e6 < 100.0


@pytest.mark.parametrize(
    "dtype", ["float32", pytest.param("bfloat16", marks=pytest.mark.skipif(not cpu_has_bfloat16(), reason="slow"))]
)
def test_the_same_request_sounds_the_same_on_any_number_of_threads(dtype: str, tmp_path: Path) -> None:
    loops = []
    for threads in (1, 2):
        run(SOUND, threads, dtype, tmp_path / f"{threads}.npy", threads=threads)
        loops.append(np.load(tmp_path / f"{threads}.npy").astype(np.float64))
    one, two = loops
    difference = float(((one - two) ** 2).sum())
    assert difference <= float((one**2).sum()) * 10 ** (-FAINTEST_DB / 10)
