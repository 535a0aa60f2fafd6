"""What imported sounds are like, in words: from a table that the user wrote, else from the names of their folders."""

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from engine.corpus.wording import STYLE_WORDS
from engine.documents import read_file
from engine.errors import CorpusError
from engine.vocabulary import STYLES, TAGS

MAX_BYTES: Final = 16_000_000
MAX_CAPTION: Final = 300
MOST_CAPTIONS: Final = 20
"""Of one file; a table may name one a million times."""
_MARKS: Final = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""With which tables begin that say how they are written: those of spreadsheets."""
_PLACES: Final = ("file", "path", "name", "filename", "file_name")
_SAYINGS: Final = ("caption", "text", "description", "prompt")
_NUMBERS: Final = re.compile(r"\d+")
_BETWEEN: Final = re.compile(r"[\W_]+")
_SAY_NOTHING: Final = frozenset(
    {
        *("loop", "loops", "sample", "samples", "wav", "wave", "audio", "sound", "sounds", "bpm", "pack", "packs"),
        *("vol", "one", "shot", "shots", "the", "and", "new", "files"),
    }
)
_SHORTEST_WORD: Final = 3


@dataclass(frozen=True)
class ImportCaptions:
    """Captions by the name of their file (with or without its ending, in lower case)."""

    by_name: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path | None) -> Self:
        """The table in the CSV file `path`: a column `file` and one or more `caption` columns, or two columns
        without a heading. Raises `CorpusError` with a sentence on what is no such table."""
        if path is None:
            return cls()
        rows = _rows(path)
        heading = [name.strip().lower() for name in rows[0]] if rows else []
        place = next((heading.index(name) for name in _PLACES if name in heading), None)
        says = [at for at, name in enumerate(heading) if name.startswith(_SAYINGS)]
        if place is None or not says:
            if len(heading) < 2:
                raise CorpusError(f"{path} is no table of captions: the columns file and caption are needed.")
            place, says = 0, list(range(1, len(heading)))
        else:
            rows = rows[1:]
        found: dict[str, list[str]] = {}
        for row in rows:
            captions = [row[at].strip()[:MAX_CAPTION] for at in says if at < len(row) and row[at].strip()]
            if place < len(row) and captions:
                known = found.setdefault(_key(Path(row[place].strip().replace("\\", "/")).name), [])
                known += captions[: MOST_CAPTIONS - len(known)]
        return cls({key: tuple(captions) for key, captions in found.items()})

    def of(self, path: Path, folders: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
        """Captions of the file `path` in `folders` (names, nearest first), the tags that its names and captions hold,
        and its style where they name exactly one."""
        told = self.by_name.get(_key(path.name)) or self.by_name.get(_key(path.stem)) or ()
        words = [_plain(name) for name in (path.stem, *folders)]
        named = " ".join(dict.fromkeys(" ".join(reversed(words)).split()))
        captions = told or ((named,) if named else ())
        said = f" {' '.join(map(_plain, (*told, path.stem, *folders)))} "
        tags = tuple(tag for tag in TAGS if tag not in STYLES and f" {tag.replace('_', ' ')} " in said)
        styles = _styles(said)
        style = styles[0] if len(styles) == 1 else None
        return captions, ((style,) if style else ()) + tags, style


def _key(name: str) -> str:
    """A name as it is looked for: some systems write an accent as a letter of its own."""
    return unicodedata.normalize("NFC", name).lower()


def _styles(said: str) -> list[str]:
    """The styles named in `said`; "deep house" is not house as well."""
    found = []
    phrases = [(phrase.replace("-", " "), style) for style, words in STYLE_WORDS.items() for phrase in words]
    for phrase, style in sorted(phrases, key=lambda each: -len(each[0])):
        if f" {phrase} " in said:
            said = said.replace(f" {phrase} ", " ")
            found.append(style)
    return list(dict.fromkeys(found))


def _plain(text: str) -> str:
    """The words of a name that say something, in lower case."""
    words = _BETWEEN.split(_NUMBERS.sub(" ", text).lower())
    shown = [word.encode("utf-8", "ignore").decode() for word in words]
    return " ".join(word for word in shown if len(word) >= _SHORTEST_WORD and word not in _SAY_NOTHING)


def _rows(path: Path) -> list[list[str]]:
    try:
        content = read_file(path, MAX_BYTES + 1)
    except OSError as error:
        raise CorpusError(f"The captions {path} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    if len(content) > MAX_BYTES:
        raise CorpusError(f"The captions {path} are larger than {MAX_BYTES} bytes.")
    text = _text(content).replace("\0", "")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        return [row for row in csv.reader(io.StringIO(text), delimiter=separator) if row]
    except csv.Error as error:
        raise CorpusError(f"{path} is no table of captions: {error}.") from error


def _text(content: bytes) -> str:
    """What is written there, in the code that it begins with, in UTF-8, or in that of Western spreadsheets."""
    code = next((code for mark, code in _MARKS.items() if content.startswith(mark)), "")
    if code:
        return content.decode(code, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
