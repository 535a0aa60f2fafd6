"""Downloads that can be interrupted: checked sums, resumed parts, and a plain sentence where there is no network."""

import hashlib
import http.client
import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from engine.errors import DownloadError, ExportError
from engine.files import sync_folder

TIMEOUT_SECONDS: Final = 10.0
CHUNK_BYTES: Final = 1 << 20
_LENGTH: Final = re.compile("[0-9]{1,15}", re.ASCII)

Progress = Callable[[str, int, int], None]
"""Told the name of a file, the bytes there are of it and the bytes it has."""


@dataclass(frozen=True)
class RemoteFile:
    """A file on a server and what it is kept as; `sha256` in hexadecimal digits where it is known beforehand.

    Without it the checksum that the server announces is checked, if it is one of SHA-256.
    """

    url: str
    name: str
    sha256: str | None = None
    most_bytes: int = 10_000_000_000


def fetch_files(files: Iterable[RemoteFile], folder: Path, progress: Progress) -> list[Path]:
    """Download `files` into `folder` (made if missing), going on with what an earlier try left; returns their paths.

    A file is there under its name only when it is whole and its checksum right. Raises `DownloadError` without a
    network (within seconds), when a server refuses, or a checksum is wrong; `ExportError` when the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"Cannot make the folder {str(folder)!r}: {error.strerror or error}.") from error
    return [_fetch(file, folder, progress) for file in files]


class _Redirects(HTTPRedirectHandler):
    """Keeps the headers of the redirecting answer: hubs announce checksums there, not where the bytes are."""

    def __init__(self) -> None:
        self.announced: dict[str, str] = {}

    def http_error_302(self, req: Request, fp: Any, code: int, msg: str, headers: Any) -> Any:
        """Go where the answer leads; one that leads nowhere is closed."""
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except ValueError:
            fp.close()
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:  # noqa: PLR0917
        self.announced |= {name.lower(): value for name, value in headers.items()}
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _NoSuchRange(DownloadError):
    """The server has no byte where a download was to go on."""


@dataclass(frozen=True)
class _Answer:
    body: IO[bytes]
    status: int
    headers: Mapping[str, str]

    @property
    def tag(self) -> str:
        return (self.headers.get("x-linked-etag") or self.headers.get("etag") or "").strip('W/"')

    @property
    def length(self) -> int | None:
        """Bytes that follow, where the server says it."""
        told = self.headers.get("content-length", "")
        return int(told) if _LENGTH.fullmatch(told) else None

    @property
    def sha256(self) -> str | None:
        tag = self.headers.get("x-linked-etag", "").strip('W/"')
        return tag if len(tag) == 64 else None


def _fetch(file: RemoteFile, folder: Path, progress: Progress) -> Path:
    path = folder / file.name
    if path.is_file() and file.sha256 is not None and _sum_of(path) == file.sha256:
        return path
    answer = _ask(file, 0)
    # A part goes on only where the server still has the same file.
    mark = hashlib.sha256(f"{file.url} {answer.tag}".encode()).hexdigest()[:8]
    part = folder / f"{file.name}.{mark}.part"
    begun = part.stat().st_size if part.is_file() and answer.tag else 0
    whole = begun > 0 and begun == answer.length
    if begun:
        answer.body.close()
    if not whole:
        answer = _go_on(file, begun) if begun else answer
        _receive(file, answer, part, begun if answer.status == 206 else 0, progress)
    expected = file.sha256 or answer.sha256
    if expected is not None and _sum_of(part) != expected:
        part.unlink()
        raise DownloadError(f"{file.name} arrived with a wrong checksum and was deleted; try again later.")
    try:
        part.replace(path)
    except OSError as error:
        raise ExportError(f"Cannot write {str(path)!r}: {error.strerror or error}.") from error
    sync_folder(folder)
    for leftover in folder.glob(f"{file.name}.????????.part"):  # of what the server had before
        with suppress(OSError):
            leftover.unlink()
    return path


def _go_on(file: RemoteFile, begin: int) -> _Answer:
    """Open the file at byte `begin`, or from the start where the server refuses that: the part is longer than it."""
    try:
        return _ask(file, begin)
    except _NoSuchRange:
        return _ask(file, 0)


def _ask(file: RemoteFile, begin: int) -> _Answer:
    """Open the file at byte `begin`; a server that cannot do so answers with status 200 from the start."""
    redirects = _Redirects()
    headers = {"User-Agent": "loopgen", "Accept-Encoding": "identity"}
    if begin:
        headers["Range"] = f"bytes={begin}-"
    try:
        reply = build_opener(redirects).open(Request(file.url, headers=headers), timeout=TIMEOUT_SECONDS)
    except HTTPError as error:
        error.close()
        kind = _NoSuchRange if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE else DownloadError
        raise kind(f"The server of {file.name} answers {error.code} {_said(error.reason)}: {file.url}") from error
    except (URLError, OSError, http.client.HTTPException, ValueError, RecursionError) as error:  # an odd address
        reason = getattr(error, "reason", None) or error
        raise DownloadError(
            f"Cannot download {file.name}: no connection to {Request(file.url).host} ({_said(reason)}); "
            "go online, or put the files there by hand."
        ) from error
    found = {name.lower(): value for name, value in reply.headers.items()}
    return _Answer(reply, reply.status, redirects.announced | found)


def _receive(file: RemoteFile, answer: _Answer, part: Path, begun: int, progress: Progress) -> None:
    total = begun + (answer.length or 0)
    there = begun
    with answer.body as body, _opened(part, begun) as kept:
        if max(total, begun) > file.most_bytes:
            raise DownloadError(f"{file.name} is to have {total} bytes, and at most {file.most_bytes} are possible.")
        progress(file.name, there, total)
        while True:
            try:
                chunk = body.read(CHUNK_BYTES)
            except (OSError, http.client.HTTPException, ValueError, OverflowError) as error:
                raise DownloadError(f"The connection broke at {there} bytes of {file.name}; {_AGAIN}") from error
            if not chunk:
                break
            try:
                kept.write(chunk)
            except OSError as error:
                raise ExportError(f"Cannot write {str(part)!r}: {error.strerror or error}.") from error
            there += len(chunk)
            if there > file.most_bytes:
                raise DownloadError(f"{file.name} does not end: it has more than {file.most_bytes} bytes.")
            progress(file.name, there, total)
        kept.flush()
        os.fsync(kept.fileno())
    if there < total:
        raise DownloadError(f"The connection broke at {there} of {total} bytes of {file.name}; {_AGAIN}")


def _said(reason: object) -> str:
    """What a server or the system said, as part of a line."""
    return " ".join(str(reason).split())[:120]


_AGAIN: Final = "run the command again to go on from there."


def _opened(part: Path, begun: int) -> IO[bytes]:
    try:
        return part.open("ab" if begun else "wb")
    except OSError as error:
        raise ExportError(f"Cannot write {str(part)!r}: {error.strerror or error}.") from error


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
