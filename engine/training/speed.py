"""How much of a machine a training run uses: its floating-point operations a second beside a matrix product's."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

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


class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the floating-point operations of what is done under it.

    torch's own counter watches modules as well, and gradients of gradients, as R1 takes them, fail under it.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        if (of := flop_registry.get(func._overloadpacket)) is not None:
            self.count += of(*args, **kwargs, out_val=out)
        return out


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
            with Operations() as operations:
                yield
            self.counted.append(operations.count)
            return
        yield
        self.steps += 1
        self.seconds += time.perf_counter() - started

    def gflops(self) -> float:
        """Billions of operations a second of the steps so far; 0 before any was counted."""
        if not self.counted or not self.seconds:
            return 0.0
        return sum(self.counted) / len(self.counted) * self.steps / self.seconds / 1e9
