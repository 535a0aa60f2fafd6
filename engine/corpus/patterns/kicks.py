"""Kick drum patterns: four-on-the-floor and its variations, broken, electro, breakbeat, two-step, half time."""

from collections.abc import Mapping
from typing import Final

from engine.corpus.patterns.grid import Canvas, Hit, Maker, at, euclid, free_row, phrase_ends, repeat, rows
from engine.corpus.streams import chance, choose, pick

BROKEN = (
    "X..x..X...x.....", "X.....x...X..x..", "X..X....x.X.....", "X...x..X..x...x.", "X..x......X.x...",
    "X......x..X.....", "X..X..X...X..X..", "X.....X..x....x.", "X..-X..x..X.....", "X.x...X...x..X..",
)  # fmt: skip
ELECTRO = (
    "X.....x...X.....", "X..x..X.........", "X.......x.X.....", "X..x....X.x...x.", "X.....X.X.......",
    "X..X......X..x..", "X.x.....X..x....", "X...........X.x.",
)  # fmt: skip
BREAKS = (
    "X.x.......xx....", "X.x.......x.....", "X..x......X.....", "X.X.......X..x..", "X......x.xX.....",
    "X.x....x..X.....", "X.....x.x.X.....", "X..x..x...x..x..",
)  # fmt: skip
TWO_STEP = (
    "X.........X.....", "X.........X..x..", "X..x......X.....", "X.........x.x...", "X.x.......X.....",
    "X.....x...X.....",
)  # fmt: skip
HALF_TIME = ("X...............", "X.....x.........", "X.........x.....", "X..x............", "X..............x")
LAID_BACK = ("X.....x..x......", "X......x.x......", "X..x.....x......", "X.x....x..x.....", "X.......x.x....x")
ROLLING = ("X-x.X-x.X-x.X-x.", "X.xxX.xxX.xxX.xx", "X.-xX.-xX.-xX.-x", "X--xX--xX--xX--x", "X.x.X.x.X.x.X.xx")
TRIBAL = ("X..x..x.X..x..x.", "X..X..X.X...x...", "X..x..X..x..X...", "X.....X..x..X...")


def four_on_the_floor(canvas: Canvas) -> list[Hit]:
    """A kick on every beat; often with a pick-up, a ghost or a missing kick at the end of phrases."""
    rng = canvas.rng
    hits = at(range(0, canvas.steps, 4), 1.0)
    if chance(rng, 0.45):
        return hits
    ends = phrase_ends(canvas)
    extra = pick(rng, ((14,), (11,), (15,), (7,), (14, 15), (10,), (3, 14)))
    velocity = rng.uniform(0.35, 0.85)
    bars = ends if chance(rng, 0.7) else set(range(canvas.bars))
    hits += [Hit(bar * 16 + step, velocity) for bar in bars for step in extra]
    if chance(rng, 0.25):
        gone = pick(rng, ((12,), (8, 12), (4,)))
        hits = [h for h in hits if not (h.step % 16 in gone and h.step // 16 in ends)]
    return hits


def euclidean(canvas: Canvas) -> list[Hit]:
    """Three to seven kicks spread evenly over the bar, starting on the one."""
    pulses = int(canvas.rng.choice([3, 5, 5, 6, 7]))
    return repeat(at(euclid(pulses, 16), 0.95), 16, canvas)


def sparse(canvas: Canvas) -> list[Hit]:
    """One or two kicks in one or two bars."""
    length = 16 * min(canvas.bars, pick(canvas.rng, (1, 1, 2)))
    steps = [0] if chance(canvas.rng, 0.6) else [0, pick(canvas.rng, (6, 7, 10, 11, 14))]
    return repeat(at(steps, 0.95), length, canvas)


def four_with_holes(canvas: Canvas) -> list[Hit]:
    """On the beat, but with one or two beats of two bars left out."""
    length = 16 * min(canvas.bars, 2)
    holes = set(canvas.rng.choice(range(1, length // 4), size=min(2, length // 4 - 1), replace=False).tolist())
    hits = [Hit(step, 0.98) for step in range(0, length, 4) if step // 4 not in holes]
    if chance(canvas.rng, 0.4):
        hits.append(Hit(length - pick(canvas.rng, (2, 5, 6)), 0.7))
    return repeat(hits, length, canvas)


def _written(options: tuple[str, ...], variation: float = 0.35) -> Maker:
    return lambda canvas: rows(canvas, options, variation)


KICKS: Final[Mapping[str, Maker]] = {
    "four": four_on_the_floor,
    "holes": four_with_holes,
    "broken": _written(BROKEN),
    "electro": _written(ELECTRO),
    "breaks": _written(BREAKS, 0.5),
    "two_step": _written(TWO_STEP, 0.5),
    "half_time": _written(HALF_TIME),
    "laid_back": _written(LAID_BACK, 0.5),
    "rolling": _written(ROLLING, 0.15),
    "tribal": _written(TRIBAL),
    "euclid": euclidean,
    "sparse": sparse,
    "free": lambda canvas: free_row(canvas, (0.1, 0.45)),
}


def fill(canvas: Canvas) -> list[Hit]:
    """A short roll of kicks at the end of the loop."""
    start = canvas.steps - choose(canvas.rng, {2: 2, 3: 1, 4: 1})
    return at(range(start, canvas.steps), 0.7)
