"""Opens and closes windows: `python many_windows.py FOLDER COUNT`. Tells what the process holds after each (JSON)."""

import gc
import json
import sys
import threading
import time
from pathlib import Path

import psutil
from fakes import FakeRenderer
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from engine import GenerationService
from loopgen_app.application import Application
from loopgen_app.settings import Folders

PATIENCE_SECONDS = 60.0


def open_and_close(folder: Path) -> None:
    """One window, which makes one loop."""
    application = Application(
        ["loopgen"],
        folders=Folders(folder),
        make_service=lambda events: GenerationService(FakeRenderer, events),
    )
    application.window.show()
    application.studio.composing.generate()
    latest = time.monotonic() + PATIENCE_SECONDS
    while application.studio.generation.state.busy:
        QApplication.processEvents()
        time.sleep(0.005)
        assert time.monotonic() < latest, "no loop was made"
    application.window.close()
    application.window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()
    gc.collect()


def main(folder: Path, count: int) -> None:
    process = psutil.Process()
    for _ in range(count):
        open_and_close(folder)
        held = process.num_fds(), threading.active_count(), process.memory_info().rss
        sys.stdout.write(json.dumps(held) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
