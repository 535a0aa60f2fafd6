"""`loopgen --screenshot`: the window with a generated loop, rendered without a screen."""

import time
from pathlib import Path

from PySide6.QtCore import QSize

from engine import LoopGenError
from loopgen_app.application import Application
from loopgen_app.widgets.spectrogram_view import SpectrogramView

PATIENCE_SECONDS = 120.0


class ScreenshotError(LoopGenError):
    """The picture could not be taken."""


def parse_size(text: str) -> QSize:
    """`1280x800` as a size; raises `ScreenshotError` on anything else."""
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 320 <= int(width) <= 8192 and 240 <= int(height) <= 8192):
        raise ScreenshotError(f"The size {text!r} is not possible; write for example 1280x800.")
    return QSize(int(width), int(height))


def take(application: Application, target: Path, size: QSize, session: Path | None = None) -> None:
    """Generate one loop with what the session asks for and save a picture of the window.

    Raises `ScreenshotError` when no loop can be made in time or the file cannot be written.
    """
    window, studio = application.window, application.studio
    window.resize(size)
    application.show()
    if session is not None and not studio.sessions.open(session):
        raise ScreenshotError(_last_words(application))
    studio.composing.generate()
    _wait(application, lambda: studio.generation.state.model == "failed" or _picture_is_there(application))
    if not _picture_is_there(application):
        raise ScreenshotError(_last_words(application))
    application.app.processEvents()
    if not window.grab().save(str(target)):
        raise ScreenshotError(f"{target} could not be written.")


def _picture_is_there(application: Application) -> bool:
    view = application.window.findChild(SpectrogramView, "spectrogramView")
    return not application.studio.generation.state.busy and view is not None and view.beats() > 0


def _wait(application: Application, done: object) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and callable(done) and not done():
        application.app.processEvents()
        time.sleep(0.01)


def _last_words(application: Application) -> str:
    last = application.studio.messages.last
    return last.text if last is not None else "No loop was made in time."
