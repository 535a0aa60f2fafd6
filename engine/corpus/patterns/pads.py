"""Pad patterns: held chords, drones, swells, gates, single high notes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from engine.corpus.patterns.grid import Canvas, Hit, Maker, at, free_row
from engine.corpus.patterns.leads import CHORDS, chord
from engine.corpus.streams import pick

GATES = ("x.x.x.x.x.x.x.x.", "x.xxx.xxx.xxx.xx", "..xx..xx..xx..xx", ".xxx.xxx.xxx.xxx", "x..x..x.x..x..x.")


def _held(canvas: Canvas, length: int, velocity: float = 0.75) -> list[Hit]:
    return [Hit(s, velocity, min(length, canvas.steps - s)) for s in range(0, canvas.steps, length)]


def held(canvas: Canvas) -> list[Hit]:
    """A chord for every bar, two bars, or the whole loop."""
    bars = min(canvas.bars, pick(canvas.rng, (1, 2, 2, 4)))
    return chord(_held(canvas, 16 * bars), pick(canvas.rng, CHORDS))


def drone(canvas: Canvas) -> list[Hit]:
    """Root, or root with fifth or octave, through the whole loop (four bars at most)."""
    return chord(_held(canvas, 16 * min(canvas.bars, 4), 0.7), pick(canvas.rng, ((0,), (0, 4), (0, 7), (0, 4, 7))))


def high_note(canvas: Canvas) -> list[Hit]:
    """One high note held for one or two bars, as strings do in techno."""
    degree = pick(canvas.rng, (7, 9, 11))
    return [replace(h, degree=degree) for h in _held(canvas, 16 * min(canvas.bars, pick(canvas.rng, (1, 2))), 0.6)]


def swells(canvas: Canvas) -> list[Hit]:
    """Chords of half a bar or less with air between them."""
    every = pick(canvas.rng, (8, 16))
    offset = pick(canvas.rng, (0, 0, 2, 4))
    hits = [replace(h, steps=every * 0.6) for h in at(range(offset, canvas.steps, every), 0.7)]
    return chord(hits, pick(canvas.rng, CHORDS))


def gate(canvas: Canvas) -> list[Hit]:
    """A chord chopped by a rhythmic gate."""
    row = pick(canvas.rng, GATES)
    hits = [Hit(s, 0.7, 0.8) for s in range(canvas.steps) if row[s % 16] == "x"]
    return chord(hits, pick(canvas.rng, CHORDS[:5]))


def offbeat_push(canvas: Canvas) -> list[Hit]:
    """Chords that enter after each beat, as if the kick ducked them."""
    return chord(at(range(1, canvas.steps, 4), 0.7, 2.8), pick(canvas.rng, CHORDS))


def free(canvas: Canvas) -> list[Hit]:
    """Chords at random places, each held for a random time."""
    hits = [replace(h, steps=float(canvas.rng.integers(2, 12))) for h in free_row(canvas, (0.03, 0.12))]
    return chord(hits, pick(canvas.rng, CHORDS))


PADS: Final[Mapping[str, Maker]] = {
    "held": held,
    "drone": drone,
    "high": high_note,
    "swells": swells,
    "gate": gate,
    "push": offbeat_push,
    "free": free,
}
