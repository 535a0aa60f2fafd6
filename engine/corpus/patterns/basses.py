"""Bass patterns: offbeat, rolling, sustained sub, acid, riffs, pedals, octaves, dub figures."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from engine.corpus.patterns.grid import Canvas, Hit, Maker, at, free_row, repeat
from engine.corpus.patterns.melodies import acid_line, with_degrees
from engine.corpus.streams import chance, pick

RIFFS = (
    "X..x..x.........", "X..x..X...x..x..", "..x...x..xx...x.", "X.....x...x..x..", "X.xx......x.x...",
    "...x..x....x..x.", "X..x......x...x.", "X...x..x..x.....", "..xx..x...xx..x.", "X..X..X.X..X..x.",
    "X.x..x..x.x..x..", "......x..x..x...",
)  # fmt: skip
DUB = (
    "X.....x.........",
    "X..x............",
    "X.........x.x...",
    "X......x..x.....",
    "X.......x.....x.",
    "..X...x.....x...",
)


def offbeat(canvas: Canvas) -> list[Hit]:
    """A short note on every offbeat; now and then the last one of the bar moves."""
    hits = at(range(2, canvas.steps, 4), 0.9, pick(canvas.rng, (1.0, 1.5, 1.9)))
    if chance(canvas.rng, 0.4):
        degree = pick(canvas.rng, (7, 6, 4, 2))
        hits = [replace(h, degree=degree) if h.step % 16 == 14 else h for h in hits]
    return hits


def rolling(canvas: Canvas) -> list[Hit]:
    """The three sixteenths between kicks, with accents."""
    contour = pick(canvas.rng, ((0, 0.6, 0.75, 0.9), (0, 0.85, 0.6, 0.85), (0, 0.7, 0.9, 0.55)))
    length = canvas.rng.uniform(0.5, 0.95)
    degrees = pick(canvas.rng, ((0, 0, 0), (0, 0, 0), (0, 0, 7), (0, 7, 0), (-1, 0, 0)))
    return [
        Hit(step, contour[step % 4], length, degrees[step % 4 - 1])
        for step in range(canvas.steps)
        if contour[step % 4]
    ]


def pedal(canvas: Canvas) -> list[Hit]:
    """One note on every eighth or sixteenth, breathing in velocity."""
    every = pick(canvas.rng, (1, 2, 2))
    contour = canvas.rng.uniform(0.45, 1.0, size=pick(canvas.rng, (4, 8, 3)))
    length = every * canvas.rng.uniform(0.5, 0.95)
    return [Hit(s, float(contour[(s // every) % len(contour)]), length) for s in range(0, canvas.steps, every)]


def octaves(canvas: Canvas) -> list[Hit]:
    """Eighths that jump between a low and a high octave."""
    low, high = (0, 7) if chance(canvas.rng, 0.7) else (7, 0)
    return [Hit(s, 0.9 if s % 4 == 0 else 0.75, 1.4, low if s % 4 == 0 else high) for s in range(0, canvas.steps, 2)]


def sub(canvas: Canvas) -> list[Hit]:
    """Sustained low notes: one per bar or half bar, sometimes with a pick-up."""
    length = pick(canvas.rng, (16, 16, 8))
    hits = at(range(0, canvas.steps, length), 0.9, length * canvas.rng.uniform(0.7, 1.0))
    if chance(canvas.rng, 0.4):
        hits += [Hit(bar * 16 + 14, 0.7, 1.8, pick(canvas.rng, (-1, 4, 7))) for bar in range(canvas.bars)]
    return hits


def riff(canvas: Canvas) -> list[Hit]:
    """A written rhythm with its own few notes, one or two bars long."""
    return with_degrees(canvas, pick(canvas.rng, RIFFS), (0, 0, 0, 4, 6, 7, 2, -1), canvas.rng.uniform(0.6, 1.8))


def dub(canvas: Canvas) -> list[Hit]:
    """Few, long, low notes with air between them."""
    return with_degrees(canvas, pick(canvas.rng, DUB), (0, 0, 4, -1, -3, 2), canvas.rng.uniform(2.0, 4.0))


def reese(canvas: Canvas) -> list[Hit]:
    """Long notes that slide into each other."""
    starts = pick(canvas.rng, ((0, 10), (0, 6, 12), (0, 8), (0, 12), (0,)))
    hits: list[Hit] = []
    for bar in range(canvas.bars):
        for i, start in enumerate(starts):
            end = starts[i + 1] if i + 1 < len(starts) else 16
            degree = 0 if start == 0 else pick(canvas.rng, (-1, 2, 4, 0))
            hits.append(Hit(bar * 16 + start, 0.85, end - start, degree, slide=start > 0 and degree != 0))
    return hits


def with_kick(canvas: Canvas) -> list[Hit]:
    """Doubles the kick, which gives one tight low end."""
    steps = sorted(canvas.kick) or list(range(0, canvas.steps, 4))
    return at(steps, 0.85, canvas.rng.uniform(0.8, 2.5))


def around_kick(canvas: Canvas) -> list[Hit]:
    """A random figure of one bar that leaves the kick its room."""
    free = [s for s in range(16) if s not in canvas.kick] or list(range(16))
    count = min(len(free), int(canvas.rng.integers(2, 8)))
    chosen = sorted(canvas.rng.choice(free, size=count, replace=False).tolist())
    row = "".join("x" if s in chosen else "." for s in range(16))
    return with_degrees(canvas, row, (0, 0, 0, 0, 7, 6, 4), canvas.rng.uniform(0.6, 1.6))


def free(canvas: Canvas) -> list[Hit]:
    """Random steps and random notes."""
    notes = canvas.rng.integers(-3, 8, size=32)
    return [
        replace(h, degree=int(notes[int(h.step) % 32]), steps=1.0 + float(notes[int(h.step) % 7] % 3) / 2)
        for h in free_row(canvas, (0.1, 0.5))
    ]


def half_and_half(canvas: Canvas) -> list[Hit]:
    """A busy half bar answered by a rest or one long note."""
    motif = [replace(h, step=h.step) for h in acid_line(canvas, 8)]
    if chance(canvas.rng, 0.5):
        motif.append(Hit(8, 0.85, canvas.rng.uniform(2, 6), pick(canvas.rng, (0, 0, 4, -1))))
    return repeat(motif or [Hit(0, 0.9)], 16, canvas)


BASSES: Final[Mapping[str, Maker]] = {
    "offbeat": offbeat,
    "rolling": rolling,
    "pedal": pedal,
    "octaves": octaves,
    "sub": sub,
    "riff": riff,
    "dub": dub,
    "reese": reese,
    "with_kick": with_kick,
    "around_kick": around_kick,
    "acid": lambda canvas: repeat(acid_line(canvas, 16), 16, canvas),
    "answer": half_and_half,
    "free": free,
}
