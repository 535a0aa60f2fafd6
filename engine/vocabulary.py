"""The words of the instrument: parts, styles, characters, keys and curves, in the order the model knows them."""

from typing import Final

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

EMBEDDING_DIM: Final = 512
"""Length of an embedding of words or sounds."""

CURVES: Final = ("loudness", "brightness", "density", "noisiness")
"""Rows of the curve condition, each in [0, 1]."""

STEPS_PER_BAR: Final = 16
BEATS_PER_BAR: Final = 4

VOICE_DIM: Final = 12
"""Numbers that say how one part sounds."""
