"""Qt without a screen; a whole window on a fake renderer, without sound, in a temporary folder."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as the window itself does

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
from fakes import FakeApplications, FakeBackground, FakeRenderer, FakeService, sine_loop
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sound_server import SoundServer

import engine
from engine import GenerationService, LoopRequest, ServiceEvents, starter_pack
from loopgen_app import theme
from loopgen_app.application import Application
from loopgen_app.audition import LoopAtHand
from loopgen_app.making.service import load_pack
from loopgen_app.settings import Folders
from loopgen_app.studio import build_studio

Widget = TypeVar("Widget", bound=QWidget)


class Stage:
    """A window under test and the short ways to drive it."""

    def __init__(self, application: Application, renderer: FakeRenderer, qtbot: QtBot) -> None:
        self.application, self.renderer, self.qtbot = application, renderer, qtbot
        self.window, self.studio = application.window, application.studio
        self.gate = threading.Event()
        self.gate.set()

    def find(self, name: str) -> Any:
        """The control with an object name."""
        found = self.window.findChild(QWidget, name)
        assert found is not None, name
        return found

    def value(self, knob: str) -> Any:
        """A knob's value."""
        return self.studio.instrument.value(knob)

    def wait(self, condition: Callable[[], bool]) -> None:
        """Let events happen until `condition` holds."""
        self.qtbot.waitUntil(condition, timeout=60_000)

    def generate(self) -> None:
        """Press Generate and wait for all that was asked."""
        self.find("generateButton").click()
        self.wait(lambda: not self.studio.generation.state.busy)

    def said(self) -> str:
        """What the window said last."""
        last = self.studio.messages.last
        return last.text if last is not None else ""


@pytest.fixture
def make_stage(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Builds windows; all are closed at the end.

    `sound` is the environment of the sound process, which is started when it is given; `real` plays the starter pack.
    """
    stages: list[Stage] = []

    def make(
        folder: Path | None = None,
        renderer: FakeRenderer | None = None,
        *,
        sound: Mapping[str, str] | None = None,
        real: bool = False,
    ) -> Stage:
        renderer = renderer or FakeRenderer()
        application = Application(
            ["loopgen"],
            folders=Folders(folder or tmp_path / "data"),
            make_service=lambda events: GenerationService(
                lambda: load_pack(starter_pack()) if real else renderer, events
            ),
            studio_options={"sound_environment": sound},
        )
        stage = Stage(application, renderer, qtbot)
        stages.append(stage)
        stage.window.show()
        if sound is not None:
            application.studio.playback.start()
        return stage

    yield make
    for stage in stages:
        stage.gate.set()
        stage.window.close()
        stage.window.deleteLater()


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """One window whose model is ready."""
    made = make_stage()
    made.wait(lambda: made.studio.generation.state.model == "ready")
    return made


class Desk:
    """All that panels know, without a window, threads or sound: everything happens at once, when it is let."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        self.services: list[FakeService] = []
        self.qtbot = qtbot
        self.studio = build_studio(
            Folders(folder), self._service, sound_command=["no-sound"], background=FakeBackground()
        )
        self.service.ready()

    def _service(self, events: ServiceEvents) -> FakeService:
        self.services.append(FakeService(events))
        return self.services[-1]

    @property
    def service(self) -> FakeService:
        """The engine's service, which waits."""
        return self.services[-1]

    def generate(self, **knobs: Any) -> LoopAtHand:
        """Turn knobs, make a loop and hear it."""
        self.studio.instrument.set_many(knobs, "Test")
        self.studio.composing.generate()
        self.service.finish()
        assert self.studio.audition.current is not None
        return self.studio.audition.current

    def said(self) -> str:
        """What was said last."""
        last = self.studio.messages.last
        return last.text if last is not None else ""

    def show(self, panel: Widget) -> Widget:
        """Put a panel on the screen."""
        self.qtbot.addWidget(panel)
        panel.show()
        return panel


@pytest.fixture
def desk(tmp_path: Path, qtbot: QtBot, qapp: QApplication) -> Iterator[Desk]:
    """A studio whose model is ready."""
    if not qapp.styleSheet():
        theme.apply(qapp)
    made = Desk(tmp_path / "data", qtbot)
    made.studio.sessions.begin()
    yield made
    made.studio.sessions.end()
    made.studio.close()


@pytest.fixture
def applications(monkeypatch: pytest.MonkeyPatch) -> FakeApplications:
    """Fakes in place of what reworks loops."""
    made = FakeApplications()
    made.install(lambda name, function: monkeypatch.setattr(engine, name, function, raising=False))
    return made


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SoundServer]:
    """A sound server of the test's own; for tests that are marked with `needs_sound_server`."""
    made = SoundServer(tmp_path)
    made.start()
    yield made
    made.close()


@pytest.fixture
def loop_at(tmp_path: Path) -> Callable[..., Path]:
    """Writes foreign loops into the test's folder; their names tell their tempo."""

    def write(name: str = "groove_120bpm.wav", **wishes: object) -> Path:
        path = tmp_path / name
        asked = LoopRequest(**{"tempo_bpm": 120.0, "bars": 2, **wishes})  # type: ignore[arg-type]
        engine.write_wav(path, sine_loop(asked), 44_100)
        return path

    return write
