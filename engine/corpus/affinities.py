"""Which patterns suit which voices: shakers shake, subs hold, acid voices play acid sequences. Data only."""

from collections.abc import Mapping
from typing import Final

from engine.corpus.styles import Weights

_CHORDS: Final[Weights] = {
    "stabs": 2.0, "dub_stabs": 2.0, "offbeat": 2.0, "arpeggio": 0.5, "pluck": 0.4, "riff": 0.6, "bleep": 0.4,
    "long": 0.3, "answer": 1.0, "acid": 0.1,
}  # fmt: skip
_LINES: Final[Weights] = {
    "stabs": 0.4, "dub_stabs": 0.5, "offbeat": 0.4, "arpeggio": 2.0, "pluck": 2.5, "riff": 1.5, "bleep": 1.5,
    "acid": 0.5,
}  # fmt: skip
_ACID: Final[Weights] = {"acid": 10.0, "stabs": 0.1, "dub_stabs": 0.1, "offbeat": 0.1, "riff": 1.5, "arpeggio": 1.5}

AFFINITIES: Final[Mapping[str, Weights]] = {
    "rimshot": {"rims": 4.0, "euclid": 3.0, "one": 2.0, "backbeat": 0.5, "roll": 0.5},
    "clap": {"backbeat": 2.0, "late": 1.5, "rims": 0.5, "breaks": 0.3},
    "snap": {"backbeat": 2.0, "rims": 1.5, "one": 2.0, "breaks": 0.3, "roll": 0.3},
    "closed_ride": {"eighths": 2.0, "offbeat": 2.0, "sixteenths": 0.4, "ratchets": 0.2},
    "open_ride": {"offbeat": 2.0, "long": 1.5},
    "shaker": {"shaker": 8.0, "tribal": 0.5, "sparse": 0.3, "fill": 0.3, "quarters": 0.3},
    "tambourine": {"shaker": 2.0, "quarters": 2.0, "tribal": 0.5, "fill": 0.5},
    "tom": {"tribal": 3.0, "fill": 3.0, "answer": 2.0, "shaker": 0.1, "quarters": 0.4},
    "conga": {"tribal": 3.0, "clave": 2.0, "shaker": 0.3, "quarters": 0.3},
    "bongo": {"tribal": 3.0, "clave": 2.0, "shaker": 0.4, "quarters": 0.3},
    "cowbell": {"clave": 2.0, "euclid": 2.0, "quarters": 1.5, "shaker": 0.1},
    "claves": {"clave": 4.0, "euclid": 2.0, "shaker": 0.1},
    "woodblock": {"clave": 3.0, "euclid": 2.0, "polymeter": 1.5, "shaker": 0.2},
    "metal": {"sparse": 2.0, "polymeter": 2.0, "shaker": 0.2},
    "burst": {"sparse": 2.0, "answer": 2.0, "shaker": 0.5},
    "zap": {"sparse": 2.0, "polymeter": 1.5, "shaker": 0.1},
    "sub": {"sub": 4.0, "dub": 3.0, "around_kick": 1.0, "acid": 0.2, "octaves": 0.4, "pedal": 0.6},
    "boom": {"sub": 3.0, "dub": 4.0, "with_kick": 2.0, "acid": 0.1, "rolling": 0.3, "pedal": 0.2, "octaves": 0.4},
    "acid_bass": {"acid": 8.0, "answer": 2.0, "sub": 0.2, "dub": 0.5, "reese": 0.6},
    "reese": {"reese": 6.0, "sub": 2.0, "dub": 1.5, "acid": 0.3, "offbeat": 0.6},
    "pluck_bass": {"riff": 2.0, "offbeat": 2.0, "rolling": 2.0, "around_kick": 2.0, "sub": 0.1, "reese": 0.1},
    "organ_bass": {"riff": 2.5, "offbeat": 2.0, "octaves": 1.5, "acid": 0.2, "reese": 0.2},
    "dirty_bass": {"rolling": 2.0, "pedal": 2.0, "reese": 1.5},
    "acid_line": _ACID,
    "dub_stab": {**_CHORDS, "dub_stabs": 5.0},
    "saw_stab": _CHORDS,
    "organ_stab": _CHORDS,
    "house_piano": {**_CHORDS, "stabs": 4.0},
    "electric_piano": {**_CHORDS, "pluck": 1.0},
    "chip_stab": {**_CHORDS, "arpeggio": 2.0},
    "sampled_stab": _CHORDS,
    "pluck": {**_LINES, "stabs": 1.0, "offbeat": 1.0},
    "string": _LINES,
    "bleep": {**_LINES, "bleep": 5.0},
    "fm_bell": _LINES,
    "arp": {**_LINES, "arpeggio": 5.0},
    "formant": {**_LINES, "long": 3.0},
    "brass": {**_LINES, "stabs": 1.5, "long": 2.0},
    "marimba": _LINES,
    "drone": {"drone": 6.0, "gate": 0.3, "push": 0.2, "high": 0.3},
    "texture": {"drone": 3.0, "swells": 2.0, "push": 0.5},
    "strings": {"high": 2.5},
}
"""By voice: factors on a style's weights of pattern makers. What is not named stays as the style has it."""


def leaning(weights: Weights, voice: str) -> Weights:
    """A style's `weights` of pattern makers as the `voice` that will play them leans."""
    factors = AFFINITIES.get(voice, {})
    return {name: weight * factors.get(name, 1.0) for name, weight in weights.items()}
