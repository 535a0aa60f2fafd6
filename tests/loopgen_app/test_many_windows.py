"""Thirty windows opened and closed: threads and descriptors stay as many, memory as large.

It is not marked slow: right after trainings, which begin the suite, the memory of a process still moves.
"""

import gc
import threading
from pathlib import Path

import psutil
import pytest
from fakes import FakeRenderer
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine import GenerationService
from loopgen_app.application import Application
from loopgen_app.settings import Folders

WINDOWS = 30
MOST_BYTES = 30_000_000
"""What the last twenty may leave: a megabyte and a half each."""


def open_and_close(qtbot: QtBot, folder: Path) -> None:
    application = Application(
        ["loopgen"],
        folders=Folders(folder),
        make_service=lambda events: GenerationService(FakeRenderer, events),
    )
    application.window.show()
    application.studio.composing.generate()
    qtbot.waitUntil(lambda: not application.studio.generation.state.busy, timeout=60_000)
    application.window.close()
    application.window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()
    gc.collect()


@pytest.mark.skipif(not hasattr(psutil.Process, "num_fds"), reason="no descriptors on this system")
def test_thirty_windows_leave_nothing(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    process = psutil.Process()
    seen = []
    for _ in range(WINDOWS):
        open_and_close(qtbot, tmp_path / "data")
        seen.append((process.num_fds(), threading.active_count(), process.memory_info().rss))
    settled, last = seen[9], seen[-1]
    print(f"\nfrom the tenth to the last: {settled}, {last}")  # noqa: T201
    assert last[0] <= settled[0] and last[1] <= settled[1]
    assert last[2] - settled[2] < MOST_BYTES
