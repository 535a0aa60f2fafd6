"""Named random streams: one seed gives many generators, and a change of one draw never shifts another."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

T = TypeVar("T")


@dataclass(frozen=True)
class Streams:
    """The random streams of one loop; `streams("kick", "pattern")` is always the same fresh generator."""

    seed: int

    def __call__(self, *names: str) -> np.random.Generator:
        """A new generator for this seed and name, the same in every process."""
        return np.random.default_rng([self.seed, zlib.crc32("/".join(names).encode())])


def choose(rng: np.random.Generator, weights: Mapping[T, float]) -> T:
    """One key of `weights`, drawn in proportion to its weight."""
    options = list(weights)
    shares = np.fromiter(weights.values(), dtype=np.float64)
    return options[int(rng.choice(len(options), p=shares / shares.sum()))]


def pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    """One of `options`, each equally likely."""
    return options[int(rng.integers(len(options)))]


def chance(rng: np.random.Generator, probability: float) -> bool:
    """True with `probability`."""
    return bool(rng.random() < probability)
