"""A window that works as fast as it can until it is killed: `python doomed.py FOLDER`. Every line is a promise."""

import mmap
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

from fakes import FakeRenderer
from PySide6.QtCore import QTimer

from engine import FORMATS, GenerationService
from loopgen_app.application import Application
from loopgen_app.making.generation import Made
from loopgen_app.settings import Folders
from loopgen_app.state.loop_bank import LoopBank

PHASES = ("generating", "banking", "exporting")


class Phases:
    """What is going on, as bytes of a file that outlives the process."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(len(PHASES)))
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), len(PHASES))

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        self._bytes[PHASES.index(phase)] = 1
        try:
            yield
        finally:
            self._bytes[PHASES.index(phase)] = 0

    def marked(self, phase: str, action: Callable[..., Any]) -> Callable[..., Any]:
        def act(*values: Any, **named: Any) -> Any:
            with self.during(phase):
                return action(*values, **named)

        return act


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main(folder: Path) -> None:
    phases = Phases(folder / "phases")
    renderer = FakeRenderer()
    renderer.render = phases.marked("generating", renderer.render)  # type: ignore[method-assign]
    LoopBank.add = phases.marked("banking", LoopBank.add)  # type: ignore[method-assign]
    application = Application(
        ["loopgen"], folders=Folders(folder), make_service=lambda events: GenerationService(lambda: renderer, events)
    )
    studio = application.studio
    studio.exports._write = phases.marked("exporting", studio.exports._write)  # type: ignore[method-assign]
    formats = cycle(FORMATS)

    def made(loop: Made) -> None:
        assert loop.banked is not None
        say("loop", loop.banked.id)
        studio.settings.export_format = next(formats)
        current = studio.audition.fetch(loop.banked.id)
        assert current is not None
        say("file", studio.exports.export(current))
        if loop.banked.id % 3 == 0:
            studio.bank.set_favourite(loop.banked.id, True)
            studio.bank.rename(loop.banked.id, f"Star {loop.banked.id}")
            say("star", loop.banked.id)

    studio.generation.made.connect(made)
    studio.generation.finished.connect(lambda: QTimer.singleShot(0, studio.composing.generate))
    studio.instrument.set_many({"bars": 1, "tempo_bpm": 174.0, "variations": 2}, "")
    application.window.show()
    say("ready", studio.bank.notice)
    studio.composing.generate()
    application.app.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
