"""What training on very many loops costs: on paper, and by a simulation of processes that wait for each other.

Times of this project's own work are measured (`LoopWork`: on one core); what a computer offers and costs is asked
for (`Computers`). On paper each stage runs as fast as the slowest of what it needs; in the simulation steps differ,
and the slowest process of each step decides.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidRequest

AHEAD: Final = 2
"""Batches that a process has made before they are asked for, as `engine.training.shards.batches` does."""
STEPS: Final = 4000
SPREAD: Final = 0.12
"""Deviation of the time of a step about its mean, of the mean: batches of other lengths, measured."""
EXCHANGED: Final = 4
"""Bytes of each parameter's gradient that processes exchange in a step."""
HIDDEN: Final = 0.7
"""Share of an exchange that goes on behind the backward pass, which makes the gradients piece by piece."""


@dataclass(frozen=True)
class LoopWork:
    """What one loop is, and what work on it takes.

    `render_seconds` and `encode_seconds` of one core for a loop; `bytes` of it in a shard; `made` loops a second that
    one process reads, decodes and makes batches of; `flops` of a training step for one of its `frames`, forward and
    backward; `parameters` of the network; `reached`, the share of the speed of a matrix product that steps reach.
    """

    frames: float = 282.0
    render_seconds: float = 1.0
    encode_seconds: float = 0.075
    bytes: float = 98_000.0
    made: float = 134.0
    flops: float = 33.3e6
    parameters: float = 23.0e6
    reached: float = 0.39


@dataclass(frozen=True)
class Computers:
    """What there is: `machines` of `cores` and `gpus`, each GPU of `gpu_tflops` in products of bfloat16 matrices and
    with `launch_ms` a step that no kernel is long enough to hide; reading at `read_mb` MB/s a machine, a network of
    `network_gbit` Gbit/s between them; prices for an hour. Raises `InvalidRequest` on numbers that are not possible.
    """

    machines: int = 1
    gpus: int = 8
    cores: int = 64
    gpu_tflops: float = 400.0
    launch_ms: float = 25.0
    read_mb: float = 500.0
    network_gbit: float = 100.0
    gpu_price: float = 2.5
    core_price: float = 0.04

    def __post_init__(self) -> None:
        whole = (self.machines, self.gpus, self.cores)
        rates = (self.gpu_tflops, self.launch_ms, self.read_mb, self.network_gbit)
        if not all(1 <= value <= 100_000 for value in whole) or not all(0 < value <= 1e6 for value in rates):
            raise InvalidRequest("Possible: 1 to 100000 machines, GPUs and cores, and speeds above 0.")
        if not (0 <= self.gpu_price <= 1e4 and 0 <= self.core_price <= 1e4):
            raise InvalidRequest("Prices of an hour are 0 to 10000.")

    @property
    def processes(self) -> int:
        """One for each GPU."""
        return self.machines * self.gpus


@dataclass(frozen=True)
class Stage:
    """One row of the table: loops a second of all computers together, and of one GPU where GPUs work, hours, money,
    and what limits it."""

    name: str
    loops_per_second: float
    per_gpu: float | None
    hours: float
    money: float
    limit: str


@dataclass(frozen=True)
class Simulated:
    """Training as it was simulated: steps a second, and which share of the time processes computed, waited for
    batches, for the slowest of them, and for the exchange of gradients."""

    steps_per_second: float
    computing: float
    reading: float
    stragglers: float
    exchange: float


@dataclass(frozen=True)
class StepCost:
    """Seconds that one step of one process takes on paper, by what it needs; `loops` of them are in a batch."""

    loops: float
    computing: float
    making: float
    reading: float
    exchange: float

    @property
    def seconds(self) -> float:
        """Batches are made and read meanwhile; the exchange is hidden in part."""
        return max(self.computing + (1 - HIDDEN) * self.exchange, self.making, self.reading, self.exchange)

    @property
    def limit(self) -> str:
        """What takes the longest."""
        times = {
            "computing": self.computing,
            "making batches": self.making,
            "reading": self.reading,
            "network": self.exchange,
        }
        return max(times, key=lambda name: times[name])


def step_on_paper(work: LoopWork, computers: Computers, frames_per_step: int) -> StepCost:
    """The time of a step of `frames_per_step` frames a GPU."""
    loops = frames_per_step / work.frames
    computed = frames_per_step * work.flops / (computers.gpu_tflops * 1e12 * work.reached)
    ring = 2 * (computers.processes - 1) / computers.processes * work.parameters * EXCHANGED
    # Within one machine GPUs exchange over their own links, some ten times as fast as a network.
    wire = computers.network_gbit / 8 * 1e9 * (10 if computers.machines == 1 else 1)
    return StepCost(
        loops,
        computed + computers.launch_ms / 1000,
        loops / work.made,
        loops * work.bytes * computers.gpus / (computers.read_mb * 1e6),
        ring / wire,
    )


def simulate(step: StepCost, processes: int, *, steps: int = STEPS, seed: int = 0) -> Simulated:
    """`processes` that train side by side for `steps` steps, each with a maker of batches `AHEAD` of it."""
    random = np.random.default_rng(seed)

    def drawn(mean: float, spread: float) -> NDArray[np.float64]:
        shape = (steps, processes)
        return mean * random.lognormal(-(spread**2) / 2, spread, shape)

    computing, making = drawn(step.computing, SPREAD), drawn(max(step.making, step.reading), SPREAD)
    exchange = (1 - HIDDEN) * step.exchange
    ready = np.zeros(processes)
    begun = np.zeros((steps + 1, processes))
    now, waited, stood = 0.0, 0.0, 0.0
    for number in range(steps):
        free = begun[number - AHEAD] if number >= AHEAD else np.zeros(processes)
        ready = np.maximum(ready, free) + making[number]
        start = np.maximum(ready, now)
        begun[number] = start
        slowest = float(computing[number].max())
        end = float((start + computing[number]).max())
        waited += end - now - slowest  # what there would not be, were all batches there
        stood += slowest - float(computing[number].mean())
        now = end + exchange
    return Simulated(
        steps / now, float(computing.mean(axis=1).sum()) / now, waited / now, stood / now, steps * exchange / now
    )


def stages(work: LoopWork, computers: Computers, loops: float, epochs: float, frames_per_step: int) -> list[Stage]:
    """Every stage from nothing to a denoiser for `loops` loops: rendered, encoded, cut into shards, and trained on
    for `epochs` epochs; on paper, the last row by simulation. Raises `InvalidRequest` on numbers that are not
    possible."""
    if not 1 <= loops <= 1e12 or not 0 < epochs <= 1e6 or not 64 <= frames_per_step <= 10_000_000:
        raise InvalidRequest("Possible: 1 to 1e12 loops, up to 1e6 epochs, 64 to 10000000 frames a step.")
    cores = computers.machines * computers.cores
    core_hour, gpu_hour = cores * computers.core_price, computers.processes * computers.gpu_price
    step = step_on_paper(work, computers, frames_per_step)
    found = simulate(step, computers.processes)
    writing = computers.machines * computers.read_mb * 1e6 / work.bytes

    def prepared(name: str, rate: float, limit: str) -> Stage:
        hours = loops / rate / 3600
        return Stage(name, rate, None, hours, hours * core_hour, limit)

    def trained(name: str, steps_per_second: float, limit: str) -> Stage:
        per_gpu = step.loops * steps_per_second
        rate = per_gpu * computers.processes
        hours = loops * epochs / rate / 3600
        return Stage(name, rate, per_gpu, hours, hours * gpu_hour, limit)

    return [
        prepared("rendering", cores / work.render_seconds, "cores"),
        prepared("encoding on the cores", cores / work.encode_seconds, "cores"),
        prepared("writing shards", writing, "disk"),
        trained("training, on paper", 1 / step.seconds, step.limit),
        trained("training, simulated", found.steps_per_second, lost(found)),
    ]


def lost(found: Simulated) -> str:
    """Where the time of a simulated run goes that is not spent on computing."""
    shares = {"batches": found.reading, "the slowest": found.stragglers, "exchange": found.exchange}
    return ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items())


def work_of(record: dict[str, Any], frames: float, work: LoopWork | None = None) -> LoopWork:
    """`work` with what the `record` of a denoiser's run in a `pack.json` tells: operations a frame and the share of a
    matrix product's speed. Records without such figures change nothing."""
    known = work or LoopWork()
    try:
        per_step = float(record["gflops"]) * 1e9 * float(record["seconds"]) / float(record["step"])
        flops = per_step / float(record["settings"]["frames_per_batch"])
        reached = float(record["gflops"]) / float(record["machine_gflops"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return known
    values = {**known.__dict__, "frames": frames, "flops": flops, "reached": min(reached, known.reached)}
    return LoopWork(**values) if flops > 0 and reached > 0 else known
