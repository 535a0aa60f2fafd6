"""A file of requests, one JSON object a line: judged whole before anything is rendered, then read in windows."""

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.documents import DocumentError, open_regular, read_document
from engine.errors import InvalidRequest
from engine.files import failure, shown_name
from engine.knobs import SEED
from engine.requests import LoopRequest

MOST_BYTES: Final = 1_000_000
"""The longest line that is read."""
MOST_TOLD: Final = 3
"""Bad lines whose fault is told; of more, the number."""


@dataclass(frozen=True)
class RequestLine:
    """The request of line `number`, counted from 1, and a `digest` of all that its loop depends on but the pack."""

    number: int
    request: LoopRequest
    digest: str


@dataclass(frozen=True)
class LineWindow:
    """Lines that are rendered by one process: `lines` lines with a request from byte `start` on, the first of them
    line `first` of the file. `digest` is of all of them."""

    index: int
    first: int
    start: int
    lines: int
    digest: str


@dataclass(frozen=True)
class RequestsFile:
    """The file `path`, and the request that says what its lines leave open."""

    path: Path
    base: LoopRequest

    def windows(self, size: int) -> list[LineWindow]:
        """The file in windows of `size` requests. Raises `InvalidRequest` on a file that cannot be read or holds no
        request, and on lines that cannot be rendered: it names them."""
        found: list[LineWindow] = []
        bad: list[tuple[int, str]] = []
        digests: list[str] = []
        first, start = 1, 0

        def close() -> None:
            if digests:
                told = hashlib.sha256("".join(digests).encode()).hexdigest()
                found.append(LineWindow(len(found), first, start, len(digests), told))
            digests.clear()

        for number, offset, content in self._raw(0, 1):
            if not digests:
                first, start = number, offset
            try:
                digests.append(self._line(number, content).digest)
            except InvalidRequest as error:
                bad.append((number, str(error)))
                del bad[1000:]
            if len(digests) == size:
                close()
        close()
        if bad:
            raise InvalidRequest(self._told(bad))
        if not found:
            raise InvalidRequest(f"{shown_name(self.path)} holds no request: one JSON object a line is read.")
        return found

    def read(self, window: LineWindow) -> Iterator[RequestLine]:
        """The lines of `window`; raises `InvalidRequest` where the file has changed and they cannot be rendered."""
        left = window.lines
        for number, _, content in self._raw(window.start, window.first):
            if left == 0:
                return
            left -= 1
            try:
                yield self._line(number, content)
            except InvalidRequest as error:
                raise InvalidRequest(self._told([(number, str(error))])) from error

    def _raw(self, start: int, first: int) -> Iterator[tuple[int, int, bytes]]:
        """Number, place and bytes of every line from byte `start` on that is not blank."""
        try:
            with io.BufferedReader(open_regular(self.path)) as file:
                file.seek(start)
                number, offset = first, start
                while content := file.readline(MOST_BYTES + 1):
                    if content.strip():
                        yield number, offset, content
                    offset += len(content)
                    number += 1
        except OSError as error:
            raise InvalidRequest(f"Cannot read the requests in {str(self.path)!r}: {failure(error)}.") from error

    def _line(self, number: int, content: bytes) -> RequestLine:
        try:
            told: Any = read_document(content, most_bytes=MOST_BYTES)
        except DocumentError as error:
            raise InvalidRequest(f"{error}.") from error
        if not isinstance(told, dict):
            raise InvalidRequest('a JSON object is needed, such as {"prompt": "dub techno"}.')
        seed = {"seed": min(self.base.seed + number, int(SEED.high))}
        request = LoopRequest.from_dict({**self.base.to_dict(), **seed, **told})
        digest = hashlib.sha256(json.dumps(request.to_dict(), sort_keys=True).encode()).hexdigest()
        return RequestLine(number, request, digest)

    def _told(self, bad: list[tuple[int, str]]) -> str:
        faults = "; ".join(f"line {number}: {fault.rstrip('.')}" for number, fault in bad[:MOST_TOLD])
        more = f"; {len(bad) - MOST_TOLD} more lines" if len(bad) > MOST_TOLD else ""
        return f"{shown_name(self.path)} cannot be rendered: {faults}{more}."
