"""Keys, modes and chord progressions: from scale degrees to MIDI pitches that agree across the parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.corpus.streams import choose, pick
from engine.vocabulary import KEYS, STEPS_PER_BAR, TONICS

SCALES: Final[Mapping[str, tuple[int, ...]]] = {
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "major": (0, 2, 4, 5, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
"""Semitones above the tonic of each mode's seven degrees."""

MINOR_MODES: Final = ("minor", "dorian", "phrygian")
MAJOR_MODES: Final = ("major", "mixolydian")

PROGRESSIONS: Final[Mapping[str, Mapping[str, tuple[tuple[int, ...], ...]]]] = {
    # Degrees of the chord roots; none of them is a diminished chord in its mode.
    "minor": {
        "static": ((0,),),
        "two": ((0, 5), (0, 3), (0, 6), (0, 2), (0, 4), (5, 6)),
        "four": ((0, 5, 2, 6), (0, 3, 5, 4), (0, 0, 5, 6), (0, 6, 5, 6), (0, 2, 3, 5), (0, 0, 3, 0), (0, 5, 3)),
    },
    "dorian": {
        "static": ((0,),),
        "two": ((0, 3), (0, 1), (0, 6), (0, 2)),
        "four": ((0, 3, 0, 6), (0, 2, 3, 3), (0, 0, 1, 2), (0, 0, 3, 3), (0, 6, 3)),
    },
    "phrygian": {
        "static": ((0,),),
        "two": ((0, 1), (0, 6), (0, 1)),
        "four": ((0, 0, 1, 0), (0, 1, 2, 1), (0, 5, 6, 1), (0, 0, 0, 1), (0, 1, 0)),
    },
    "major": {
        "static": ((0,),),
        "two": ((0, 3), (0, 5), (0, 1), (0, 4), (3, 0)),
        "four": ((0, 4, 5, 3), (0, 5, 3, 4), (0, 5, 1, 4), (3, 4, 0, 5), (0, 0, 3, 3), (0, 3, 4)),
    },
    "mixolydian": {
        "static": ((0,),),
        "two": ((0, 6), (0, 3), (0, 1)),
        "four": ((0, 6, 3, 0), (0, 0, 6, 3), (0, 3, 6, 3), (0, 6, 3)),
    },
}

REGISTERS: Final[Mapping[str, tuple[int, ...]]] = {
    # Lowest MIDI pitch a tonic may take; an octave above it is where the part lives.
    "bass": (26, 28, 31, 33),
    "lead": (46, 50, 53, 57, 60),
    "pad": (45, 48, 52, 55),
}


@dataclass(frozen=True)
class Harmony:
    """Key and chords of a loop. `chords` holds (first step, root degree) in order, starting at step 0."""

    key: str
    mode: str
    chords: tuple[tuple[int, int], ...]

    @property
    def tonic(self) -> int:
        """Pitch class of the tonic, 0 = C."""
        return TONICS.index(self.key.removesuffix("m"))

    @property
    def pitch_classes(self) -> frozenset[int]:
        """The pitch classes of the scale."""
        return frozenset((self.tonic + semitones) % 12 for semitones in SCALES[self.mode])

    def root(self, step: float) -> int:
        """Root degree of the chord that sounds at `step`."""
        return max(((start, degree) for start, degree in self.chords if start <= step), default=self.chords[0])[1]

    def pitch(self, degree: int, step: float, lowest_tonic: int) -> int:
        """MIDI pitch of `degree` above the chord root at `step`; the root lies within the octave of the tonic.

        The tonic is the first at or above `lowest_tonic`; roots from the fifth degree up are taken below it, so
        that chords stay close together.
        """
        root = self.root(step)
        octave, place = divmod(degree + root - (7 if root > 3 else 0), 7)
        tonic = lowest_tonic + (self.tonic - lowest_tonic) % 12
        return tonic + 12 * octave + SCALES[self.mode][place]


def mode_of(key: str, modes: Mapping[str, float], rng: np.random.Generator) -> str:
    """A mode that fits the major or minor `key`, by the style's weights."""
    family = MINOR_MODES if key.endswith("m") else MAJOR_MODES
    return choose(rng, {mode: modes.get(mode, 0.1) for mode in family})


def draw_harmony(
    key: str | None, modes: Mapping[str, float], chords: Mapping[str, float], bars: int, rng: np.random.Generator
) -> Harmony:
    """Key (uniform over all 24 when None), mode and a progression spread evenly over `bars` bars."""
    drawn = KEYS[int(rng.integers(len(KEYS)))]
    key = drawn if key is None else key
    mode = mode_of(key, modes, rng)
    degrees = pick(rng, PROGRESSIONS[mode][choose(rng, chords)])
    steps = bars * STEPS_PER_BAR
    if len(degrees) == 3 and steps % 3:
        degrees = (*degrees, degrees[0]) if bars > 1 else degrees[:2]
    # A chord lasts half a bar at least; in longer loops the progression may go round twice.
    if len(degrees) > 2 * bars:
        degrees = degrees[: 2 * bars]
    rounds = 2 if steps // (2 * len(degrees)) >= STEPS_PER_BAR and rng.random() < 0.5 else 1
    sequence = degrees * rounds
    length = steps // len(sequence)
    return Harmony(key, mode, tuple((i * length, degree) for i, degree in enumerate(sequence)))
