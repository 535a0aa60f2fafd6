"""Crates: loops of the bank that belong together. A loop may lie in several; deleting a crate deletes no loop."""

import contextlib
import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from engine import DocumentError, ExportError, InvalidRequest, read_document_file, set_aside, write_atomically
from loopgen_app.state.events import Event

log = logging.getLogger(__name__)
MOST_CRATES: Final = 200
MOST_LETTERS: Final = 60


class Crates:
    """Names and the ids in them, kept in a file of their own. What has returned is on disk.

    `notice` says what stood in the way as they were read. Changes raise `ExportError` where they cannot be kept, or
    would take the place of crates that could not be read, and `InvalidRequest` on names that cannot be had.
    """

    def __init__(self, path: Path) -> None:
        self.changed: Event[[]] = Event()
        self.notice = ""
        self._path = path
        self._unread = ""
        self._crates = self._read()

    def names(self) -> list[str]:
        """All crates, by name."""
        return sorted(self._crates, key=str.casefold)

    def ids(self, name: str) -> frozenset[int]:
        """The loops in a crate; none in one that is not there."""
        return frozenset(self._crates.get(name, ()))

    def holding(self, loop_id: int) -> list[str]:
        """The crates in which a loop lies."""
        return [name for name in self.names() if loop_id in self._crates[name]]

    def put(self, name: str, ids: Iterable[int]) -> str:
        """Put loops into a crate, made where it is not there; returns its name."""
        name = self._named(name)
        if name not in self._crates and len(self._crates) >= MOST_CRATES:
            raise InvalidRequest(f"There are {MOST_CRATES} crates, and no room for another one.")
        self._keep({**self._crates, name: self._crates.get(name, frozenset()) | frozenset(ids)})
        return name

    def take_out(self, name: str, ids: Iterable[int]) -> None:
        """Take loops out of a crate; one that is empty stays."""
        if name in self._crates:
            self._keep({**self._crates, name: self._crates[name] - frozenset(ids)})

    def rename(self, name: str, other: str) -> str:
        """Call a crate otherwise; one of that name takes its loops in. Returns the name."""
        other = self._named(other)
        left = {known: ids for known, ids in self._crates.items() if known != name}
        self._keep({**left, other: left.get(other, frozenset()) | self._crates.get(name, frozenset())})
        return other

    def remove(self, name: str) -> None:
        """Have no such crate any more; its loops stay where they are."""
        self._keep({known: ids for known, ids in self._crates.items() if known != name})

    @staticmethod
    def _named(name: str) -> str:
        plain = "".join(sign for sign in " ".join(name.split()) if sign.isprintable())[:MOST_LETTERS].strip()
        if not plain:
            raise InvalidRequest("A crate needs a name.")
        return plain.encode("utf-8", "replace").decode("utf-8")

    def _keep(self, crates: Mapping[str, frozenset[int]]) -> None:
        if self._unread:
            raise ExportError(f"The crates in {self._path} are kept as they are: {self._unread}.")
        told = {"crates": {name: sorted(ids) for name, ids in crates.items()}}
        write_atomically(self._path, json.dumps(told, indent=1).encode(), private=True)
        self._crates = dict(crates)
        self.changed.emit()

    def _read(self) -> dict[str, frozenset[int]]:
        try:
            return _crates_in(read_document_file(self._path))
        except FileNotFoundError:
            return {}
        except DocumentError as error:
            log.warning("crates: %s", error)
            try:
                self.notice = f"The crates could not be read; they were kept as {set_aside(self._path).name}."
            except OSError as other:
                self._keep_unread(other)
        except NotADirectoryError:
            return {}
        except OSError as error:
            self._keep_unread(error)
        return {}

    def _keep_unread(self, error: OSError) -> None:
        """They are there, and nobody knows what they are: nothing may be written over them."""
        log.warning("crates: %s", error)
        self._unread = f"they could not be read ({(error.strerror or str(error)).lower()})"
        self.notice = f"The crates are not shown: {self._unread}."


def _crates_in(found: Any) -> dict[str, frozenset[int]]:
    """What of a document is crates; raises `DocumentError` where nothing of it is."""
    told = found.get("crates") if isinstance(found, Mapping) else None
    if not isinstance(told, Mapping):
        raise DocumentError("it holds no crates")
    crates = {}
    for name, ids in [*told.items()][:MOST_CRATES]:
        with contextlib.suppress(InvalidRequest):
            sound = isinstance(ids, list)
            crates[Crates._named(name)] = (
                frozenset(each for each in ids if type(each) is int) if sound else frozenset()
            )
    return crates
