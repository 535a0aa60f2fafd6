"""The words of the instrument, and the order in which a model has rows for them.

New models have rows for today's words in today's order. What was trained before carries its own `Vocabulary`, or is
older than that and has the rows of `FIRST`: so a word may be added anywhere, and no row of a pack moves.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

PARTS: Final = ("kick", "snare", "closed_hat", "open_hat", "percussion", "bass", "lead", "pad")
"""Rows of a pattern, P = 8. `snare` includes claps and rims; `lead` stabs, plucks and acid lines; `pad` drones."""

STYLES: Final = (
    "minimal", "house", "deep_house", "tech_house", "techno", "dub_techno",
    "acid", "industrial", "electro", "breakbeat", "drum_and_bass", "downtempo",
)  # fmt: skip

CHARACTERS: Final = (
    "dark", "bright", "warm", "clean", "distorted", "lo_fi", "dry", "wet", "sparse", "busy",
    "swung", "four_on_the_floor", "broken", "hard", "soft", "sub", "evolving", "hypnotic",
)  # fmt: skip

TAGS: Final = STYLES + PARTS + CHARACTERS
"""Every tag a loop can carry, the axes of the multi-hot tag vector."""

TONICS: Final = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
KEYS: Final = TONICS + tuple(f"{tonic}m" for tonic in TONICS)
"""24 keys, majors then minors, spelled with flats as file names want them."""

STEERS: Final = {
    "bright": ("bright", "dark"),
    "dense": ("busy", "sparse"),
    "hard": ("hard", "soft"),
    "dub": ("wet", "dry"),
    "acid": ("acid", ""),
    "lo_fi": ("lo_fi", "clean"),
}
"""Directions that an embedding can be steered in: towards a tag, away from its opposite where it has one."""

NOTE_RANGES: Final = {"bass": (26, 62), "lead": (45, 96), "pad": (41, 92)}
"""Lowest and highest MIDI pitch of each pitched part, in the order of the roll; other pitches have no row."""

EMBEDDING_DIM: Final = 512
"""Length of an embedding of words or sounds."""

CURVES: Final = ("loudness", "brightness", "density", "noisiness")
"""Rows of the curve condition, each in [0, 1]."""

STEPS_PER_BAR: Final = 16
BEATS_PER_BAR: Final = 4

VOICE_DIM: Final = 12
"""Numbers that say how one part sounds."""

PICTURE_BANDS: Final = 40
PICTURE_COLUMNS: Final = 32
"""Mel bands and columns of the picture of a hit, in which a voice that was heard is exact."""

MOST_WORDS: Final = 1000
LONGEST_WORD: Final = 60


@dataclass(frozen=True)
class Vocabulary:
    """Words of each kind, in the order of the rows that belong to them.

    `notes` are part, lowest and highest MIDI pitch of each piano roll. By default those of today.
    """

    parts: tuple[str, ...] = PARTS
    styles: tuple[str, ...] = STYLES
    tags: tuple[str, ...] = TAGS
    keys: tuple[str, ...] = KEYS
    curves: tuple[str, ...] = CURVES
    steers: tuple[str, ...] = tuple(STEERS)
    notes: tuple[tuple[str, int, int], ...] = tuple((part, *pitches) for part, pitches in NOTE_RANGES.items())

    def told(self, *kinds: str) -> dict[str, Any]:
        """The words of `kinds` as JSON, for what has rows of these alone."""
        return {kind: [list(w) if isinstance(w, tuple) else w for w in getattr(self, kind)] for kind in kinds}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """What `told` gave; kinds it says nothing of are those of `FIRST`. Raises `ValueError` on anything else."""
        if not isinstance(told, Mapping):
            raise ValueError("there have to be lists of words by their kind")
        found: dict[str, Any] = {kind: getattr(FIRST, kind) for kind in _KINDS}
        for kind in {*told} & {*_KINDS}:
            words = told[kind]
            if not isinstance(words, list) or len(words) > MOST_WORDS:
                raise ValueError(f"{kind} have to be a list of at most {MOST_WORDS} words")
            found[kind] = tuple(_roll(word) if kind == "notes" else _word(word) for word in words)
            if len(set(found[kind])) < len(words):
                raise ValueError(f"one of the {kind} is there twice")
        return cls(**found)


def _word(word: Any) -> str:
    if not isinstance(word, str) or not 1 <= len(word) <= LONGEST_WORD:
        raise ValueError(f"a word has 1 to {LONGEST_WORD} letters")
    return word


def _roll(roll: Any) -> tuple[str, int, int]:
    if not isinstance(roll, list) or len(roll) != 3:
        raise ValueError("notes are a part, its lowest and its highest pitch")
    part, low, high = roll
    if type(low) is not int or type(high) is not int or not 0 <= low <= high <= 127:
        raise ValueError("pitches of notes are whole numbers from 0 to 127")
    return _word(part), low, high


_KINDS: Final = ("parts", "styles", "tags", "keys", "curves", "steers", "notes")

TODAY: Final = Vocabulary()
"""The words above, in their order."""

_FIRST_STYLES: Final = (
    "minimal", "house", "deep_house", "tech_house", "techno", "dub_techno",
    "acid", "industrial", "electro", "breakbeat", "drum_and_bass", "downtempo",
)  # fmt: skip
_FIRST_PARTS: Final = ("kick", "snare", "closed_hat", "open_hat", "percussion", "bass", "lead", "pad")
_FIRST_TONICS: Final = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")

FIRST: Final = Vocabulary(
    parts=_FIRST_PARTS,
    styles=_FIRST_STYLES,
    tags=(
        *_FIRST_STYLES, *_FIRST_PARTS,
        "dark", "bright", "warm", "clean", "distorted", "lo_fi", "dry", "wet", "sparse", "busy",
        "swung", "four_on_the_floor", "broken", "hard", "soft", "sub", "evolving", "hypnotic",
    ),
    keys=(*_FIRST_TONICS, *(f"{tonic}m" for tonic in _FIRST_TONICS)),
    curves=("loudness", "brightness", "density", "noisiness"),
    steers=("bright", "dense", "hard", "dub", "acid", "lo_fi"),
    notes=(("bass", 26, 62), ("lead", 45, 96), ("pad", 41, 92)),
)  # fmt: skip
"""The words of packs and corpora that were written before packs carried their vocabulary. Never changed."""


def places(own: Sequence[Hashable], here: Sequence[Hashable]) -> tuple[int, ...] | None:
    """Where each of the words `own` is `here`, `len(here)` for one that is not; None where both are the same."""
    if tuple(own) == tuple(here):
        return None
    at = {word: place for place, word in enumerate(here)}
    return tuple(at.get(word, len(at)) for word in own)
