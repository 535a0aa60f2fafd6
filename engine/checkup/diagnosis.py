"""What one check found: `ok`, `missing` or `broken`, in one line, and one sentence on what to do."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self, get_args

from engine.documents import DocumentError, read_document

State = Literal["ok", "missing", "broken"]
STATES: tuple[State, ...] = get_args(State)

_MOST_LETTERS = 300
_LIBRARY = re.compile(r"(lib[\w+.-]+?)\.so\.(\d+)")


@dataclass(frozen=True)
class Diagnosis:
    """The result of the check `name`: its state, what was seen, and how to `mend` it ("" where nothing is to do)."""

    name: str
    state: State
    told: str
    mend: str = ""

    def line(self) -> str:
        """One line of JSON, as a child process tells it."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, line: str) -> Self | None:
        """The diagnosis that `line` tells; None for a line that a library printed."""
        try:
            found: Any = read_document(line)
        except DocumentError:
            return None
        if not isinstance(found, Mapping) or found.get("state") not in STATES:
            return None
        words = {name: str(found.get(name, "")) for name in ("name", "told", "mend")}
        return cls(state=found["state"], **words)


def one_line(words: str) -> str:
    """`words` without breaks of lines, as a line of a table can hold them, and no longer than it should."""
    return " ".join(words.split())[:_MOST_LETTERS]


def unloadable(name: str, error: Exception, mend: str) -> Diagnosis:
    """The diagnosis for a package whose import failed: `missing` where it is not installed, else `broken`.

    A system library that it lacks is named with the package that Debian and Ubuntu have it in.
    """
    if isinstance(error, ModuleNotFoundError):
        return Diagnosis(name, "missing", f"the Python package {error.name} is not installed", mend)
    words = one_line(str(error))
    return Diagnosis(name, "broken", words, mend_library(words) or mend)


def mend_library(words: str) -> str:
    """How to install the shared library that `words` name, "" where they name none.

    Debian names a package after its library and the number of its interface: `libxcb-cursor.so.0` is in
    `libxcb-cursor0`, `libdbus-1.so.3` in `libdbus-1-3`.
    """
    found = _LIBRARY.search(words)
    if found is None:
        return ""
    library, number = found[1], found[2]
    package = f"{library.lower()}{'-' if library[-1].isdigit() else ''}{number}"
    return f"Install {found[0]}: on Debian and Ubuntu 'sudo apt-get install {package}'."
