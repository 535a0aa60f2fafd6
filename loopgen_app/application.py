"""From nothing to a window: logging, crash reports, theme, studio, and everything put away at the end."""

import contextlib
import locale
import logging
import os
import sys
import threading
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from engine import GenerationService, ServiceEvents, is_file, is_folder, starter_pack
from loopgen_app import theme
from loopgen_app.background import Background
from loopgen_app.colours import THEMES, WARDROBE
from loopgen_app.garbage import GarbageCollector
from loopgen_app.main_window import MainWindow
from loopgen_app.making.service import Service, load_pack
from loopgen_app.messages import Messages
from loopgen_app.settings import Folders, Settings
from loopgen_app.studio import Studio, build_studio

log = logging.getLogger(__name__)
LOG_BYTES = 1_000_000
PAINT_MILLISECONDS = 30
"""The first picture of the window is on the screen by then; loading a model before would hold it up."""


def make_app(argv: list[str]) -> QApplication:
    """The QApplication, dressed; the existing one when there is one."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(argv)
    _speak_one_language()
    app.setApplicationName("LoopGen")
    app.setDesktopFileName("loopgen")
    if not app.styleSheet():
        theme.apply(app)
    return app


def _speak_one_language() -> None:
    """Qt takes the whole locale of the user: the system would say in German, in the middle of our sentences, why a
    file is not written, and libraries in C would read numbers with commas."""
    for category in (locale.LC_NUMERIC, getattr(locale, "LC_MESSAGES", None)):  # Windows has no second one
        if category is not None:
            locale.setlocale(category, "C")


def start_logging(path: Path) -> logging.Handler:
    """Log into a file that never grows large; without a disk, to nowhere. Returns what `end_logging` takes."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    try:
        if os.path.lexists(path) and not is_file(path):  # a pipe of that name would be waited for
            return logging.NullHandler()
        handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
        path.chmod(0o600)
    except (OSError, ValueError):
        return logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    return handler


def end_logging(handler: logging.Handler) -> None:
    """Close the file that `start_logging` opened."""
    logging.getLogger().removeHandler(handler)
    handler.close()


class ExceptionReport:
    """Lets an exception in any slot or thread end in one sentence and a log entry, until `close`."""

    def __init__(self, messages: Messages, background: Background) -> None:
        self._messages, self._background = messages, background
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook = self._report
        threading.excepthook = lambda told: self._report(told.exc_type, told.exc_value, told.exc_traceback)

    def close(self) -> None:
        """Leave exceptions to whom they were left before."""
        sys.excepthook, threading.excepthook = self._before

    def _report(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None or issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error or kind(), trace)
            return
        log.critical("unexpected", exc_info=(kind, error, trace))
        words = f"Something went wrong inside ({kind.__name__}); the loop keeps playing. The log has details."
        if threading.current_thread() is threading.main_thread():
            self._messages.complain(words)
        else:
            self._background.tell(lambda: self._messages.complain(words))


def pack_service(folder: Path, shown: threading.Event) -> Callable[[ServiceEvents], Service]:
    """A maker of services that play the pack in `folder`, which is loaded once `shown` is set."""

    def load() -> Any:
        shown.wait()
        return load_pack(folder)

    return lambda events: GenerationService(load, events)


def chosen_pack(folders: Folders) -> Path:
    """The pack that was chosen last, if it is still there, else the starter pack."""
    chosen = Settings.load(folders.settings).pack
    return Path(chosen) if chosen and not lost_pack(folders) else starter_pack()


def lost_pack(folders: Folders) -> str:
    """What to say when the pack that was chosen last is gone; empty when it is there."""
    chosen = Settings.load(folders.settings).pack
    if not chosen or is_folder(chosen):
        return ""
    return f"The pack {Path(chosen).name} is no longer in {Path(chosen).parent}; the starter pack plays instead."


class Application:
    """One running LoopGen. `run` returns when the window is closed."""

    def __init__(
        self,
        argv: list[str],
        *,
        pack: Path | None = None,
        folders: Folders | None = None,
        make_service: Callable[[ServiceEvents], Service] | None = None,
        studio_options: dict[str, Any] | None = None,
    ) -> None:
        self.app = make_app(argv)
        folders = folders or Folders.default()
        with contextlib.suppress(OSError, ValueError):  # sessions say it when nothing can be kept
            folders.make()
        self._log = start_logging(folders.log)
        self._garbage = GarbageCollector(self.app)
        self._shown = threading.Event()
        make_service = make_service or pack_service(pack or chosen_pack(folders), self._shown)
        self.studio: Studio = build_studio(folders, make_service, **(studio_options or {}))
        if WARDROBE.worn is not THEMES.get(self.studio.settings.theme, WARDROBE.worn):
            theme.apply(self.app, self.studio.settings.theme)
        crashed = self.studio.sessions.begin()
        self.window = MainWindow(self.studio)
        self.window.closing.connect(self.close)
        restored = self.studio.sessions.restore_last()
        # Not before there is a window to tell it in: what goes wrong until here is for whoever started this.
        self._trouble = ExceptionReport(self.studio.messages, self.studio.background)
        lost = lost_pack(folders) if pack is None else ""
        notices = [self.studio.sessions.notice, self.studio.bank.notice, self.studio.crates.notice, lost]
        if any(notices):  # last, so that nothing that follows from it takes its place
            self.studio.messages.complain(" ".join(filter(None, notices)))
        elif crashed and restored:
            self.studio.messages.say("LoopGen ended unexpectedly; everything is back as it was.")
        self.studio.exports.sweep()
        self._closed = False

    def show(self) -> None:
        """Show the window, then let the model load."""
        self.window.show()
        QTimer.singleShot(PAINT_MILLISECONDS, self._shown.set)

    def run(self, session: Path | None = None) -> int:
        """Show the window, start the sound, and go until it is closed."""
        self.show()
        self.studio.playback.start()
        if session is not None:
            self.studio.sessions.open(session)
        return self.app.exec()

    def close(self) -> None:
        """Put everything away, once."""
        if not self._closed:
            self._closed = True
            self._shown.set()
            self._trouble.close()
            self.studio.close()
            self._garbage.close()
            end_logging(self._log)
