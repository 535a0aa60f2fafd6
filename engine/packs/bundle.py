"""Packs as one file, to give to others: a ZIP archive, nothing compressed, of `pack.json` and the files it lists.

What the starter pack has is left out, since everybody has it: such a file is as small as what the pack adds. On the
way in everything is checked as if from a stranger, and the pack is there whole and verified or not at all.
"""

import io
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from engine.config import starter_pack, user_packs
from engine.documents import open_regular
from engine.errors import ExportError, PackError
from engine.files import failure, is_file, replaceable, shown_name, stale_paths, temporary_path
from engine.packs.checks import MANIFEST, MAX_MANIFEST_BYTES, check_manifest, parse_json
from engine.packs.pack import Pack, list_packs
from engine.packs.sharing import check_name, free_pack_folder, share_file, write_manifest_of

PACK_SUFFIX: Final = ".loopgenpack"
_CHUNK: Final = 1 << 20
_UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError)
_MOST_AT_ONCE: Final = 2 * _CHUNK
_ARRIVAL_SECONDS: Final = 86_400.0
"""So long an import may take on a computer that shares the folder of packs; on this one its process is asked."""


def export_pack(pack: Pack, path: Path, *, whole: bool = False) -> Path:
    """Write `pack` to the file `path` and return it; with `whole` also what the starter pack has.

    Every file is hashed as it is read. Raises `PackError` where one is damaged, `ExportError` where `path` cannot be
    written: it is complete or as it was before.
    """
    if path.suffix.lower() != PACK_SUFFIX:
        raise ExportError(f"A pack is exported to a name that ends in {PACK_SUFFIX}, not to {shown_name(path)!r}.")
    checked = Pack.open(pack.folder)
    known = frozenset() if whole else _checksums_of_starter(checked)
    target = replaceable(path)
    part = temporary_path(target.parent)
    try:
        with zipfile.ZipFile(part, "x", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
            archive.write(checked.folder / MANIFEST, MANIFEST)
            for name, entry in checked.manifest["files"].items():
                if entry["sha256"] not in known:
                    archive.write(checked.folder / name, name)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        raise ExportError(f"Cannot write {str(path)!r}: {failure(error)}.") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return path


def import_pack(path: Path) -> Pack:
    """Add the pack in the file `path` to the user's packs, under a name that none of them has; returns it, verified.

    Files that it leaves out are taken from packs that are here. Raises `PackError` where it is no such file, damaged
    or lacks something that no pack here has, `ExportError` where the packs cannot be written; nothing stays then.
    """
    try:
        with _InPieces(open_regular(path)) as file, zipfile.ZipFile(file) as archive:
            manifest = _manifest_in(archive, path)
            folder = temporary_path(user_packs())
            try:
                return _arrived(archive, manifest, folder, path)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except _UNREADABLE as error:
        raise PackError(f"{shown_name(path)} is damaged or no pack of LoopGen: {error}.") from error
    except OSError as error:
        raise ExportError(f"{shown_name(path)} cannot be imported: {failure(error)}.") from error


def sweep_arrivals() -> None:
    """Delete what an import that was killed left among the user's packs; one that goes on elsewhere does."""
    for folder in stale_paths(user_packs(), older_than=_ARRIVAL_SECONDS):
        shutil.rmtree(folder, ignore_errors=True)


class _InPieces(io.BufferedReader):
    """A file that is never read whole: a table of contents longer than any pack's would be."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Raises `BadZipFile` where more is asked for than a piece."""
        if size is not None and size > _MOST_AT_ONCE:
            raise zipfile.BadZipFile("it holds too many files")
        return super().read(size)


def _arrived(archive: zipfile.ZipFile, manifest: dict[str, Any], folder: Path, path: Path) -> Pack:
    folder.mkdir(parents=True)
    there = {entry.filename: entry for entry in archive.infolist()}
    for name, entry in manifest["files"].items():
        if name in there:
            _copy(archive, there[name], folder / name, entry["bytes"], path)
        else:
            _take(name, entry, folder / name, path)
    write_manifest_of(folder, manifest)
    Pack.open(folder)  # every byte of it
    final = free_pack_folder(_folder_name(manifest["name"]))
    folder.rename(final)
    return Pack.open(final, verify=False)


def _folder_name(name: str) -> str:
    kept = "".join(character if character.isalnum() or character in " _.-" else "_" for character in name)
    with suppress(PackError):
        return check_name(kept[:60])
    return "pack"


def _manifest_in(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    names = [entry.filename for entry in archive.infolist()]
    if MANIFEST not in names:
        raise PackError(f"{shown_name(path)} is no pack of LoopGen: it has no {MANIFEST}.")
    entry = archive.getinfo(MANIFEST)
    if entry.file_size > MAX_MANIFEST_BYTES or len(set(names)) != len(names):
        raise PackError(f"{shown_name(path)} is damaged: {MANIFEST} is too large, or a file is there twice.")
    with archive.open(entry) as file:
        manifest = parse_json(file.read(MAX_MANIFEST_BYTES + 1), MANIFEST)
    check_manifest(manifest)
    if strange := sorted(set(names) - {MANIFEST, *manifest["files"]}):
        raise PackError(f"{shown_name(path)} holds {strange[0][:80]!r}, which its pack does not list.")
    return manifest


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, size: int, path: Path) -> None:
    if entry.file_size != size or entry.compress_type != zipfile.ZIP_STORED:
        raise PackError(f"{target.name!r} in {shown_name(path)} is not the file that its pack lists.")
    with archive.open(entry) as source, target.open("xb") as file:
        for piece in _pieces(source):
            file.write(piece)


def _pieces(source: Any) -> Iterator[bytes]:
    while piece := source.read(_CHUNK):
        yield piece


def _take(name: str, entry: dict[str, Any], target: Path, path: Path) -> None:
    """`target` from a pack that is here and has the same file."""
    for known in list_packs():
        if known.pack is not None:
            for own, told in known.pack.manifest["files"].items():
                if told["sha256"] == entry["sha256"] and is_file(known.folder / own):
                    share_file(known.folder / own, target)
                    return
    raise PackError(
        f"{shown_name(path)} builds on a pack that is not here: no installed pack has its file {name!r}. "
        "Ask for a whole export, or install that pack first."
    )


def _checksums_of_starter(pack: Pack) -> frozenset[str]:
    """Of the files that everybody has; none where `pack` is the starter pack itself, or that is missing."""
    try:
        starter = Pack.open(starter_pack(), verify=False)
    except PackError:
        return frozenset()
    if starter.folder.resolve() == pack.folder.resolve():
        return frozenset()
    return frozenset(told["sha256"] for told in starter.manifest["files"].values())
