"""The whole instrument on a virtual sound card; with the starter pack where it is there, else with a fake engine."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import Stage
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from sound_server import SoundServer, sound_server_is_there
from test_supervisor import needs_alsa

from engine import starter_pack
from loopgen_app.drops import take_drop
from loopgen_app.sound.status import Status

ROOT = str(Path(__file__).parents[2])
HAS_PACK = (starter_pack() / "pack.json").is_file()


@pytest.fixture
def sounding(make_stage: Callable[..., Stage], tmp_path: Path) -> Iterator[Stage]:
    """A window on a sound server's null sink; without a server on ALSA's null device, which is 300 times as fast."""
    if sound_server_is_there():
        server = SoundServer(tmp_path)
        server.start()
        yield make_stage(sound=server.environment, real=HAS_PACK)
        server.close()
    else:
        (tmp_path / ".asoundrc").write_text("pcm.!default { type null }\nctl.!default { type null }\n")
        yield make_stage(sound={**os.environ, "HOME": str(tmp_path), "PYTHONPATH": ROOT}, real=HAS_PACK)


def swap_beat(status: Status, beats: int) -> float:
    """Beats since the transport began at which the loop of `beats` beats that plays took over."""
    return status.beat - (status.frames - status.swap_frame) / status.samples * beats


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
    stage.generate()
    moved = studio.audition.current
    assert moved is not None
    assert moved.recipe.request.noise is not None
    stage.wait(lambda: supervisor.status().loop_id == moved.id)
    beat = swap_beat(supervisor.status(), 8)
    assert abs(beat - round(beat)) * 60 / 128 < 0.001
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
