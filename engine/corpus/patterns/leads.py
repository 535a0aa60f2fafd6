"""Stab, pluck and lead patterns: offbeat stabs, dub chords, riffs, arpeggios, acid, bleeps, answers to the bass."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from engine.corpus.patterns.grid import Canvas, Hit, Maker, at, euclid, free_row, phrase_ends, read, repeat
from engine.corpus.patterns.melodies import PENTATONIC, acid_line, phrase, with_degrees
from engine.corpus.streams import chance, pick

CHORDS: Final = ((0, 2, 4), (0, 2, 4, 6), (0, 4, 7), (0, 2, 4, 8), (0, 3, 4), (0, 4), (2, 4, 6))
"""Chord shapes as degrees above the root: triad, seventh, fifth, added ninth, suspended, power, rootless."""
STABS = (
    "X..x..x...x..x..", "X..x..X.........", "..x...x...x...x.", "...x..x....x..x.", "X.....x...x.....",
    "..X..X....X..X..", "X..X..X..X..X...", "...X......X.....", "X..x....x..x....", "..x..x..x..x..x.",
    "x..x.x..x..x.x..", "......X..x......",
)  # fmt: skip
DUB_STABS = (
    "...X............",
    "......X.........",
    "..X.............",
    "...X..x.........",
    "..........X.....",
    "...X......X.....",
)
MELODIES = (
    "X...x...x.x.....", "X..x..x..x..x.x.", "x.......x..x....", "X.x...x.....x...", "......x.x...x...",
    "x..x....x..x....", "X...........x.x.", "x.x.x...x.......",
)  # fmt: skip


def chord(hits: Sequence[Hit], shape: Sequence[int]) -> list[Hit]:
    """Every hit as a chord of `shape`."""
    return [replace(h, degree=h.degree + d) for h in hits for d in shape]


def stabs(canvas: Canvas) -> list[Hit]:
    """A written rhythm of chord stabs; now and then the last bar of a phrase moves a step."""
    shape = pick(canvas.rng, CHORDS)
    length = canvas.rng.uniform(0.5, 1.6)
    motif = [replace(h, steps=length) for h in read(pick(canvas.rng, STABS))]
    return chord(phrase(canvas, motif, 16) if chance(canvas.rng, 0.3) else repeat(motif, 16, canvas), shape)


def dub_stabs(canvas: Canvas) -> list[Hit]:
    """One or two chords in one or two bars, left to the echo."""
    length = 16 * min(canvas.bars, pick(canvas.rng, (1, 1, 2)))
    motif = [replace(h, steps=canvas.rng.uniform(0.6, 2.0)) for h in read(pick(canvas.rng, DUB_STABS))]
    return chord(repeat(motif, length, canvas), pick(canvas.rng, CHORDS))


def offbeat(canvas: Canvas) -> list[Hit]:
    """Chords on the offbeats."""
    steps = pick(canvas.rng, ((2, 6, 10, 14), (2, 6, 10, 14), (4, 12), (2, 10), (6, 14)))
    return chord(repeat(at(steps, 0.85, canvas.rng.uniform(0.6, 2.0)), 16, canvas), pick(canvas.rng, CHORDS))


def arpeggio(canvas: Canvas) -> list[Hit]:
    """Chord tones up, down, back and forth or shuffled, in sixteenths or eighths, over one or two octaves."""
    rng = canvas.rng
    shape = list(pick(rng, ((0, 2, 4), (0, 2, 4, 6), (0, 4, 7), (0, 2, 4, 7))))
    if chance(rng, 0.4):
        shape += [d + 7 for d in shape]
    order = pick(rng, ("up", "down", "back", "shuffled"))
    notes = {
        "up": shape,
        "down": shape[::-1],
        "back": shape + shape[-2:0:-1],
        "shuffled": rng.permutation(shape).tolist(),
    }[order]
    every = pick(rng, (1, 1, 2, 3))
    length = every * rng.uniform(0.5, 1.0)
    hits = [Hit(s, 0.7, length, int(notes[i % len(notes)])) for i, s in enumerate(range(0, canvas.steps, every))]
    gaps = set(rng.choice(8, size=int(rng.integers(0, 4)), replace=False).tolist()) if every == 1 else set()
    accents = 0.6 + 0.4 * rng.random(8)
    return [replace(h, velocity=float(accents[int(h.step) % 8])) for h in hits if int(h.step) % 8 not in gaps]


def pluck(canvas: Canvas) -> list[Hit]:
    """A small pentatonic melody of one bar."""
    return with_degrees(canvas, pick(canvas.rng, MELODIES), PENTATONIC, canvas.rng.uniform(0.6, 2.5))


def riff(canvas: Canvas) -> list[Hit]:
    """A hook: a rhythm of the stabs played with single notes close to each other."""
    near = pick(canvas.rng, ((0, 1, 2), (0, 2, 3), (0, 0, 6, 7), (0, -1, 2), (4, 3, 2, 0)))
    return with_degrees(canvas, pick(canvas.rng, STABS), near, canvas.rng.uniform(0.5, 1.8))


def bleep(canvas: Canvas) -> list[Hit]:
    """One note in a euclidean figure."""
    rng = canvas.rng
    pulses, length = pick(rng, ((3, 8), (5, 16), (3, 16), (7, 16), (2, 16), (5, 12), (2, 6)))
    degree = pick(rng, (0, 4, 6, 2))
    hits = repeat(at(euclid(pulses, length, int(rng.integers(length))), 0.8, 0.7), length, canvas)
    jump = pick(rng, (0, 0, 7))
    return [replace(h, degree=degree + (jump if int(h.step) % 3 == 0 else 0)) for h in hits]


def long_notes(canvas: Canvas) -> list[Hit]:
    """Held notes, one or two a bar, that slide."""
    every = pick(canvas.rng, (8, 16))
    degrees = [pick(canvas.rng, PENTATONIC) for _ in range(4)]
    return [
        Hit(s, 0.75, every * 0.95, degrees[i % 4], slide=i > 0) for i, s in enumerate(range(0, canvas.steps, every))
    ]


def answer(canvas: Canvas) -> list[Hit]:
    """Call and response: short notes in the widest gap the bass (or the kick) leaves in a bar."""
    taken = {s % 16 for s in (canvas.bass or canvas.kick)}
    room = np.array([sum((s + i) % 16 not in taken for i in range(4)) for s in range(16)])
    start = int(canvas.rng.choice(np.flatnonzero(room == room.max())))
    spots = [start + i for i in range(4) if start + i < 16 and chance(canvas.rng, 0.75)] or [start]
    motif = [Hit(s, 0.8, 0.9, pick(canvas.rng, PENTATONIC)) for s in spots]
    if chance(canvas.rng, 0.3):
        motif = chord([replace(h, degree=0) for h in motif], pick(canvas.rng, CHORDS))
    bars = phrase_ends(canvas) if canvas.bars > 1 and chance(canvas.rng, 0.5) else set(range(canvas.bars))
    return [h for h in repeat(motif, 16, canvas) if int(h.step // 16) in bars]


def acid(canvas: Canvas) -> list[Hit]:
    """An acid sequence of one or two bars."""
    length = 16 * min(canvas.bars, pick(canvas.rng, (1, 1, 2)))
    return repeat(acid_line(canvas, length), length, canvas)


def free(canvas: Canvas) -> list[Hit]:
    """Random steps, random notes or one chord."""
    hits = free_row(canvas, (0.06, 0.45))
    if chance(canvas.rng, 0.4):
        return chord(hits, pick(canvas.rng, CHORDS))
    notes = canvas.rng.integers(-2, 9, size=32)
    return [replace(h, degree=int(notes[int(h.step) % 32])) for h in hits]


LEADS: Final[Mapping[str, Maker]] = {
    "stabs": stabs,
    "dub_stabs": dub_stabs,
    "offbeat": offbeat,
    "arpeggio": arpeggio,
    "pluck": pluck,
    "riff": riff,
    "bleep": bleep,
    "long": long_notes,
    "answer": answer,
    "acid": acid,
    "free": free,
}
