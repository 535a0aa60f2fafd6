"""The phrases of a prompt and their weights: plain text, loads without torch."""

import re
from dataclasses import dataclass
from typing import Final

from engine.errors import InvalidRequest

MAX_WEIGHT: Final = 5.0
_WEIGHTED = re.compile(r"\(?([^,:()]+?)\s*:\s*(-?\d+(?:\.\d*)?|-?\.\d+)\s*\)?\s*(?=,|$)")


@dataclass(frozen=True)
class Phrase:
    """Words between commas, and how much they weigh: 1 as they stand, 0 not at all."""

    words: str
    weight: float = 1.0


def phrases(prompt: str) -> list[Phrase]:
    """The phrases of a prompt: "warm pad, acid:1.3" is two. Raises `InvalidRequest` on a weight beyond 0 to 5."""
    found = []
    for piece in filter(None, (piece.strip() for piece in prompt.split(","))):
        weighted = _WEIGHTED.fullmatch(piece)
        if weighted is None:
            found.append(Phrase(piece))
            continue
        weight = float(weighted[2])
        if not 0 <= weight <= MAX_WEIGHT:
            raise InvalidRequest(f"Weight {weighted[2]} of {weighted[1]!r} is out of range: 0 to {MAX_WEIGHT:g}.")
        found.append(Phrase(weighted[1].strip(), weight))
    return found
