"""Chord voicings of stabs and pads: fixed intervals over the note played, chosen to fit most degrees of a key."""

from typing import Final

from engine.corpus.voices.voice import Settings

CHORDS: Final[tuple[tuple[float, ...], ...]] = (
    (0.0,),
    (0.0, 12.0),
    (0.0, 7.0),
    (0.0, 7.0, 12.0),
    (0.0, 5.0, 7.0, 12.0),
    (0.0, 7.0, 14.0),
    (0.0, 5.0, 10.0),
    (0.0, 3.0, 7.0),
    (0.0, 3.0, 7.0, 10.0),
    (0.0, 7.0, 10.0, 15.0),
    (0.0, 3.0, 7.0, 10.0, 14.0),
    (0.0, 7.0, 10.0, 14.0, 15.0),
    (0.0, 4.0, 7.0),
    (0.0, 4.0, 7.0, 11.0),
    (0.0, 7.0, 14.0, 16.0),
)
"""Semitones over the root. 0-6 are neutral (octave, fifth, sus, quartal), 7-11 minor, 12-14 major."""

NEUTRAL_CHORDS: Final = range(0, 7)
MINOR_CHORDS: Final = range(7, 12)
MAJOR_CHORDS: Final = range(12, 15)


def voicing(settings: Settings) -> tuple[float, ...]:
    """Intervals named by the setting `chord`, an index into `CHORDS`."""
    return CHORDS[int(settings["chord"]) % len(CHORDS)]
