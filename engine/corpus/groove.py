"""From hits on the grid to notes in time: swing, micro-timing, human velocity, and pitches from the harmony."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.corpus.harmony import REGISTERS, Harmony
from engine.corpus.patterns.grid import Hit
from engine.corpus.score import Note
from engine.corpus.streams import chance, pick

MAX_SWING: Final = 0.4
"""Largest delay of every second sixteenth, in steps."""

MAX_SHIFT_SECONDS: Final = 0.0075
"""No note is farther than this from the swung grid."""

RANGES: Final[Mapping[str, tuple[int, int]]] = {"bass": (26, 62), "lead": (45, 91), "pad": (41, 86)}
"""Lowest and highest MIDI pitch of each pitched part; notes outside fold back by octaves."""


@dataclass(frozen=True)
class Feel:
    """How one part plays: constant `push` and random `jitter` in seconds, relative `spread` of velocities."""

    push: float
    jitter: float
    spread: float


def draw_feel(part: str, rng: np.random.Generator) -> Feel:
    """Machine-tight in a third of the parts; the kick never strays, it is the grid."""
    if part == "kick":
        return Feel(0.0, 0.0, 0.0 if chance(rng, 0.6) else rng.uniform(0.01, 0.05))
    if chance(rng, 0.35):
        return Feel(0.0, 0.0, 0.0)
    return Feel(rng.uniform(-0.003, 0.0045), rng.uniform(0.0003, 0.0015), rng.uniform(0.02, 0.12))


def swung(step: float, swing: float) -> float:
    """`step` in sixteenths with every second one delayed by `swing` steps; monotone in between."""
    pair, place = divmod(step, 2.0)
    late = place * (1 + swing) if place <= 1 else (1 + swing) + (place - 1) * (1 - swing)
    return 2.0 * pair + late


def draw_tunings(part: str, rng: np.random.Generator) -> tuple[float, ...]:
    """Pitches around 60 that an unpitched part cycles through, by step; percussion may play little tunes."""
    if part != "percussion" or chance(rng, 0.5):
        return (60.0,)
    notes = [60.0 + float(rng.integers(-5, 6)) for _ in range(pick(rng, (2, 3, 4)))]
    return tuple(notes[int(i)] for i in rng.integers(len(notes), size=16))


@dataclass(frozen=True)
class Setting:
    """What all parts of a loop play in; `swing` is the delay of every second sixteenth in steps."""

    bars: int
    tempo_bpm: float
    swing: float
    harmony: Harmony | None


def perform(part: str, hits: Iterable[Hit], setting: Setting, rng: np.random.Generator) -> tuple[Note, ...]:
    """The notes of `part` in time order, each beat in [0, bars * 4) and each velocity in (0, 1]."""
    feel = draw_feel(part, rng)
    pitcher, swing = _Pitcher(part, setting.harmony, rng), setting.swing
    shifts: dict[float, float] = {}
    notes: dict[tuple[float, float], Note] = {}
    for hit in sorted(hits, key=lambda h: (h.step, h.degree)):
        if hit.step not in shifts:
            noise = float(np.clip(rng.normal(0.0, feel.jitter), -0.003, 0.003)) if feel.jitter else 0.0
            shifts[hit.step] = feel.push + noise
        beat = swung(hit.step, swing) / 4 + shifts[hit.step] * setting.tempo_bpm / 60
        beat = min(max(beat, 0.0), setting.bars * 4 - 1e-6)
        length = (swung(hit.step + hit.steps, swing) - swung(hit.step, swing)) / 4
        velocity = float(np.clip(hit.velocity * (1 + rng.normal(0.0, 1.0) * feel.spread), 0.05, 1.0))
        pitch = pitcher.pitch(hit)
        kept = notes.get((hit.step, pitch))
        if kept is None or kept.velocity < velocity:
            notes[hit.step, pitch] = Note(beat, max(length, 0.02), velocity, pitch, hit.slide)
    return tuple(sorted(notes.values(), key=lambda n: (n.beat, n.pitch)))


class _Pitcher:
    """Finds the pitch of each hit: from the harmony for pitched parts, from the tunings for drums."""

    def __init__(self, part: str, harmony: Harmony | None, rng: np.random.Generator) -> None:
        self.harmony = harmony if part in REGISTERS else None
        self.lowest = pick(rng, REGISTERS[part]) if part in REGISTERS else 0
        self.range = RANGES.get(part, (0, 127))
        self.tunings = draw_tunings(part, rng)

    def pitch(self, hit: Hit) -> float:
        if self.harmony is None:
            return self.tunings[int(hit.step) % len(self.tunings)]
        pitch = self.harmony.pitch(hit.degree, hit.step, self.lowest)
        low, high = self.range
        while pitch < low:
            pitch += 12
        while pitch > high:
            pitch -= 12
        return float(pitch)
