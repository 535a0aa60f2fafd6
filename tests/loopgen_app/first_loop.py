"""Starts the instrument as `loopgen` does, presses Generate once, and tells when what was there: `FOLDER STARTED`."""

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from engine.cli.app import build_app
from loopgen_app.application import Application
from loopgen_app.settings import Folders


class Stopwatch(QObject):
    """Seconds since the process was started at which the window was painted, took a press, and was first heard."""

    def __init__(self, application: Application, started: float) -> None:
        super().__init__()
        self.application, self.started = application, started
        self.at: dict[str, float] = {}
        application.window.centralWidget().installEventFilter(self)
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.look)
        self.timer.start(10)

    def note(self, what: str) -> None:
        self.at.setdefault(what, round(time.monotonic() - self.started, 3))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.Paint and "visible" not in self.at:
            self.note("visible")
            QTimer.singleShot(0, self.press)
        return super().eventFilter(watched, event)

    def press(self) -> None:
        button = self.application.window.findChild(QWidget, "generateButton")
        assert button is not None and button.isEnabled()
        button.click()  # type: ignore[attr-defined]
        self.note("usable")

    def look(self) -> None:
        studio = self.application.studio
        if studio.generation.state.model == "ready":
            self.note("ready")
        status = studio.playback._supervisor.status()
        if status.playing and status.position > 0:
            self.note("heard")
            self.application.window.close()


def main(folder: Path, started: float) -> None:
    build_app()  # `loopgen` reads its verbs before it opens the window
    application = Application(["loopgen"], folders=Folders(folder))
    watch = Stopwatch(application, started)
    application.run()
    sys.stdout.write(json.dumps(watch.at) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
