"""How lines get their notes: rhythms with degrees, acid sequences, phrases that vary at their end."""

from collections.abc import Sequence
from dataclasses import replace

from engine.corpus.patterns.grid import Canvas, Hit, phrase_ends, read, repeat, with_bars
from engine.corpus.streams import chance, pick

PENTATONIC = (0, 2, 3, 4, 6, 7)
"""Degrees of the minor pentatonic in a seven-note minor scale, with the octave."""


def with_degrees(canvas: Canvas, row: str, degrees: Sequence[int], length: float) -> list[Hit]:
    """A written rhythm of one bar with notes drawn from `degrees`; phrase ends may take other notes.

    The first hit is the root. `length` is the note length in steps, cut where the next hit begins.
    """
    hits = read(row)
    main = repeat(_pitched(canvas, hits, degrees, length), 16, canvas)
    if chance(canvas.rng, 0.5):
        other = repeat(_pitched(canvas, hits, degrees, length), 16, canvas)
        return with_bars(main, other, phrase_ends(canvas))
    return main


def _pitched(canvas: Canvas, hits: Sequence[Hit], degrees: Sequence[int], length: float) -> list[Hit]:
    ends = [h.step for h in hits[1:]] + [16.0 + (hits[0].step if hits else 0.0)]
    return [
        replace(h, degree=0 if i == 0 else pick(canvas.rng, degrees), steps=min(length, end - h.step))
        for i, (h, end) in enumerate(zip(hits, ends, strict=True))
    ]


def acid_line(canvas: Canvas, length: int) -> list[Hit]:
    """A step sequence as a TB-303 makes it: notes, rests, accents, slides, octave jumps, over `length` steps."""
    rng = canvas.rng
    share = rng.uniform(0.5, 0.95)
    pool = pick(
        rng, ((0, 0, 0, 7), (0, 0, 7, 6, 2), (0, 0, 0, 1, 7), (0, 2, 4, 6, 7), (0, 0, 7, 14), (0, 0, 4, 3, -1))
    )
    hits: list[Hit] = []
    sliding = False
    for step in range(length):
        if rng.random() > share and not (step == 0 and share > 0.7):
            sliding = False
            continue
        slide_on = chance(rng, 0.22)
        velocity = 1.0 if chance(rng, 0.25) else 0.62
        hits.append(Hit(step, velocity, 1.05 if slide_on else 0.55, pick(rng, pool), slide=sliding))
        sliding = slide_on
    return hits or [Hit(0, 0.9)]


def phrase(canvas: Canvas, motif: Sequence[Hit], length: int) -> list[Hit]:
    """`motif` of `length` steps over the loop; the notes of phrase ends may turn around its middle."""
    hits = repeat(motif, length, canvas)
    if canvas.bars == 1 or not chance(canvas.rng, 0.4):
        return hits
    ends = phrase_ends(canvas)
    shift = pick(canvas.rng, (-1, 1, 2, -2))
    return [replace(h, degree=h.degree + shift) if int(h.step // 16) in ends else h for h in hits]
