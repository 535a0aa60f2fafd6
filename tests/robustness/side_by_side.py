"""One of several programs in one folder: `python side_by_side.py exporter|window FOLDER COUNT FIRST`."""

import sys
from pathlib import Path

import numpy as np
from fakes import FakeRenderer

from engine import FORMATS, GenerationService, LoopRequest, Recipe
from engine.export import write_sound
from engine.files import free_path


def export(folder: Path, count: int, first: int) -> None:
    """Write `count` loops of one name."""
    kind = FORMATS["wav24"]
    for number in range(first, first + count):
        audio = np.random.default_rng(number).uniform(-0.5, 0.5, (2, 500)).astype(np.float32)
        path = free_path(folder, "loop.wav")
        say(write_sound(path, audio, 44100, Recipe(LoopRequest(seed=number)), kind) or path, number)


def show(folder: Path, count: int, first: int) -> None:
    """A window that makes and exports `count` loops, then closes."""
    from PySide6.QtCore import QTimer

    from loopgen_app.application import Application
    from loopgen_app.making.generation import Made
    from loopgen_app.settings import Folders

    renderer = FakeRenderer()
    application = Application(
        ["loopgen"], folders=Folders(folder), make_service=lambda events: GenerationService(lambda: renderer, events)
    )
    studio, left = application.studio, [count]

    def made(loop: Made) -> None:
        assert loop.banked is not None
        current = studio.audition.fetch(loop.banked.id)
        assert current is not None
        say(studio.exports.export(current), loop.banked.id)
        left[0] -= 1

    def go_on() -> None:
        QTimer.singleShot(0, studio.composing.generate if left[0] > 0 else application.window.close)

    studio.generation.made.connect(made)
    studio.generation.finished.connect(go_on)
    studio.instrument.set_many({"bars": 1, "tempo_bpm": 240.0, "variations": 1, "seed": first}, "")
    application.window.show()
    studio.composing.generate()
    application.app.exec()


def say(path: object, number: int) -> None:
    sys.stdout.write(f"{number} {path}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    {"exporter": export, "window": show}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
