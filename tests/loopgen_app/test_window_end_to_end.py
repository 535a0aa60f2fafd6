"""The whole instrument on a virtual sound card; with the starter pack where it is there, else with a fake engine."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import Stage
from fakes import FakeRenderer
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from test_supervisor import needs_alsa

from engine import GenerationService, starter_pack
from loopgen_app.application import Application
from loopgen_app.drops import take_drop
from loopgen_app.generation import load_pack
from loopgen_app.settings import Folders

ROOT = str(Path(__file__).parents[2])
HAS_PACK = (starter_pack() / "pack.json").is_file()


@pytest.fixture
def sounding(qtbot: QtBot, tmp_path: Path) -> Iterator[Stage]:
    (tmp_path / ".asoundrc").write_text("pcm.!default { type null }\nctl.!default { type null }\n")
    renderer = FakeRenderer()
    application = Application(
        ["loopgen"],
        folders=Folders(tmp_path / "data"),
        make_service=lambda events: GenerationService(
            lambda: load_pack(starter_pack()) if HAS_PACK else renderer, events
        ),
        studio_options={"sound_environment": {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": ROOT}},
    )
    stage = Stage(application, renderer, qtbot)
    application.window.show()
    application.studio.playback.start()
    yield stage
    application.window.close()


@needs_alsa
def test_a_session_at_the_instrument(sounding: Stage, tmp_path: Path) -> None:
    stage, studio = sounding, sounding.studio
    supervisor = studio.playback._supervisor
    stage.wait(lambda: supervisor.alive and studio.generation.state.model == "ready")
    QTest.keyClicks(stage.find("promptEdit"), "warm minimal house")
    stage.find("bpmDial").setValue(128)
    stage.find("barsBox").setValue(2)
    stage.find("stepsBox").setValue(4)
    stage.generate()
    stage.wait(lambda: supervisor.status().playing and supervisor.status().loop_id == 1)
    first = studio.audition.current
    assert first is not None
    assert first.audio.shape == (2, round(8 * 60 / 128 * 44100))

    pad = stage.find("noisePad")
    for share in (0.3, 0.8):
        QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=pad.rect().center())
        QTest.mouseMove(pad, QPoint(int(pad.width() * share), pad.height() // 2))
        QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(int(pad.width() * share), pad.height() // 2))
        swaps = supervisor.status().swaps
        stage.wait(lambda swaps=swaps: supervisor.status().swaps > swaps and not studio.generation.state.busy)
    moved = studio.audition.current
    assert moved is not None
    assert moved.recipe.request.noise is not None
    stage.wait(lambda: supervisor.status().loop_id == moved.id)
    assert supervisor.status().dropouts == 0

    dragged: list[Path] = []
    tile = stage.find("dragTile")
    tile.start_drag = lambda _tile, path, _picture: dragged.append(path)
    QTest.mousePress(tile, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    QTest.mouseMove(tile, QPoint(60, 40))
    asked = studio.instrument.request()
    stage.find("promptEdit").setText("something else")
    stage.find("bpmDial").setValue(77)
    take_drop(studio, dragged)
    assert studio.instrument.request() == moved.recipe.request == asked
    back = studio.audition.current
    assert back is not None
    assert np.abs(back.audio - moved.audio).max() < 2.0**-22


@needs_alsa
def test_the_window_lives_on_when_the_sound_process_is_killed(sounding: Stage) -> None:
    stage, playback = sounding, sounding.studio.playback
    supervisor = playback._supervisor
    stage.wait(lambda: supervisor.alive and stage.studio.generation.state.model == "ready")
    stage.find("stepsBox").setValue(2)
    stage.generate()
    for number in range(3):
        stage.wait(lambda: supervisor.alive and supervisor.status().playing)
        assert supervisor.pid is not None
        os.kill(supervisor.pid, 9)
        killed = time.monotonic()
        stage.wait(lambda number=number: supervisor.restarts > number)
        stage.wait(lambda: supervisor.alive and supervisor.status().playing)
        assert time.monotonic() - killed < 10.0
    assert "Sound is back" in stage.said()
    assert stage.studio.transport.state.health == "ok"
