"""What the fields for prompts do to words: clean them, weigh a phrase, finish a word, say what is not understood."""

import re
import unicodedata
from collections.abc import Iterable

from engine import MAX_WEIGHT, InvalidRequest, PackWords, phrases

WEIGHT_STEP = 0.1
SHORTEST_BEGINNING = 2
"""Letters of a word that are typed before the rest of it is offered."""
SHOWN_CHARACTERS = 48
_BEGUN = re.compile(r"[^\W\d_]+$")


def one_line(text: str) -> str:
    """`text` without what no prompt can hold: control characters are spaces, broken surrogates are dropped."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    return "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in whole)


def weighed(text: str, cursor: int, steps: int) -> tuple[str, int]:
    """`text` with the weight of the phrase at `cursor` moved by `steps` tenths, 0 to 5, and where the cursor is then.

    A weight of 1 is not written. What is no phrase, or has a weight that makes no sense, stays as it is.
    """
    begin = text.rfind(",", 0, cursor) + 1
    end = next((place for place in range(cursor, len(text)) if text[place] == ","), len(text))
    piece = text[begin:end]
    try:
        [phrase] = phrases(piece)
        weight = round(min(MAX_WEIGHT, max(0.0, phrase.weight + steps * WEIGHT_STEP)), 2)
        written = phrase.words if weight == 1.0 else f"{phrase.words}:{weight:g}"
        [read] = phrases(written)
    except (InvalidRequest, ValueError):
        return text, cursor
    if (read.words, read.weight) != (phrase.words, weight):
        return text, cursor
    indent = len(piece) - len(piece.lstrip())
    trail = piece[len(piece.rstrip()) :]
    changed = f"{text[:begin]}{piece[:indent]}{written}{trail}{text[end:]}"
    return changed, min(cursor, begin + indent + len(written))


def ending(text: str, cursor: int, words: Iterable[str]) -> str:
    """The rest of the first of `words` that begins like the word before `cursor`; "" inside words and without any."""
    begun = _BEGUN.search(text[:cursor])
    if begun is None or len(begun[0]) < SHORTEST_BEGINNING or text[cursor : cursor + 1].isalnum():
        return ""
    beginning = begun[0].lower()
    found = next((word for word in words if word.startswith(beginning)), beginning)
    return found[len(beginning) :]


def not_understood(prompt: str, longest: int, words: PackWords) -> str:
    """One sentence on what of `prompt` will not be heard, "" when all is well. `longest` in characters."""
    if len(prompt) > longest:
        return f"Only the first {longest} of {len(prompt)} characters are read."
    try:
        said = phrases(prompt)
    except InvalidRequest as error:
        return str(error)
    if said and not words.knows(prompt):
        shown = " ".join(prompt.split())
        shown = shown if len(shown) <= SHOWN_CHARACTERS else f"{shown[:SHOWN_CHARACTERS]}…"
        return f"No word here is known to this pack: {shown}"
    return ""
