"""What can be done with several loops of the bank at once: crates, a folder, a drag; and which sound like one."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget

from engine import LoopGenError
from loopgen_app.audition import LoopAtHand
from loopgen_app.keeping.sets import export_set
from loopgen_app.panels import exits
from loopgen_app.studio import Studio


def add_sets(menu: QMenu, studio: Studio, ids: Sequence[int], parent: QWidget) -> None:
    """Put the commands for the loops `ids` into the menu of a row."""
    crates = menu.addMenu("Put into crate")
    for name in studio.crates.names():
        crates.addAction(name.replace("&", "&&"), partial(put, studio, name, ids))
    crates.addAction("New crate…", partial(_ask_and_put, studio, ids, parent))
    held = sorted({name for each in ids for name in studio.crates.holding(each)}, key=str.casefold)
    if held:
        out = menu.addMenu("Take out of crate")
        for name in held:
            out.addAction(name.replace("&", "&&"), partial(take_out, studio, name, ids))
    words = f"Export {len(ids)} loops as a folder…" if len(ids) > 1 else "Export as a folder with MIDI…"
    menu.addAction(words, partial(_ask_and_export, studio, ids, parent))


def put(studio: Studio, name: str, ids: Sequence[int]) -> None:
    """Put loops into a crate and say so."""
    try:
        name = studio.crates.put(name, ids)
    except LoopGenError as error:
        studio.messages.complain(str(error))
        return
    loops = f"{len(ids)} loops are" if len(ids) > 1 else "The loop is"
    studio.messages.say(f"{loops} in the crate {name}.", "Undo", partial(take_out, studio, name, ids))


def take_out(studio: Studio, name: str, ids: Sequence[int]) -> None:
    """Take loops out of a crate."""
    try:
        studio.crates.take_out(name, ids)
    except LoopGenError as error:
        studio.messages.complain(str(error))


def _ask_and_put(studio: Studio, ids: Sequence[int], parent: QWidget) -> None:
    name, wanted = QInputDialog.getText(parent, "New crate", "Name")
    if wanted:
        put(studio, name, ids)


def _ask_and_export(studio: Studio, ids: Sequence[int], parent: QWidget) -> None:
    folder = QFileDialog.getExistingDirectory(parent, "Make the folder in", str(studio.exports.folder))
    if folder:
        export_to(studio, ids, Path(folder))


def export_to(studio: Studio, ids: Sequence[int], folder: Path) -> Path | None:
    """Write loops as a folder below `folder` and say where it is; complains and returns None when that fails."""
    loops = fetched(studio, ids)
    name = loops[0].name if len(loops) == 1 else f"{len(loops)} loops"
    held = [set(studio.crates.holding(each)) for each in ids]
    common = sorted(set.intersection(*held)) if held else []
    try:
        place = export_set(studio.exports, loops, folder, common[0] if common else name, studio.generation.composes)
    except LoopGenError as error:
        studio.messages.complain(str(error))
        return None
    index = place / "loops.json"
    words = f"Exported {len(loops)} loop{'s' if len(loops) > 1 else ''} to {exits.shown(place)}."
    studio.messages.say(words, "Reveal", lambda: exits.reveal(studio, index))
    return place


def files_of(studio: Studio, ids: Sequence[int]) -> list[Path]:
    """Complete files of loops, to be dragged; complains of those that cannot be written."""
    paths = (exits.file_of(studio, heard) for heard in fetched(studio, ids))
    return [path for path in paths if path is not None]


def fetched(studio: Studio, ids: Sequence[int]) -> list[LoopAtHand]:
    """The loops that can be had."""
    return [heard for each in ids if (heard := studio.audition.fetch(each)) is not None]
