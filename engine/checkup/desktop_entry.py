"""LoopGen in the menu of a Linux desktop: its entry, icon, and the kinds of files that it opens."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from engine.config import RESOURCES
from engine.errors import ExportError, InvalidRequest
from engine.files import failure, is_file, write_atomically

_PLACES = {
    "desktop/loopgen.desktop": "applications/loopgen.desktop",
    "desktop/loopgen-session.desktop": "applications/loopgen-session.desktop",
    "desktop/loopgen-pack.desktop": "applications/loopgen-pack.desktop",
    "desktop/loopgen.xml": "mime/packages/loopgen.xml",
    "icons/loopgen.svg": "icons/hicolor/scalable/apps/loopgen.svg",
}
"""What lies below `resources`, and where it goes below the user's data (XDG Base Directory specification)."""
_INDICES = (("update-mime-database", "mime"), ("update-desktop-database", "applications"))
"""Programs that read the folders anew; a desktop without them does so by itself."""
_COMMAND = "@LOOPGEN@"
_ELSEWHERE = {
    "darwin": "on a Mac the menu knows applications alone: keep 'loopgen' in the Dock by a shortcut to it",
    "win32": "on Windows make a shortcut to loopgen.exe in the Start menu, and choose it once under 'Open with'",
}


def install_desktop_entry() -> tuple[Path, ...]:
    """Write the entry for this user and this copy of LoopGen; returns the files.

    Raises `InvalidRequest` on other systems than Linux, and `ExportError` where a file cannot be written.
    """
    _check_system()
    written = []
    for source, place in _PLACES.items():
        content = (RESOURCES / source).read_text(encoding="utf-8").replace(_COMMAND, _quoted_command())
        path = _user_share() / place
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ExportError(f"Cannot make the folder {str(path.parent)!r}: {failure(error)}.") from error
        written.append(write_atomically(path, content.encode()))
    _read_anew()
    return tuple(written)


def remove_desktop_entry() -> tuple[Path, ...]:
    """Remove what `install_desktop_entry` wrote; returns what was there. Raises as that does."""
    _check_system()
    there = tuple(path for place in _PLACES.values() if is_file(path := _user_share() / place))
    for path in there:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ExportError(f"Cannot remove {str(path)!r}: {failure(error)}.") from error
    _read_anew()
    return there


def _check_system() -> None:
    if not sys.platform.startswith("linux"):
        words = _ELSEWHERE.get(sys.platform, "this system has another menu")
        raise InvalidRequest(f"--desktop writes the entries of a Linux desktop; {words}.")


def _user_share() -> Path:
    given = os.environ.get("XDG_DATA_HOME", "")
    return Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "share"


def _quoted_command() -> str:
    """How to start this copy of LoopGen, each word quoted as the Desktop Entry specification asks."""
    script = Path(sys.executable).with_name("loopgen")
    words = [str(script)] if is_file(script) else [sys.executable, "-m", "engine"]
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    for special in ("\\", '"', "`", "$"):
        word = word.replace(special, "\\" + special)
    return '"' + word.replace("\\", "\\\\").replace("%", "%%") + '"'


def _read_anew() -> None:
    for program, folder in _INDICES:
        if shutil.which(program):
            with suppress(OSError, subprocess.SubprocessError):
                subprocess.run([program, str(_user_share() / folder)], capture_output=True, timeout=30, check=False)
