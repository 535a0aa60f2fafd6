"""How much of a machine a training run uses: its floating-point operations a second beside a matrix product's."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch.utils.flop_counter import FlopCounterMode

COUNT_EVERY = 97
"""Steps between those whose operations are counted: a prime, so that all lengths of batches come up."""


def matmul_gflops(device: torch.device, dtype: torch.dtype, size: int = 1024, seconds: float = 0.3) -> float:
    """Billions of operations a second that a product of square matrices reaches on `device` in `dtype`."""
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))

    def spent(times: int) -> float:
        synchronise(device)
        started = time.perf_counter()
        for _ in range(times):
            a @ b
        synchronise(device)
        return time.perf_counter() - started

    spent(2)
    once = spent(3) / 3
    times = max(3, round(seconds / max(once, 1e-6)))
    return times * 2 * size**3 / spent(times) / 1e9


def synchronise(device: torch.device) -> None:
    """Wait until `device` has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@dataclass
class Throughput:
    """Operations of a run's steps, counted now and then, and the seconds that steps took."""

    counted: list[int] = field(default_factory=list)
    steps: int = 0
    seconds: float = 0.0

    @contextmanager
    def step(self, number: int) -> Iterator[None]:
        """Count the operations of step `number` where its turn has come; every other one is timed."""
        started = time.perf_counter()
        if number % COUNT_EVERY == 1:
            with FlopCounterMode(display=False) as counter:
                yield
            self.counted.append(counter.get_total_flops())
            return
        yield
        self.steps += 1
        self.seconds += time.perf_counter() - started

    def gflops(self) -> float:
        """Billions of operations a second of the steps so far; 0 before any was counted."""
        if not self.counted or not self.seconds:
            return 0.0
        return sum(self.counted) / len(self.counted) * self.steps / self.seconds / 1e9
