"""Words as rows of a table of frozen vectors: splitting a prompt, mending typing errors, pieces of unknown words."""

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MAX_WORDS: Final = 64
"""Words of a prompt that are read; the rest changes nothing."""
MENDED_FROM: Final = 5
"""Letters a word needs before it may be taken for a misspelled one."""
LIKENESS: Final = 0.82

_WORD = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")
_SIGNS = {"&": " and ", "+": " and ", "#": " sharp ", "♯": " sharp ", "♭": " flat "}


@dataclass(frozen=True)
class Word:
    """A row of the table, the number that the word is (None for words), and whether it is a word the table knows:
    pieces of an unknown one are read, but may mean anything."""

    row: int
    number: float | None = None
    known: bool = True


class WordTokenizer:
    """The words of a table in the order of its rows. `domain` of them, the first, are the musicians' own; misspelled
    words are taken for one of these. Rows that begin with "##" continue a word."""

    def __init__(self, words: Sequence[str], domain: int) -> None:
        self.words, self.domain = tuple(words), tuple(words[:domain])
        self.rows = {word: row for row, word in reversed(list(enumerate(words)))}
        self._mended = lru_cache(maxsize=4096)(self._mend)

    def read(self, text: str) -> list[Word]:
        """The rows of `text` in its order, at most `MAX_WORDS`; signs and unknown letters have none."""
        found: list[Word] = []
        for spelled in split(text):
            found += self._word(spelled)
            if len(found) >= MAX_WORDS:
                break
        return found[:MAX_WORDS]

    def knows(self, text: str) -> bool:
        """True when some word of `text` is one of the musicians' own or of the table."""
        return any(word.known for word in self.read(text))

    def _word(self, spelled: str) -> list[Word]:
        number = float(spelled) if spelled[0].isdecimal() and spelled.isascii() else None
        if spelled in self.rows:
            return [Word(self.rows[spelled], number)]
        if number is not None:
            return [Word(self.rows.get("number", 0), number)]
        if len(spelled) >= MENDED_FROM and (mended := self._mended(spelled)):
            return [Word(self.rows[mended])]
        return [Word(row, known=False) for row in pieces(spelled, self.rows)]

    def _mend(self, spelled: str) -> str | None:
        near = difflib.get_close_matches(spelled, self.domain, 1, LIKENESS)
        return near[0] if near else None


def pieces(word: str, rows: Mapping[str, int]) -> list[int]:
    """Rows of the pieces of `word`, longest first, as WordPiece does (Wu et al. 2016, section 4.1); pieces that go on
    begin with "##" in `rows`. Empty when one is missing."""
    found: list[int] = []
    start = 0
    while start < len(word):
        for end in range(len(word), start, -1):
            row = rows.get(("##" if start else "") + word[start:end])
            if row is not None:
                found.append(row)
                start = end
                break
        else:
            return []
    return found


def split(text: str) -> list[str]:
    """Lower-case words and numbers of `text`: "126bpm" is two, "Lo-Fi" is two, accents are dropped."""
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    plain = unicodedata.normalize("NFKD", text.lower())
    return _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))
