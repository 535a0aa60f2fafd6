"""The ways out of the window and what is said of them: export, show in folder, copy the path, choose a folder."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from engine import LoopGenError
from loopgen_app.audition import LoopAtHand
from loopgen_app.making.mixing import Mix
from loopgen_app.studio import Studio


def export(studio: Studio, loop: LoopAtHand | None) -> Path | None:
    """Write a loop into the export folder and say where it is; complains and returns None when that fails."""
    if loop is None:
        return None
    try:
        mix = heard_mix(studio, loop)
        path = studio.exports.export(loop, mix=mix)
    except LoopGenError as error:
        studio.messages.complain(str(error))
        return None
    how = " as it is mixed" if mix is not None else ""
    words = f"Exported {path.name}{how} to {shown(path.parent)}."
    studio.messages.say(words, "Reveal", lambda: reveal(studio, path))
    return path


def heard_mix(studio: Studio, loop: LoopAtHand) -> Mix | None:
    """The mix that leaves the window with `loop`: what is heard, unless files are wanted as they were made."""
    return studio.mixing.mix(loop) if studio.settings.export_mixed else None


def file_of(studio: Studio, loop: LoopAtHand | None) -> Path | None:
    """The complete file of a loop, written now if it was not before; complains when it cannot be."""
    if loop is None:
        return None
    try:
        return studio.exports.file_for_drag(loop, heard_mix(studio, loop))
    except LoopGenError as error:
        studio.messages.complain(str(error))
        return None


def reveal(studio: Studio, path: Path | None) -> None:
    """Open the folder of a file, or say where it is when nothing can open folders."""
    if path is not None and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent))):
        studio.messages.complain(f"No file manager could be opened. {path.name} is in {path.parent}.")


def copy_path(studio: Studio, loop: LoopAtHand | None) -> None:
    """Put the path of a loop's file on the clipboard; without one yet, it is written."""
    known = studio.exports.file_of(loop) if loop is not None else None
    path = known or file_of(studio, loop)
    if path is not None:
        QGuiApplication.clipboard().setText(str(path))
        studio.messages.say(f"Copied the path of {path.name}.")


def choose_folder(studio: Studio, parent: QWidget) -> None:
    """Ask where exported loops are to go from now on."""
    folder = QFileDialog.getExistingDirectory(parent, "Export loops to", str(studio.exports.folder))
    if folder:
        studio.settings.export_folder = folder
        studio.sessions.save_settings()
        studio.messages.say(f"Loops are exported to {shown(Path(folder))} from now on.")


def shown(folder: Path) -> str:
    """A folder as it is told: short where it is in the user's own."""
    try:
        return str(Path("~") / folder.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(folder)
