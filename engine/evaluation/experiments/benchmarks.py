"""`loopgen bench`: how long a loop takes, where the time goes, what length and batch cost, and memory."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from tqdm import tqdm

from engine.config import child_environment
from engine.errors import InvalidRequest
from engine.knobs import LIVE_STEPS, PROGRESSIVE
from engine.loop import Loop, PackInfo
from engine.requests import LoopRequest

BARS = (1, 2, 4, 8, 16)
BATCHES = (1, 2, 4, 8)
MAX_REPEATS = 1000
REFERENCE = LoopRequest(tempo_bpm=120.0, bars=4, num_steps=16, guidance_scale=2.0, tags=("techno", "kick"), key="Am")
"""The request that the targets are stated for: 4 bars at 120 BPM, 16 steps with guidance."""
LIVE = REFERENCE.with_(num_steps=LIVE_STEPS)
"""The live setting: four guided evaluations, or the two of a pack's few-step model."""

_LOAD = (
    "import sys; from engine.pipeline import LoopPipeline; LoopPipeline.from_pack(sys.argv[1], device=sys.argv[2])"
)


class BatchRenderer(Protocol):
    """What is timed: a `LoopPipeline`, or a fake in tests."""

    @property
    def info(self) -> PackInfo:
        """The pack it plays."""

    def render(self, request: LoopRequest, /) -> Loop:
        """The loop of `request`."""

    def render_batch(self, requests: Sequence[LoopRequest], /) -> Sequence[Loop]:
        """The loops of `requests`, all of one shape, in one go."""


@dataclass(frozen=True)
class Timing:
    """Wall time of one kind of request in seconds: median and worst of the repeats, and medians per stage."""

    median: float
    worst: float
    stages: Mapping[str, float]


def benchmark(
    renderer: BatchRenderer,
    *,
    repeats: int = 7,
    bars: Sequence[int] = BARS,
    batches: Sequence[int] = BATCHES,
    progress: bool = True,
) -> dict[str, Any]:
    """Time `renderer`, already loaded; JSON-able. Raises `InvalidRequest` on an impossible number of repeats."""
    if not 1 <= repeats <= MAX_REPEATS:
        raise InvalidRequest(f"{repeats} repeats are not possible: 1 to {MAX_REPEATS}.")
    with tqdm(total=3 + len(bars) + len(batches), desc="bench", unit="case", disable=not progress) as bar:

        def timed(request: LoopRequest, times: int) -> Timing:
            timing = time_request(renderer, request, times)
            bar.update()
            return timing

        first = timed(REFERENCE, 1)
        reference = timed(REFERENCE, repeats)
        live = timed(LIVE.with_(sampler=PROGRESSIVE) if renderer.info.progressive else LIVE, repeats)
        few = max(1, repeats // 2)
        over_bars = {count: timed(REFERENCE.with_(bars=count), few).median for count in bars}
        over_batch = {}
        for size in batches:
            over_batch[size] = time_batch(renderer, size, few)
            bar.update()
    return {
        "machine": machine(),
        "pack": {"name": renderer.info.name, "hash": renderer.info.hash},
        "first_request": first.median,
        "reference": _plain(reference),
        "live": _plain(live),
        "seconds_by_bars": {str(n): seconds for n, seconds in over_bars.items()},
        "seconds_per_loop_by_batch": {str(n): seconds for n, seconds in over_batch.items()},
        "peak_memory_mb": peak_memory_mb(),
    }


def time_request(renderer: BatchRenderer, request: LoopRequest, repeats: int) -> Timing:
    """Render `request` with `repeats` seeds, one after the other."""
    totals, stages = [], []
    for seed in range(repeats):
        start = time.perf_counter()
        loop = renderer.render(request.with_(seed=seed))
        totals.append(time.perf_counter() - start)
        stages.append(loop.seconds)
    medians = {name: float(np.median([stage[name] for stage in stages])) for name in stages[0]}
    return Timing(float(np.median(totals)), max(totals), medians)


def time_batch(renderer: BatchRenderer, size: int, repeats: int) -> float:
    """Median seconds per loop when `size` loops are rendered in one batch."""
    totals = []
    for repeat in range(repeats):
        requests = [REFERENCE.with_(seed=repeat * size + index) for index in range(size)]
        start = time.perf_counter()
        renderer.render_batch(requests)
        totals.append((time.perf_counter() - start) / size)
    return float(np.median(totals))


def start_up_seconds(pack: Path, device: str) -> float:
    """Wall time of a fresh Python that imports the engine and loads `pack`, ready to render."""
    start = time.perf_counter()
    command = [sys.executable, "-c", _LOAD, str(pack), device]
    subprocess.run(command, check=True, capture_output=True, env=child_environment())
    return time.perf_counter() - start


def peak_memory_mb() -> float | None:
    """Largest resident memory of this process so far in MB; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6  # bytes there, KiB here


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _plain(timing: Timing) -> dict[str, Any]:
    return {"median": timing.median, "worst": timing.worst, "stages": dict(timing.stages)}
