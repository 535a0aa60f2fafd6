"""Adding folders of the user's own loops to a corpus: each loop once, and none in the place of another.

One file is in memory at a time. What was done is remembered file by file: an import that was stopped, at whatever
moment, goes on where it was.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from engine.audio.io import READABLE
from engine.corpus.build import SAMPLE_RATE, measure_and_store
from engine.corpus.folder import ImportedLoop, NoLoop, import_loop
from engine.corpus.import_captions import ImportCaptions
from engine.corpus.import_ledger import ImportLedger, Remembered, file_key
from engine.corpus.import_report import ImportedFile, ImportReport
from engine.corpus.seeds import HELD_OUT_SEED
from engine.corpus.shots import keep_one_shot
from engine.corpus.sole_writer import sole_writer
from engine.corpus.sources import PassedOver, SoundFile, SoundFiles
from engine.corpus.store import is_stored, stored_audio, sweep_corpus, write_manifest
from engine.errors import CorpusError
from engine.files import is_file, is_folder, shown_name
from engine.listening.kinds import drum_of

_NAME: Final = re.compile(r"folder-(\d+)-")
_NOT_KEPT: Final = re.compile(r"[^\w .,;()&#+=@!-]")
_MAX_STEM_BYTES: Final = 120
"""File systems allow names of 255 bytes; ours add a number and an ending."""
_HELD_OUT_EVERY: Final = 10

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class ImportOptions:
    """What an import does beyond loops of whole bars.

    `fit` is what is done with those that are not ("trim", "stretch"; None refuses them); into `one_shots`, a folder,
    go the drums that are found; `captions` is a CSV file of what the sounds are like.
    """

    fit: str | None = None
    one_shots: Path | None = None
    captions: Path | None = None


def import_loops(
    folder: Path, *sources: Path, options: ImportOptions | None = None, progress: Progress | None = None
) -> ImportReport:
    """Add the loops of the folders (or files) `sources` to the corpus in `folder`, every tenth held out.

    They are numbered on from what is there. A loop that is there already, sample for sample, is not added again: a
    folder may be imported anew when it has grown. `progress(done, 0)` is called after each file.
    Raises `CorpusError` and `ExportError` where nothing can be read or the corpus cannot be written; what was added
    until then stays.
    """
    options = options or ImportOptions()
    for source in sources:
        if not is_folder(source) and not is_file(source):
            raise CorpusError(f"The folder {source} does not exist.")
    captions = ImportCaptions.read(options.captions)
    met = SoundFiles(apart_from=folder)
    entries = [found for source in sources for found in met.of(source)]
    if not any(isinstance(found, SoundFile) for found in entries):
        raise CorpusError(f"No audio in {', '.join(map(str, sources))}: {READABLE}.")
    with sole_writer(folder), ImportLedger(folder) as ledger:
        importing = _Import(folder, options, captions, ledger)
        files = []
        for done, found in enumerate(entries, 1):
            files.append(importing.became(found))
            if progress is not None:
                progress(done, len(entries))
        write_manifest(folder, {"sample_rate": SAMPLE_RATE, "imported_loops": sum(1 for _ in _stored(folder))})
    return ImportReport(tuple(files))


def storable(stem: str) -> str:
    """`stem` as part of a file name that every system takes: without what names cannot have, and cut to length."""
    kept = _NOT_KEPT.sub("_", stem)
    return kept.encode("utf-8", "replace")[:_MAX_STEM_BYTES].decode("utf-8", "ignore").strip()


class _Import:
    """One import into a corpus: what is there, and the next number that nothing has had."""

    def __init__(self, folder: Path, options: ImportOptions, captions: ImportCaptions, ledger: ImportLedger) -> None:
        sweep_corpus(folder)
        _sweep_halves(folder)
        self._folder, self._options, self._captions, self._ledger = folder, options, captions, ledger
        self._number = _next_number(folder)
        remembered = {found.name: found.digest for found in ledger.files.values() if found.name and found.digest}
        self._before = {remembered.get(name) or _digest_of(folder, name) for name in _stored(folder)}
        self._now: dict[str, Path] = {}

    def became(self, found: SoundFile | PassedOver) -> ImportedFile:
        """What became of what was found; a loop is in the corpus then."""
        path, name = found.path, shown_name(found.path)
        if isinstance(found, PassedOver):
            return ImportedFile(path, "passed_over", (f"{name} is {found.reason}.",))
        try:
            key = file_key(path, path.stat())
            became = self._remembered(path, key) or self._read(found, key)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            return ImportedFile(path, "refused", (f"{name} cannot be read ({reason}).",))
        return became

    def _remembered(self, path: Path, key: str) -> ImportedFile | None:
        """What an import before this one made of the same file; None where it has to be read."""
        known = self._ledger.files.get(key)
        if known is None:
            return None
        says = (known.says,) if known.says else ()
        if known.outcome in ("refused", "one_shot"):
            again = known.outcome == "one_shot" and self._options.one_shots is not None
            fitted = known.outcome == "refused" and self._options.fit is not None
            return None if again or fitted else ImportedFile(path, known.outcome, says, part=known.part)
        there = known.digest in self._before or known.digest in self._now
        return ImportedFile(path, "known", says, name=known.name) if there else None

    def _read(self, found: SoundFile, key: str) -> ImportedFile:
        path, name = found.path, shown_name(found.path)
        digest = None
        try:
            imported = import_loop(path, folders=found.folders, fit=self._options.fit)
        except NoLoop as error:
            became = self._no_loop(found, error)
        else:
            digest = hashlib.sha256(stored_audio(imported.loop.audio)).hexdigest()
            became = ImportedFile(path, "loop", imported.remarks, imported.finding, imported.loop.annotation.key)
        if file_key(path, path.stat()) != key:
            return ImportedFile(path, "refused", (f"{name} changed while it was read: import it again.",))
        if digest is not None and digest in self._before:
            became = replace(became, outcome="known", says=())
        elif digest is not None and digest in self._now:
            says = f"{name} is a copy of {shown_name(self._now[digest])}."
            became = replace(became, outcome="copy", says=(says,))
        elif digest is not None:
            became = replace(became, name=self._store(found, imported))
            self._now[digest] = path
        says = became.says[0] if became.says else ""
        self._ledger.add(key, Remembered(became.outcome, says, became.name, digest, became.part))
        return became

    def _no_loop(self, found: SoundFile, error: NoLoop) -> ImportedFile:
        if not error.is_one_shot:
            return ImportedFile(found.path, "refused", (str(error),))
        part = drum_of(found.path.stem, found.folders)
        if part is not None and self._options.one_shots is not None:
            keep_one_shot(self._options.one_shots, found.path, part)
        return ImportedFile(found.path, "one_shot", (str(error),), part=part)

    def _store(self, found: SoundFile, imported: ImportedLoop) -> str:
        number = self._number
        seed = number + (HELD_OUT_SEED if number % _HELD_OUT_EVERY == _HELD_OUT_EVERY - 1 else 0)
        captions, tags, style = self._captions.of(found.path, found.folders)
        annotation = replace(imported.loop.annotation, seed=seed, captions=captions, tags=tags, style=style)
        name = f"folder-{number:05d}-{storable(found.path.stem)}"
        measure_and_store(self._folder, name, replace(imported.loop, annotation=annotation), True)
        self._number += 1
        return name


def _next_number(folder: Path) -> int:
    """One more than any number that a loop, or what was made of it, has had."""
    names = (_NAME.match(name) for part in ("loops", "latents", "embeddings") for name in _names(folder / part))
    return max((int(match[1]) + 1 for match in names if match), default=0)


def _stored(folder: Path) -> Iterator[str]:
    """The names of every imported loop in `folder`."""
    for name in sorted(_names(folder / "loops")):
        if _NAME.match(name) and name.endswith(".json"):
            yield name.removesuffix(".json")


def _sweep_halves(folder: Path) -> None:
    """Delete what an import that was killed wrote of a loop before its annotation: nothing told of that."""
    for name in _names(folder / "loops"):
        stem, suffix = os.path.splitext(name)  # noqa: PTH122 (of names, not of paths)
        if _NAME.match(name) and suffix in (".wav", ".safetensors") and not is_stored(folder, stem):
            (folder / "loops" / name).unlink(missing_ok=True)


def _digest_of(folder: Path, name: str) -> str:
    try:
        return hashlib.sha256((folder / "loops" / f"{name}.wav").read_bytes()).hexdigest()
    except OSError:  # its audio was not kept, or is gone: it is known by its name alone
        return ""


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()] if is_folder(folder) else []
    except OSError as error:
        raise CorpusError(f"The corpus folder {folder} cannot be read: {error.strerror or error}.") from error
