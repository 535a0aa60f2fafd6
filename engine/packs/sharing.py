"""Packs that share their files: a pack made from another has the same files under the same names, and adds its own.

Files are linked where the file system can, so that a pack that adds a little takes a little; else copied. Either way
each pack is whole by itself: it stays when the other is deleted, and a change to one never reaches the other, for
packs are written by replacing files.
"""

import os
import re
import shutil
from contextlib import suppress
from itertools import chain, count
from pathlib import Path
from typing import Any, Final

from engine.config import starter_pack, user_packs
from engine.errors import ExportError, PackError
from engine.files import RESERVED_NAMES, failure, is_file, temporary_path, write_atomically
from engine.packs.checks import MANIFEST, check_manifest, manifest_bytes
from engine.packs.pack import Pack, own_weights

ADAPTER: Final = "adapter"
"""The component that holds what was learnt beside the denoiser."""
MAX_DESCRIPTION: Final = 2000
_NAME: Final = re.compile(r"[^\W_][\w .+()&!-]{0,59}")


def check_name(name: str) -> str:
    """`name` without spaces around it; raises `PackError` unless it can name a pack and its folder."""
    clean = name.strip()
    if not _NAME.fullmatch(clean) or clean.endswith(".") or clean.lower().partition(".")[0].strip() in RESERVED_NAMES:
        raise PackError(
            f"{name[:80]!r} cannot name a pack: 1 to 60 letters, digits, spaces or _ . + ( ) & ! -, a letter "
            "or digit first."
        )
    return clean


def derived_pack(base: Pack, folder: Path, name: str) -> Pack:
    """A pack in `folder` that is called `name` and shares every file with `base`.

    Raises `PackError` on a bad name or where a pack is already, `ExportError` where it cannot be written.
    """
    manifest = dict(base.manifest) | {"name": check_name(name)}
    manifest["base"] = {"name": base.name, "version": str(base.manifest["version"]), "hash": base.hash}
    return _linked(base, folder, manifest)


def settled_pack(pack: Pack, folder: Path) -> Pack:
    """The same pack in `folder`, sharing its files, every byte verified. Raises as `derived_pack`."""
    return Pack.open(_linked(pack, folder, dict(pack.manifest)).folder)


def check_vacant(folder: Path) -> None:
    """Raise `PackError` where a pack is in `folder` already."""
    if is_file(folder / MANIFEST):
        raise PackError(f"There is a pack in {folder} already; choose another name.")


def _linked(pack: Pack, folder: Path, manifest: dict[str, Any]) -> Pack:
    check_vacant(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in manifest["files"]:
            share_file(pack.folder / file, folder / file)
    except OSError as error:
        raise ExportError(f"Cannot write the pack {str(folder)!r}: {failure(error)}.") from error
    return write_manifest_of(folder, manifest)


def share_file(source: Path, target: Path) -> None:
    """`target` as another name of `source`, or a copy of it that is whole or not there. Raises `OSError`."""
    if target.exists():
        return
    with suppress(OSError):  # another disk, or a file system without links
        os.link(os.path.realpath(source), target)
        return
    part = temporary_path(target.parent)
    try:
        shutil.copyfile(source, part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def write_manifest_of(folder: Path, manifest: dict[str, Any]) -> Pack:
    """Write `manifest` into `folder`, where the files are that it lists, and open the pack. Raises `PackError` and
    `ExportError`."""
    check_manifest(manifest)
    write_atomically(folder / MANIFEST, manifest_bytes(manifest))
    return Pack.open(folder, verify=False)


def rename_pack(folder: Path, name: str) -> Pack:
    """Give the user's pack in `folder` another name; its folder keeps its own. Raises `PackError` and
    `ExportError`; nothing is changed then."""
    return _changed(folder, {"name": check_name(name)})


def describe_pack(folder: Path, description: str) -> Pack:
    """Give the user's pack in `folder` a description; "" takes it away. Raises as `rename_pack`."""
    if len(description) > MAX_DESCRIPTION:
        raise PackError(f"A description has at most {MAX_DESCRIPTION} characters, not {len(description)}.")
    return _changed(folder, {"description": description.strip()})


def description_of(pack: Pack) -> str:
    """What its maker says of a pack; "" where that is nothing."""
    told = pack.manifest.get("description")
    return told[:MAX_DESCRIPTION] if isinstance(told, str) else ""


def delete_pack(folder: Path) -> None:
    """Delete the user's pack in `folder`, with nothing but its own files; packs that share them keep theirs.

    Its own are those that it lists, or that were written as a pack's and are what their name says. Raises `PackError`
    on the starter pack or a folder that holds no pack, `ExportError` where it cannot be deleted.
    """
    _own(folder)
    own = own_weights(folder)
    try:
        (folder / MANIFEST).unlink()  # first: what is half deleted is no pack any more
        for path in own:
            path.unlink(missing_ok=True)
        with suppress(OSError):  # somebody keeps other things there
            folder.rmdir()
    except OSError as error:
        raise ExportError(f"Cannot delete the pack {str(folder)!r}: {failure(error)}.") from error


def free_pack_folder(name: str) -> Path:
    """A folder of the user's packs that is free for one called `name`. Raises `PackError` on a bad name."""
    clean = check_name(name)
    names = chain([clean], (f"{clean} {number}" for number in count(2)))
    return next(folder for folder in (user_packs() / name for name in names) if not folder.exists())


def _own(folder: Path) -> None:
    if folder.resolve() == starter_pack().resolve():
        raise PackError("The starter pack belongs to LoopGen and stays as it is; learn from sounds to have your own.")
    if not is_file(folder / MANIFEST):
        raise PackError(f"{str(folder)!r} is no model pack: it has no {MANIFEST}.")


def _changed(folder: Path, changes: dict[str, Any]) -> Pack:
    _own(folder)
    return write_manifest_of(folder, dict(Pack.open(folder, verify=False).manifest) | changes)
