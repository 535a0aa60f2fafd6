"""Which part a MIDI note is: the drum map of General MIDI, and what channels, names and programs say."""

from collections.abc import Mapping, Sequence
from typing import Final

DRUM_CHANNEL: Final = 9
"""Counted from 0; players call it 10."""

DRUM_NOTES: Final[Mapping[str, tuple[int, ...]]] = {
    "kick": (36, 35),
    "snare": (38, 40, 39, 37),
    "closed_hat": (42, 44),
    "open_hat": (46, 49, 51, 52, 53, 55, 57, 59),
    "percussion": (63, 41, 43, 45, 47, 48, 50, 54, 56, 58, *range(60, 63), *range(64, 83)),
}
"""Notes of each drum; the first is written. Claps are snares, rides and crashes open hats, toms percussion."""

DRUM_OF: Final[Mapping[int, str]] = {note: part for part, notes in DRUM_NOTES.items() for note in notes}

CHANNELS: Final[Mapping[str, int]] = {"bass": 0, "lead": 1, "pad": 2}
PITCHES: Final[Mapping[str, int]] = {"bass": 36, "lead": 60, "pad": 60}
"""What is written where a row has no pitches."""
PROGRAMS: Final[Mapping[str, int]] = {"bass": 38, "lead": 81, "pad": 89}
"""Synth Bass 1, Lead 2 (sawtooth), Pad 2 (warm), counted from 0."""

_FAMILIES = {"bass": range(32, 40), "lead": range(80, 88), "pad": (*range(88, 96), *range(48, 56), *range(16, 24))}
_NAMES = {"bass": ("bass", "sub", "303"), "lead": ("lead", "pluck", "stab", "arp"), "pad": ("pad", "chord", "string")}
_DRUM_WORDS = ("drum", "perc", "beat", "kit")
LOW_PITCH: Final = 50
"""A track whose notes lie below in the mean is a bass."""


def is_drums(channel: int, name: str) -> bool:
    """True for notes of the drum channel, and of tracks that call themselves drums."""
    return channel == DRUM_CHANNEL or any(word in name.lower() for word in _DRUM_WORDS)


def pitched_part(name: str, program: int | None, pitches: Sequence[int], chords: float) -> str:
    """The part that a track plays, by its name, else its program, else how low it is and how many of its onsets are
    `chords` (a share)."""
    for part, words in _NAMES.items():
        if any(word in name.lower() for word in words):
            return part
    for part, programs in _FAMILIES.items():
        if program in programs:
            return part
    if sum(pitches) / max(len(pitches), 1) < LOW_PITCH:
        return "bass"
    return "pad" if chords > 0.5 else "lead"
