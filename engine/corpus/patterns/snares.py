"""Snare, clap and rim patterns: backbeats, ghosts, syncopated rims, half time, rolls."""

from collections.abc import Mapping
from typing import Final

from engine.corpus.patterns.grid import Canvas, Hit, Maker, at, euclid, free_row, phrase_ends, repeat, rows
from engine.corpus.streams import chance, pick

BACKBEAT = ("....X.......X...",)
DECORATED = (
    "....X.......X..x", "....X..-....X...", "....X....-..X.-.", "....X.-.....X...", "....X.......X-.-",
    "....X...x...X...", "-...X..-....X..-", "....X.....x.X...",
)  # fmt: skip
RIMS = (
    "...x..x....x..x.", "..x..x....x..x..", "x..x..x...x.x...", "...x......x.....", "......x....x..x.",
    "..x...x...x...x.", "x.....x...x.....", ".x..x...x..x....", "....x..x....x.x.", "...x..x..x..x...",
)  # fmt: skip
LATE = ("............X...", "....X...........", "..........X.....", "............X.-.", "........X.......")
BREAKS = (
    "....X..-.-..X..-", "....X..x.-..X..x", "....X..o.x....X.", "....X.-o....X-.o", "....X...-x..X...",
    "....X..-....X.o-",
)  # fmt: skip
ELECTRO = ("....X.......X...", "....X.......X.x.", "....X..x....X...", "....X.....x.X..x", "....X-......X.--")
HALF_TIME = ("........X.......", "........X....-..", "........X.....-o", "..-.....X..-....")
TRIPLE = ("....X.......Xxx.", "....X......xX...", "....X.......X.xx", "....xx......X...")


def euclidean_rim(canvas: Canvas) -> list[Hit]:
    """A rotated euclidean rim or clap figure."""
    rng = canvas.rng
    pulses, length = pick(rng, ((3, 16), (5, 16), (7, 16), (3, 8), (2, 6), (4, 12)))
    velocity = rng.uniform(0.5, 0.85)
    return repeat(at(euclid(pulses, length, int(rng.integers(length))), velocity), length, canvas)


def one_clap(canvas: Canvas) -> list[Hit]:
    """A single hit in one or two bars, somewhere off the one."""
    length = 16 * min(canvas.bars, pick(canvas.rng, (1, 2)))
    return repeat([Hit(pick(canvas.rng, range(2, length)), 0.85)], length, canvas)


def roll(canvas: Canvas) -> list[Hit]:
    """A backbeat that rolls into the next phrase, in sixteenths or thirty-seconds, getting louder."""
    rng = canvas.rng
    hits = repeat(at((4, 12), 0.9), 16, canvas)
    length = pick(rng, (3, 4, 6, 8))
    ratchet = 2 if length <= 4 and chance(rng, 0.4) else 1
    for bar in phrase_ends(canvas):
        start = bar * 16 + 16 - length
        hits = [h for h in hits if not start <= h.step < start + length]
        count = length * ratchet
        hits += [Hit(start + i / ratchet, 0.3 + 0.6 * i / count, 1 / ratchet) for i in range(count)]
    return hits


def _written(options: tuple[str, ...], variation: float = 0.3) -> Maker:
    return lambda canvas: rows(canvas, options, variation)


SNARES: Final[Mapping[str, Maker]] = {
    "backbeat": _written(BACKBEAT),
    "decorated": _written(DECORATED, 0.5),
    "rims": _written(RIMS),
    "late": _written(LATE, 0.2),
    "breaks": _written(BREAKS, 0.6),
    "electro": _written(ELECTRO),
    "half_time": _written(HALF_TIME),
    "triple": _written(TRIPLE, 0.4),
    "euclid": euclidean_rim,
    "one": one_clap,
    "roll": roll,
    "free": lambda canvas: free_row(canvas, (0.06, 0.35)),
}


def fill(canvas: Canvas) -> list[Hit]:
    """Hits that fall over each other in the last beat."""
    row = pick(canvas.rng, ("o.xX", "xxxX", "o-ox", ".x.X", "xoxX", "..xX"))
    return [
        Hit(canvas.steps - 4 + i, {"X": 0.95, "x": 0.75, "o": 0.5, "-": 0.3}[mark])
        for i, mark in enumerate(row)
        if mark != "."
    ]
