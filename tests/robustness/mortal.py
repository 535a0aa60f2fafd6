"""What the workers that are killed have in common: they write things with numbers, and say when each is done."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Final

import numpy as np

from engine import LoopRequest, Recipe

SAMPLES: Final = 4000


def sound(number: int) -> np.ndarray:
    """A sound `[2, T]` that tells its number."""
    return np.random.default_rng(number).uniform(-0.5, 0.5, (2, SAMPLES)).astype(np.float32)


def recipe(number: int) -> Recipe:
    return Recipe(LoopRequest(seed=number, prompt=f"number {number}"))


class Worker(ABC):
    """Writes things with numbers, one after the other."""

    longest_seconds = 0.1
    """From the first word of a life to its end; a life does several things in that time."""
    share_of_kills = 1.0
    """Of the kills that are asked for: what takes seconds to begin dies less often, unless many are asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.promised: set[int] = set()

    @abstractmethod
    def work(self, number: int) -> None:
        """Write the thing `number`; whatever this returns from is promised."""

    @abstractmethod
    def check(self) -> None:
        """Raise `AssertionError` where something that was promised is not there, or something half is."""

    def strays(self) -> list[str]:
        """Temporary files that are there after what every start sweeps was swept."""
        return [path.name for path in self.folder.rglob("*") if path.name.endswith(".part")]
