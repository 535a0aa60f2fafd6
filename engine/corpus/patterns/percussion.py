"""Percussion patterns: claves, tribal toms, shakers, polymeters, answers to the kick."""

from collections.abc import Mapping
from typing import Final

from engine.corpus.patterns.grid import Canvas, Hit, Maker, accent, at, euclid, free_row, phrase_ends, repeat, rows
from engine.corpus.streams import chance, pick

CLAVES = (
    "x..x..x...x.x...", "..x.x...x..x..x.", "x..x...x..x.x...", "x..x..x....x..x.", "x..x..x.x..x..x.",
    "x.x.x..x.x.x.x..",
)  # fmt: skip
TRIBAL = (
    "o..x..o...x..xo.", "...o..x...o.x...", "x..o..x..o..x.o.", "..xo..x...xo..xo", "......xx......xo",
    "..........x.xo..", "x.o...x.o..x....", "...x...x..oo.x..",
)  # fmt: skip
SPARSE = ("..........x.....", "...x............", "......x.....x...", "............x..o", ".......x........")


def euclidean(canvas: Canvas) -> list[Hit]:
    """A rotated euclidean figure with an accent contour."""
    rng = canvas.rng
    pulses, length = pick(rng, ((3, 8), (5, 16), (7, 16), (5, 8), (9, 16), (4, 16), (5, 12), (2, 5)))
    hits = repeat(at(euclid(pulses, length, int(rng.integers(length))), 0.85), length, canvas)
    return accent(hits, canvas, length, 0.5)


def polymeter(canvas: Canvas) -> list[Hit]:
    """One or two hits in a cycle of 3, 5, 6, 7, 9, 10 or 12 steps that runs across the bars."""
    rng = canvas.rng
    cycle = pick(rng, (3, 5, 6, 7, 9, 10, 12))
    count = 1 if cycle < 6 else pick(rng, (1, 2, 3))
    steps = rng.choice(cycle, size=count, replace=False).tolist()
    return repeat(at(steps, 0.75), cycle, canvas)


def shaker(canvas: Canvas) -> list[Hit]:
    """Running sixteenths that swing between strong and weak."""
    strong = canvas.rng.uniform(0.7, 0.95)
    contour = (strong, 0.3, pick(canvas.rng, (0.55, 0.9)), 0.35)
    return [Hit(step, contour[step % 4]) for step in range(canvas.steps)]


def quarters(canvas: Canvas) -> list[Hit]:
    """A ride or bell on the beats or on the eighths."""
    return at(range(0, canvas.steps, pick(canvas.rng, (4, 4, 2))), 0.75)


def answer(canvas: Canvas) -> list[Hit]:
    """Fills the gaps two or three steps after the kick."""
    gap = pick(canvas.rng, (2, 3))
    spots = sorted({(k + gap) % canvas.steps for k in canvas.kick} - canvas.kick) or [10]
    chosen = [s for s in spots if (s // 4) % 2] or spots
    return at(chosen, 0.75)


def phrase_fill(canvas: Canvas) -> list[Hit]:
    """Silent until a run of hits at the end of the phrase."""
    length = pick(canvas.rng, (3, 4, 6))
    hits: list[Hit] = []
    for bar in sorted(phrase_ends(canvas)):
        run = range(bar * 16 + 16 - length, bar * 16 + 16)
        hits += [Hit(step, canvas.rng.uniform(0.45, 0.95)) for step in run if chance(canvas.rng, 0.8)]
    return hits or [Hit(canvas.steps - 2, 0.8)]


def _written(options: tuple[str, ...], variation: float = 0.3) -> Maker:
    return lambda canvas: rows(canvas, options, variation)


PERCUSSION: Final[Mapping[str, Maker]] = {
    "clave": _written(CLAVES, 0.2),
    "tribal": _written(TRIBAL, 0.4),
    "sparse": _written(SPARSE),
    "euclid": euclidean,
    "polymeter": polymeter,
    "shaker": shaker,
    "quarters": quarters,
    "answer": answer,
    "fill": phrase_fill,
    "free": lambda canvas: free_row(canvas, (0.08, 0.5)),
}
