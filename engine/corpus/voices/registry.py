"""Every voice by name, and how styles lean when a sound is drawn."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from engine.corpus.score import Sound
from engine.corpus.voices import basses, electronics, hats, kicks, leads, pads, percussion, snares, stabs
from engine.corpus.voices.voice import Voice
from engine.errors import InvalidRequest
from engine.vocabulary import PARTS, STYLES

_MODULES = (kicks, snares, hats, percussion, electronics, basses, leads, stabs, pads)

VOICES: Final[Mapping[str, Voice]] = {voice.name: voice for module in _MODULES for voice in module.VOICES}

STYLE_LEANS: Final[Mapping[str, Mapping[str, float]]] = {
    "minimal": {"bright": -0.1, "dirt": -0.5, "length": -0.5},
    "house": {"bright": 0.2, "dirt": -0.1, "length": 0.0},
    "deep_house": {"bright": -0.5, "dirt": -0.3, "length": 0.2},
    "tech_house": {"bright": 0.2, "dirt": 0.0, "length": -0.3},
    "techno": {"bright": 0.0, "dirt": 0.3, "length": 0.0},
    "dub_techno": {"bright": -0.7, "dirt": -0.2, "length": 0.5},
    "acid": {"bright": 0.3, "dirt": 0.4, "length": -0.1},
    "industrial": {"bright": 0.1, "dirt": 0.9, "length": 0.1},
    "electro": {"bright": 0.3, "dirt": 0.0, "length": -0.2},
    "breakbeat": {"bright": 0.2, "dirt": 0.3, "length": 0.0},
    "drum_and_bass": {"bright": 0.3, "dirt": 0.2, "length": -0.1},
    "downtempo": {"bright": -0.4, "dirt": 0.1, "length": 0.3},
}


def voices_of(part: str) -> tuple[Voice, ...]:
    """All voices of `part`."""
    return tuple(voice for voice in VOICES.values() if voice.part == part)


def voice_of(sound: Sound) -> Voice:
    """The voice a sound names. Raises `InvalidRequest` if there is none."""
    if sound.voice not in VOICES:
        raise InvalidRequest(f"There is no voice {sound.voice!r}; there are: {', '.join(sorted(VOICES))}.")
    return VOICES[sound.voice]


def draw_sound(part: str, style: str, rng: np.random.Generator) -> Sound:
    """A voice and its settings for `part`, as `style` likes them; every voice is possible in every style.

    Raises `InvalidRequest` for a part or style outside the vocabulary.
    """
    if part not in PARTS:
        raise InvalidRequest(f"There is no part {part!r}; there are: {', '.join(PARTS)}.")
    if style not in STYLES:
        raise InvalidRequest(f"There is no style {style!r}; there are: {', '.join(STYLES)}.")
    choices = voices_of(part)
    weights = np.array([voice.likelihood(style) for voice in choices])
    voice = choices[int(rng.choice(len(choices), p=weights / weights.sum()))]
    return Sound(voice.name, voice.draw(rng, STYLE_LEANS[style]))
