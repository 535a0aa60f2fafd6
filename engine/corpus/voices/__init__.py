"""The drum machine and synthesiser of the corpus: draw a sound, play a note of it, render a part.

Signal path: `registry` (which voices there are) -> one file per family of voices (`kicks`, `snares`, `hats`,
`percussion`, `electronics`, `basses`, `leads`, `stabs`, `pads`), built from `oscillators`, `filters`, `envelopes`
and `shaping` -> `rendering` (notes to a circular loop).
"""

from engine.corpus.voices.chords import CHORDS, MAJOR_CHORDS, MINOR_CHORDS, NEUTRAL_CHORDS, voicing
from engine.corpus.voices.registry import VOICES, draw_sound, voices_of
from engine.corpus.voices.rendering import play, render_part
from engine.corpus.voices.voice import SAMPLE_RATE

__all__ = [
    "CHORDS",
    "MAJOR_CHORDS",
    "MINOR_CHORDS",
    "NEUTRAL_CHORDS",
    "SAMPLE_RATE",
    "VOICES",
    "draw_sound",
    "play",
    "render_part",
    "voices_of",
    "voicing",
]
