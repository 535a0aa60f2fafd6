"""The benchmark on a renderer whose cost is known, and what the terminal tells."""

from collections.abc import Sequence

import numpy as np
import pytest

from engine.cli.bench import describe
from engine.errors import InvalidRequest
from engine.evaluation.experiments import benchmarks
from engine.evaluation.experiments.benchmarks import (
    LIVE,
    REFERENCE,
    benchmark,
    peak_memory_mb,
    time_batch,
    time_request,
)
from engine.loop import Loop, PackInfo
from engine.requests import LoopRequest


class Clock:
    """Stands for `time.perf_counter`; only rendering makes it go on."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class TimedRenderer:
    """Costs 10 ms a bar, 20 ms a step and, in a batch, 50 ms once."""

    info = PackInfo("timed", "1", "a" * 64, 44100)

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def render(self, request: LoopRequest) -> Loop:
        denoiser = 0.02 * request.num_steps + (1.0 if request.seed == 1 else 0.0)  # one slow repeat
        self.clock.now += 0.01 * request.bars + denoiser
        stages = {"conditioning": 0.0, "denoiser": denoiser, "codec": 0.01 * request.bars, "finishing": 0.0}
        empty = np.zeros((2, 1), np.float32)
        return Loop(empty, 44100, request, empty, "timed", "a" * 64, -14.0, -1.0, stages)

    def render_batch(self, requests: Sequence[LoopRequest]) -> list[Loop]:
        self.clock.now += 0.05 + 0.1 * len(requests)
        return []


@pytest.fixture
def renderer(monkeypatch: pytest.MonkeyPatch) -> TimedRenderer:
    clock = Clock()
    monkeypatch.setattr(benchmarks.time, "perf_counter", clock)
    return TimedRenderer(clock)


def test_the_reference_is_the_request_of_the_targets() -> None:
    assert (REFERENCE.tempo_bpm, REFERENCE.bars, REFERENCE.num_steps, REFERENCE.guidance_scale) == (120, 4, 16, 2)
    assert LIVE.num_steps == 4


def test_medians_worst_case_and_stages(renderer: TimedRenderer) -> None:
    timing = time_request(renderer, REFERENCE, 5)
    assert timing.median == pytest.approx(0.36)
    assert timing.worst == pytest.approx(1.36)
    assert timing.stages == pytest.approx({"conditioning": 0, "denoiser": 0.32, "codec": 0.04, "finishing": 0})


def test_a_batch_shares_its_fixed_cost(renderer: TimedRenderer) -> None:
    assert time_batch(renderer, 1, 3) == pytest.approx(0.15)
    assert time_batch(renderer, 8, 3) == pytest.approx(0.05 / 8 + 0.1)


def test_the_whole_benchmark_and_its_text(renderer: TimedRenderer) -> None:
    results = benchmark(renderer, repeats=3, bars=(1, 16), batches=(1, 2), progress=False)
    assert results["reference"]["median"] == pytest.approx(0.36)
    assert results["live"]["median"] == pytest.approx(0.12)
    assert results["seconds_by_bars"]["16"] - results["seconds_by_bars"]["1"] == pytest.approx(0.15)
    assert results["peak_memory_mb"] > 10
    text = describe({**results, "start_up": 1.5})
    assert "0.360 s  (worst 1.360 s)" in text and "batch of 2" in text and "16 bars" in text


def test_peak_memory_counts_what_was_held() -> None:
    before = peak_memory_mb()
    assert before is not None
    assert np.ones(int(before * 1e6 / 4), dtype=np.float64).sum() > 0  # twice what was the peak
    after = peak_memory_mb()
    assert after is not None and after > before * 1.2


def test_no_repeats_is_refused(renderer: TimedRenderer) -> None:
    with pytest.raises(InvalidRequest, match="1 to 1000"):
        benchmark(renderer, repeats=0)
