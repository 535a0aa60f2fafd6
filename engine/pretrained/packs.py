"""A pack from pretrained parts, to train a denoiser on."""

import hashlib
from pathlib import Path
from typing import Any, Final

from engine.errors import InvalidRequest, PackError
from engine.files import is_file
from engine.packs.checks import MANIFEST
from engine.packs.models import store_codec, store_laion
from engine.packs.pack import Pack
from engine.pretrained.folders import WEIGHTS
from engine.pretrained.models import read_encodec, read_laion

LICENCE: Final = "that of its pretrained weights; ask where they come from"


def create_pack(folder: Path, name: str, codec: Path, clap: Path | None) -> Pack:
    """A pack in `folder` of EnCodec from the folder `codec` and, where given, LAION's CLAP from `clap`.

    Both are read and checked before anything is written. Raises `PackError` when one is not usable or `folder` has a
    pack already.
    """
    if is_file(folder / MANIFEST):
        raise PackError(f"{str(folder)!r} already holds a pack; choose another folder.")
    encodec = read_encodec(codec)
    towers = read_laion(clap) if clap is not None else None
    pack = store_codec(folder, encodec, name, _origin(codec, "EnCodec"), licence=LICENCE)
    if towers is not None and clap is not None:
        pack = store_laion(folder, *towers, _origin(clap, "LAION-CLAP"))
    return pack


def part_folder(text: str, kind: str, option: str) -> Path:
    """The folder of a part given as `kind:FOLDER`; raises `InvalidRequest` on anything else."""
    found, colon, folder = text.partition(":")
    if found != kind or not colon or not folder:
        raise InvalidRequest(f"{option} {text!r} is not possible; give {kind}:FOLDER.")
    try:
        return Path(folder).expanduser()
    except RuntimeError as error:
        raise InvalidRequest(f"{option} {text!r} is not possible: nobody knows where that home is.") from error


def _origin(folder: Path, what: str) -> dict[str, Any]:
    with (folder / WEIGHTS).open("rb") as file:
        return {"pretrained": what, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
