"""Adding folders of the user's own loops to a corpus: each loop once, and none in the place of another."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from engine.corpus.build import SAMPLE_RATE, measure_and_store
from engine.corpus.folder import ImportReport, read_folder
from engine.corpus.seeds import HELD_OUT_SEED
from engine.corpus.store import is_stored, stored_audio, sweep_corpus, write_manifest
from engine.errors import CorpusError

_NAME: Final = re.compile(r"folder-(\d+)-")
_NOT_KEPT: Final = re.compile(r"[^\w .,;()&#+=@!-]")
_MAX_STEM_BYTES: Final = 120
"""File systems allow names of 255 bytes; ours add a number and an ending."""
_HELD_OUT_EVERY: Final = 10


def import_loops(folder: Path, source: Path) -> ImportReport:
    """Add the loops of the folder `source` to the corpus in `folder`, every tenth held out; says what was refused.

    They are numbered on from what is there. A loop that is there already, by name and sample for sample, is not added
    again: a folder may be imported anew when it has grown.
    Raises `CorpusError` and `ExportError` where the corpus cannot be written; what was added until then stays.
    """
    sweep_corpus(folder)
    loops, report = read_folder(source)
    known = set(_stored(folder))
    number, added, again = _next_number(folder), [], []
    for imported in loops:
        stem = storable(imported.path.stem)
        if (stem, hashlib.sha256(stored_audio(imported.loop.audio)).digest()) in known:
            again.append(imported.path)
            continue
        seed = number + (HELD_OUT_SEED if number % _HELD_OUT_EVERY == _HELD_OUT_EVERY - 1 else 0)
        loop = replace(imported.loop, annotation=replace(imported.loop.annotation, seed=seed))
        measure_and_store(folder, f"folder-{number:05d}-{stem}", loop, True)
        added.append((imported.path, imported.finding))
        number += 1
    write_manifest(folder, {"sample_rate": SAMPLE_RATE, "imported_loops": len(known) + len(added)})
    return replace(report, accepted=tuple(added), known=tuple(again))


def storable(stem: str) -> str:
    """`stem` as part of a file name that every system takes: without what names cannot have, and cut to length."""
    kept = _NOT_KEPT.sub("_", stem)
    return kept.encode("utf-8", "replace")[:_MAX_STEM_BYTES].decode("utf-8", "ignore").strip()


def _next_number(folder: Path) -> int:
    """One more than any number that a loop, or what was made of it, has had."""
    names = (_NAME.match(path.name) for path in _files(folder, "*/folder-*"))
    return max((int(match[1]) + 1 for match in names if match), default=0)


def _stored(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name and digest of every imported loop in `folder`."""
    for path in _files(folder, "loops/folder-*.wav"):
        if is_stored(folder, path.stem):
            yield _NAME.sub("", path.stem), hashlib.sha256(path.read_bytes()).digest()


def _files(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(folder.glob(pattern))
    except OSError as error:
        raise CorpusError(f"The corpus folder {folder} cannot be read: {error.strerror or error}.") from error
