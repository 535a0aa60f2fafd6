"""What is played before it is heard: notes, the plan of a loop, its exact annotation, and the rendered result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]
"""Sound at 44.1 kHz, the last axis time: `[T]` mono, `[2, T]` stereo."""


@dataclass(frozen=True)
class Note:
    """One event: `beat` from the loop start and length in `beats`, `velocity` in (0, 1], `pitch` as MIDI number.

    `beat` is where it sounds (swing and micro-timing included). `slide` glides from the note before (acid lines).
    Unpitched parts ignore `pitch` but may use it as a small tuning offset around 60.
    """

    beat: float
    beats: float = 0.25
    velocity: float = 0.8
    pitch: float = 60.0
    slide: bool = False


@dataclass(frozen=True)
class Sound:
    """The timbre of one part in one loop: a voice by name and its settings, drawn once from the seed."""

    voice: str
    settings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Annotation:
    """What is exactly known of a loop. A part missing from `onsets` is unknown; an empty tuple means silent.

    `onsets`: per part, (beat, velocity) pairs in time order. `notes`: per pitched part that is known, (beat, length
    in beats, MIDI pitch) of all that sounds, in time order. `tunings`: the MIDI pitch that a drum falls to, where it
    is known. `key` and `style` are None when unknown or keyless.
    """

    seed: int
    tempo_bpm: float
    bars: int
    style: str | None
    key: str | None
    tags: tuple[str, ...]
    onsets: Mapping[str, tuple[tuple[float, float], ...]]
    captions: tuple[str, ...] = ()
    source: str = "synthesis"
    notes: Mapping[str, tuple[tuple[float, float, float], ...]] = field(default_factory=dict)
    tunings: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON-able values."""
        events = {
            name: {part: list(map(list, rows)) for part, rows in getattr(self, name).items()}
            for name in ("onsets", "notes")
        }
        return {**self.__dict__, **events}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Annotation":
        """The inverse of `to_dict`."""
        onsets = {part: tuple((float(b), float(v)) for b, v in rows) for part, rows in values["onsets"].items()}
        notes = {
            part: tuple((float(beat), float(beats), float(pitch)) for beat, beats, pitch in rows)
            for part, rows in values.get("notes", {}).items()
        }
        return cls(
            **{
                **values,
                "onsets": onsets,
                "notes": notes,
                "tags": tuple(values["tags"]),
                "captions": tuple(values["captions"]),
            }
        )


@dataclass(frozen=True)
class CorpusLoop:
    """A rendered loop: stereo `audio` `[2, T]` at 44.1 kHz, exactly circular, and its annotation.

    `stems`: per part `[2, T]` after that part's own effects; they sum to the mix before the master effects.
    `voices`: per part that plays, the picture of its clearest hit, dry (`engine.audio.voice_image`).
    """

    audio: Audio
    annotation: Annotation
    stems: Mapping[str, Audio] = field(default_factory=dict)
    voices: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
