"""The places that LoopGen reads and writes: packs, the user's folders, the disk below them."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from engine.checkup.diagnosis import Diagnosis
from engine.config import starter_pack, user_data, user_music
from engine.errors import PackError
from engine.files import failure, is_folder
from engine.packs.pack import Pack, find_pack, list_packs

LEAST_FREE_BYTES = 500_000_000
"""A session of an afternoon: a bank of some hundred loops and their exports."""
_TRIED_BYTES = 1_000_000


def check_pack(named: str | None = None) -> Diagnosis:
    """The pack that is played, every byte of it."""
    try:
        pack = Pack.open(find_pack(named))
    except PackError as error:
        mend = "Install LoopGen anew, which brings the starter pack, or give another with --pack."
        there = is_folder(named or starter_pack())
        return Diagnosis("pack", "broken" if there else "missing", str(error), mend)
    size = sum(entry["bytes"] for entry in pack.manifest["files"].values())
    return Diagnosis(
        "pack", "ok", f"{pack.name} {pack.manifest['version']}, {size / 1e6:.0f} MB, every byte verified"
    )


def check_own_packs() -> tuple[Diagnosis, ...]:
    """The user's packs that are damaged, each a diagnosis."""
    return tuple(
        Diagnosis(
            "pack", "broken", f"{entry.folder.name}: {entry.problem}", f"Copy it anew, or remove {entry.folder}."
        )
        for entry in list_packs(verify=True)
        if entry.pack is None and entry.folder != starter_pack()
    )


def check_folders() -> tuple[Diagnosis, ...]:
    """Whether sessions and exports can be written, and how much room there is for them."""
    return check_folder("data folder", user_data()), check_folder("export folder", user_music())


def check_folder(name: str, folder: Path) -> Diagnosis:
    """Whether `folder`, or the one in which it will be made, takes a file; nothing is left there."""
    place = folder
    while not is_folder(place) and place != place.parent:
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(bytes(_TRIED_BYTES))
            file.flush()
    except OSError as error:
        return Diagnosis(name, "broken", f"{folder}: {failure(error)}", f"Make it yours to write: {place}.")
    with suppress(OSError):
        free = shutil.disk_usage(place).free
        if free < LEAST_FREE_BYTES:
            return Diagnosis(name, "broken", f"{folder}: only {free / 1e6:.0f} MB are free", "Free some space there.")
        return Diagnosis(name, "ok", f"{folder}, {free / 1e9:.0f} GB free")
    return Diagnosis(name, "ok", str(folder))
