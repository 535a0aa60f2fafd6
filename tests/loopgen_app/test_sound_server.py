"""A sound server and a sound process that are killed, and come back (`LOOPGEN_SERVER_KILLS`, 3 each)."""

import os
import time
from collections.abc import Callable

import pytest
from conftest import Stage
from sound_server import SoundServer, needs_sound_server

KILLS = int(os.environ.get("LOOPGEN_SERVER_KILLS", "3"))
LIMIT_SECONDS = 2.0 if "LOOPGEN_SERVER_KILLS" in os.environ else 10.0
"""What is wanted on a machine that has nothing else to do, and what a busy one is granted."""

AWAY_SECONDS = (0.05, 0.4, 1.5)


@pytest.fixture
def playing(server: SoundServer, make_stage: Callable[..., Stage]) -> Stage:
    stage = make_stage(sound=server.environment)
    stage.wait(lambda: stage.studio.generation.state.model == "ready")
    stage.generate()
    stage.wait(lambda: sounds(stage))
    return stage


def sounds(stage: Stage) -> bool:
    """Whether the card takes blocks of the loop now."""
    supervisor = stage.studio.playback._supervisor
    status = supervisor.status()
    return supervisor.alive and status.playing and status.callbacks > 3 and time.monotonic() - status.time < 0.2


def uses(stage: Stage) -> None:
    """The window does what it does, sound or not."""
    stage.find("promptEdit").setText("still here")
    stage.generate()
    assert stage.studio.transport.state.playing


@needs_sound_server
def test_a_sound_server_that_is_killed_and_comes_back_is_played_through_again(
    server: SoundServer, playing: Stage
) -> None:
    stage, took = playing, []
    for number in range(KILLS):
        beat = stage.studio.playback._supervisor.status().beat
        server.kill()
        back = time.monotonic() + AWAY_SECONDS[number % len(AWAY_SECONDS)]
        stage.wait(lambda: not stage.studio.playback._supervisor.alive)
        uses(stage)
        stage.wait(lambda back=back: time.monotonic() >= back)
        server.start()
        began = time.monotonic()
        stage.wait(lambda: sounds(stage))
        took.append(time.monotonic() - began)
        assert stage.studio.playback._supervisor.status().beat >= beat  # it goes on where it was
        assert "Sound is back" in stage.said()
        pause = time.monotonic() + 0.3
        stage.wait(lambda pause=pause: time.monotonic() > pause)
    report("server", took)


@needs_sound_server
def test_a_sound_process_that_is_killed_is_started_again(playing: Stage) -> None:
    stage, took = playing, []
    supervisor = stage.studio.playback._supervisor
    for number in range(KILLS):
        assert supervisor.pid is not None
        os.kill(supervisor.pid, 9)
        killed = time.monotonic()
        stage.wait(lambda number=number: supervisor.restarts > number)
        stage.wait(lambda: sounds(stage))
        took.append(time.monotonic() - killed)
        uses(stage)
    report("process", took)


def report(what: str, took: list[float]) -> None:
    """Seconds from where it can work again to sound."""
    middle = sorted(took)[len(took) // 2]
    print(f"\n{what} killed {len(took)} times: back after {middle:.2f} s, at most {max(took):.2f} s")  # noqa: T201
    assert max(took) < LIMIT_SECONDS
