"""What every pattern is made of: hits on the sixteenth grid, written-out rows, repetition, variation, euclid."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from engine.corpus.streams import chance, pick
from engine.vocabulary import STEPS_PER_BAR

VELOCITIES = {"X": 1.0, "x": 0.78, "o": 0.5, "-": 0.28}
"""How a written row is read: accent, hit, soft hit, ghost; a full stop is a rest."""


@dataclass(frozen=True)
class Hit:
    """One event on the grid: `step` and length in sixteenths (may be fractional), `velocity` in (0, 1].

    `degree` counts scale steps above the root of the chord that sounds there (7 is an octave), for pitched parts.
    """

    step: float
    velocity: float = 0.8
    steps: float = 1.0
    degree: int = 0
    slide: bool = False


@dataclass(frozen=True)
class Canvas:
    """What a pattern maker knows: its own generator, the length, how busy to be, and who plays already."""

    rng: np.random.Generator
    bars: int
    energy: float = 0.5
    kick: frozenset[int] = frozenset()
    bass: frozenset[int] = frozenset()

    @property
    def steps(self) -> int:
        """Number of sixteenths in the loop."""
        return self.bars * STEPS_PER_BAR


Maker: TypeAlias = Callable[[Canvas], list[Hit]]


def read(row: str, steps: float = 1.0) -> list[Hit]:
    """The hits of a written row such as `X..-x...`."""
    return [Hit(i, VELOCITIES[mark], steps) for i, mark in enumerate(row) if mark in VELOCITIES]


def repeat(hits: Iterable[Hit], length: int, canvas: Canvas) -> list[Hit]:
    """`hits` of a motif of `length` steps, repeated over the loop and cut at its end."""
    motif = list(hits)
    return [
        replace(hit, step=hit.step + start)
        for start in range(0, canvas.steps, length)
        for hit in motif
        if hit.step + start < canvas.steps
    ]


def rows(canvas: Canvas, options: Sequence[str], variation: float = 0.3) -> list[Hit]:
    """One of the written rows, repeated; with probability `variation` phrase ends take another row."""
    main = pick(canvas.rng, options)
    hits = repeat(read(main), len(main), canvas)
    if not chance(canvas.rng, variation):
        return hits
    other = pick(canvas.rng, options)
    return with_bars(hits, repeat(read(other), len(other), canvas), phrase_ends(canvas))


def phrase_ends(canvas: Canvas) -> set[int]:
    """The bars that end a phrase: every second or fourth, always the last one."""
    length = min(canvas.bars, int(canvas.rng.choice([2, 4])))
    return set(range(length - 1, canvas.bars, length))


def bar_of(hit: Hit) -> int:
    """The bar a hit lies in."""
    return int(hit.step // STEPS_PER_BAR)


def with_bars(hits: Iterable[Hit], other: Iterable[Hit], bars: set[int]) -> list[Hit]:
    """`hits`, except that the given `bars` are taken from `other`."""
    return [h for h in hits if bar_of(h) not in bars] + [h for h in other if bar_of(h) in bars]


def euclid(pulses: int, steps: int, rotation: int = 0) -> list[int]:
    """The steps of a euclidean rhythm (Bjorklund; in the even-spacing form of Toussaint 2005), rotated."""
    onsets = {(i * steps) // pulses for i in range(pulses)}
    return sorted((onset + rotation) % steps for onset in onsets)


def at(steps: Iterable[float], velocity: float = 0.8, length: float = 1.0) -> list[Hit]:
    """Equal hits at the given steps."""
    return [Hit(step, velocity, length) for step in steps]


def accent(hits: Iterable[Hit], canvas: Canvas, cycle: int, depth: float) -> list[Hit]:
    """A velocity contour of `cycle` steps, drawn once, that makes hits up to `depth` softer."""
    contour = 1.0 - depth * canvas.rng.random(cycle)
    contour[int(canvas.rng.integers(cycle))] = 1.0
    return [replace(h, velocity=h.velocity * contour[int(h.step) % cycle]) for h in hits]


def thin(hits: Iterable[Hit], rng: np.random.Generator, keep: float) -> list[Hit]:
    """Each hit kept with probability `keep`."""
    return [hit for hit in hits if rng.random() < keep]


def free_row(canvas: Canvas, density: tuple[float, float]) -> list[Hit]:
    """A row nobody would write: random steps of a one- or two-bar motif, as a user may draw on a step grid."""
    length = STEPS_PER_BAR * min(canvas.bars, int(canvas.rng.choice([1, 2])))
    share = canvas.rng.uniform(*density)
    # A bias to strong steps keeps it musical; its own strength is random, down to none at all.
    weight = np.array([1.0, 0.2, 0.5, 0.2] * (length // 4))
    weight = weight ** canvas.rng.uniform(0.0, 1.2)
    wanted = np.flatnonzero(canvas.rng.random(length) < share * weight / weight.mean())
    chosen = wanted if len(wanted) else [int(canvas.rng.integers(length))]
    return repeat([Hit(int(s), float(canvas.rng.uniform(0.35, 1.0))) for s in chosen], length, canvas)
