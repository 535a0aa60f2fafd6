"""What noises are called: a word for every seed, the same wherever it is met."""

from collections.abc import Sequence
from typing import Final

WORDS: Final = (
    "amber", "ash", "birch", "blaze", "bloom", "bone", "brook", "cedar", "chalk", "cinder", "clay", "cloud", "coal",
    "copper", "coral", "crow", "dawn", "delta", "drift", "dune", "dusk", "dust", "ember", "fern", "flint", "foam",
    "fog", "frost", "glade", "glass", "grain", "hail", "haze", "heron", "iron", "ivy", "jade", "lake", "lark", "lava",
    "leaf", "mist", "moss", "moth", "night", "oak", "opal", "pearl", "pine", "rain", "reed", "reef", "ridge", "rust",
    "salt", "sand", "slate", "smoke", "snow", "spark", "stone", "storm", "thorn", "tide",
)  # fmt: skip
_GOLDEN: Final = 0x9E3779B97F4A7C15


def noise_name(seed: int) -> str:
    """The word for a seed; seeds that follow each other have words far apart."""
    return WORDS[(seed * _GOLDEN % 2**64) * len(WORDS) >> 64]


def noise_names(seeds: Sequence[int]) -> tuple[str, ...]:
    """The words for seeds that are seen together; different ones are told apart."""
    names: dict[int, str] = {}
    for seed in seeds:
        word, count = noise_name(seed), 1
        while seed not in names:
            name = word if count == 1 else f"{word} {count}"
            count += 1
            if name not in names.values():
                names[seed] = name
    return tuple(names[seed] for seed in seeds)
