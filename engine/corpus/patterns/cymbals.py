"""Hat patterns, closed and open: offbeats, sixteenths with accents, shuffles, ratchets, sparse ticks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from engine.corpus.patterns.grid import (
    Canvas,
    Hit,
    Maker,
    accent,
    at,
    euclid,
    free_row,
    phrase_ends,
    repeat,
    rows,
    thin,
)
from engine.corpus.streams import chance, pick

SHUFFLED = (
    "x.x-x.x-x.x-x.x-", "..xo..xo..xo..xo", "-.x--.x--.x--.x-", "x-.ox-.ox-.ox-.o", "..x-.ox-..x-.oxo",
    "x.-xx.-xx.-xx.-x", ".oX..oX..oX..oX.", "o.X.o.X-o.X.o-X.",
)  # fmt: skip
BROKEN = (
    "x.xx..x.x.xx..x.", "x..x..x.x..x..x.", "x.x..xx.x..x.xx.", "..x.x..x..x..x.x", "x.x.xx..x.x.x.xx",
    "x..xx..x..x.x..x", "x.xox.xxo.xox.x.",
)  # fmt: skip
TICKS = (
    "......x.........", "..x...........x.", "......x.......x.", "..........x.....", "x.......x.......",
    "...x......x..x..",
)  # fmt: skip
OPEN_SYNCOPATED = (
    "..X.......X.....", "......X.......X.", "..X...X......X..", "..........X.....", "..X..X....X..X..",
    "...X......X.....", "......X..X......", "..X..........X..",
)  # fmt: skip


def offbeat(canvas: Canvas) -> list[Hit]:
    """The third sixteenth of every beat, sometimes with a soft neighbour."""
    hits = at(range(2, canvas.steps, 4), 0.9)
    if chance(canvas.rng, 0.35):
        neighbour = pick(canvas.rng, (0, 1, 3))
        hits += at(range(neighbour, canvas.steps, 4), canvas.rng.uniform(0.2, 0.5))
    return hits


def eighths(canvas: Canvas) -> list[Hit]:
    """Every second sixteenth, the offbeats louder or softer."""
    on, off = (0.5, 0.9) if chance(canvas.rng, 0.6) else (0.85, 0.55)
    return at(range(0, canvas.steps, 4), on) + at(range(2, canvas.steps, 4), off)


def sixteenths(canvas: Canvas) -> list[Hit]:
    """Running sixteenths with an accent contour of one beat, half a bar or three steps; a few may be missing."""
    rng = canvas.rng
    hits = accent(at(range(canvas.steps), 0.95), canvas, pick(rng, (4, 4, 8, 16, 3)), rng.uniform(0.35, 0.8))
    if chance(rng, 0.4):
        gaps = set(rng.choice(16, size=int(rng.integers(1, 5)), replace=False).tolist())
        hits = [h for h in hits if int(h.step) % 16 not in gaps]
    return hits


def euclidean(canvas: Canvas) -> list[Hit]:
    """Five to eleven hits spread over the bar, or three over eight steps."""
    pulses, length = pick(canvas.rng, ((5, 16), (7, 16), (9, 16), (11, 16), (3, 8), (5, 8), (5, 12), (4, 6)))
    hits = repeat(at(euclid(pulses, length, int(canvas.rng.integers(length))), 0.85), length, canvas)
    return accent(hits, canvas, 8, 0.5)


def ratchets(canvas: Canvas) -> list[Hit]:
    """Eighths or offbeats, some of them doubled or tripled within a step at phrase ends."""
    rng = canvas.rng
    hits = eighths(canvas) if chance(rng, 0.5) else offbeat(canvas)
    times = pick(rng, (2, 3, 4))
    width = 2.0 if times == 4 else 1.0
    spot = pick(rng, (6, 10, 14))
    for bar in phrase_ends(canvas):
        start = bar * 16 + spot
        hits = [h for h in hits if not start <= h.step < start + width]
        hits += [Hit(start + width * i / times, 0.9 - 0.5 * i / times, width / times) for i in range(times)]
    return hits


def breathing(canvas: Canvas) -> list[Hit]:
    """Sixteenths that swell over one or two beats."""
    cycle = pick(canvas.rng, (4, 8, 16))
    hits = at(range(canvas.steps), 0.95)
    return [replace(h, velocity=0.25 + 0.7 * ((int(h.step) % cycle) / (cycle - 1)) ** 1.5) for h in hits]


def thinned(canvas: Canvas) -> list[Hit]:
    """A random half of running sixteenths, the same in every bar."""
    bar = accent(at(range(16), 0.9), canvas, 16, 0.6)
    return repeat(thin(bar, canvas.rng, canvas.rng.uniform(0.35, 0.75)), 16, canvas)


def open_offbeat(canvas: Canvas) -> list[Hit]:
    """The offbeat open hat of house, on all four beats or on some of them."""
    which = pick(canvas.rng, ((2, 6, 10, 14), (2, 6, 10, 14), (2, 10), (6, 14), (2, 6, 10)))
    return repeat(at(which, 0.9, 2.0), 16, canvas)


def open_end(canvas: Canvas) -> list[Hit]:
    """One open hat near the end of every bar or phrase."""
    bars = phrase_ends(canvas) if chance(canvas.rng, 0.5) else set(range(canvas.bars))
    step = pick(canvas.rng, (14, 10, 6, 15))
    return [Hit(bar * 16 + step, 0.85, 2.0) for bar in sorted(bars)]


def open_long(canvas: Canvas) -> list[Hit]:
    """A long open hat or wash once per phrase, on or just before the one."""
    length = 16 * min(canvas.bars, pick(canvas.rng, (1, 2, 4)))
    return repeat([Hit(pick(canvas.rng, (0, 2, 4, 8, 14)), 0.8, 6.0)], length, canvas)


def _written(options: tuple[str, ...], variation: float = 0.3) -> Maker:
    return lambda canvas: rows(canvas, options, variation)


CLOSED_HATS: Final[Mapping[str, Maker]] = {
    "offbeat": offbeat,
    "eighths": eighths,
    "sixteenths": sixteenths,
    "shuffled": _written(SHUFFLED),
    "broken": _written(BROKEN, 0.4),
    "ticks": _written(TICKS),
    "euclid": euclidean,
    "ratchets": ratchets,
    "breathing": breathing,
    "thinned": thinned,
    "free": lambda canvas: free_row(canvas, (0.15, 0.7)),
}

OPEN_HATS: Final[Mapping[str, Maker]] = {
    "offbeat": open_offbeat,
    "end": open_end,
    "long": open_long,
    "syncopated": _written(OPEN_SYNCOPATED),
    "free": lambda canvas: free_row(canvas, (0.05, 0.3)),
}
