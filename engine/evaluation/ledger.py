"""What an experiment measured so far, line by line: one that was stopped goes on where it was."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from engine.documents import read_document, read_file
from engine.errors import ExportError
from engine.evaluation.results import plain

MOST_BYTES: Final = 100_000_000


class Ledger:
    """Measurements under keys in a file of JSON lines; a key says all that its figures depend on.

    A line that was cut off is measured again. Remove the file to measure everything again. Raises `ExportError` where
    it is there and cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Any] = {}
        text = _text(path)
        self._begin = "\n" if text and not text.endswith("\n") else ""  # behind a line that was cut off
        for line in text.splitlines():
            try:
                entry = read_document(line)
                self._known[entry["key"]] = entry["found"]
            except (ValueError, KeyError, TypeError):
                continue

    def __call__(self, key: str, measure: Callable[[], Any]) -> Any:
        """What stands under `key`, by `measure` where nothing does; raises `ExportError` when it cannot be kept."""
        if key not in self._known:
            self._known[key] = found = plain(measure())
            try:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(self._begin + json.dumps({"key": key, "found": found}) + "\n")
            except OSError as error:
                raise ExportError(f"Cannot write {self._path}: {error.strerror or error}.") from error
            self._begin = ""
        return self._known[key]

    def __contains__(self, key: str) -> bool:
        return key in self._known


def _text(path: Path) -> str:
    try:
        return read_file(path, MOST_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ExportError(f"Cannot read {path}: {error.strerror or error}.") from error
