"""Another process leads, by MIDI clock over a cable or by Ableton Link; this one follows, with a sound process that
plays at a card's pace.

`LOOPGEN_TWO_CLOCKS_MINUTES` (0: a few seconds, of which only is asked that the clock leads) is how long the lock is
held; with minutes given, the phase must be within 2 ms (p95) after two bars, must not drift, and nothing drop out.
"""

import importlib.util
import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import mido
import numpy as np
import pytest
from conftest import Stage
from numpy.typing import NDArray
from scipy.ndimage import percentile_filter
from sound_server import SoundServer, needs_sound_server

from engine import child_environment
from loopgen_app.remote.clock_follower import TICKS_PER_BEAT
from loopgen_app.remote.clock_ticker import CLOCK, START, STOP
from loopgen_app.remote.heard_beat import REMEMBERED
from loopgen_app.sound.status import Status

MINUTES = float(os.environ.get("LOOPGEN_TWO_CLOCKS_MINUTES", "0"))
TEMPO, LOOP_TEMPO = 128.0, 126.0
SETTLED_SECONDS = 2 * 4 * 60 / TEMPO
"""Two bars."""
STEADY_SECONDS = 5
"""The sound server needs a moment to find its pace."""
AROUND = 129
"""Callbacks: three seconds."""
WIRE, PEER, TICKS = (Path(__file__).with_name(f"{name}.py") for name in ("clock_wire", "link_peer", "ticks_out"))


class Other:
    """The process at the other end."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, str(WIRE), str(path), str(TEMPO)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._line() == "listening"

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def zero(self) -> float:
        """The monotonic second of its beat 0."""
        return float(json.loads(self._line())["zero"])

    def close(self) -> None:
        self.process.communicate(input="", timeout=20)


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Other]:
    path = tmp_path / "cable"
    monkeypatch.setenv("LOOPGEN_TEST_CABLE", str(path))
    before = mido.backend
    mido.set_backend("clock_wire")
    made = Other(path)
    yield made
    if made.process.poll() is None:
        made.close()
    mido.set_backend(before)


def heard_at(readings: list[Status]) -> tuple[list[Status], NDArray[np.float64]]:
    """Those of a transport that ran, and the monotonic second at which each was heard."""
    played = [each for each in readings if each.playing and each.samples]
    times = np.array([each.time + each.block / each.rate for each in played])
    played_for = np.array([each.frames / each.rate for each in played])
    heard = percentile_filter(times - played_for, 25, AROUND, mode="nearest") + played_for
    return played, heard + np.array([each.latency for each in played])


def phase(readings: list[Status], zero: float, every: int | None = None) -> NDArray[np.float64]:
    """Rows of (seconds since beat 0, error in ms), by the card's clock as the callbacks around each have it.

    One by itself comes late, never early, and a dropout moves all that follow: the early ones of three seconds are
    believed.

    Beats are told apart within `every`, by default within the loop.
    """
    played, heard = heard_at(readings)
    beats = np.array([each.beat for each in played])
    length = np.array([every or each.beats for each in played])
    wanted = (heard - zero) * TEMPO / 60
    apart = (wanted - beats + length / 2) % length - length / 2
    return np.stack([heard - zero, apart * 60_000 / TEMPO], axis=1)


def watch(stage: Stage, zero: float) -> list[Status]:
    """What the sound process says until the time is over."""
    readings: list[Status] = []
    while len(readings) <= 3 * REMEMBERED or time.monotonic() - zero < 60 * MINUTES + SETTLED_SECONDS:
        status = stage.studio.playback.status()
        if not readings or status.callbacks != readings[-1].callbacks:
            readings.append(status)
        stage.qtbot.wait(8)
    return readings


def judge(
    found: NDArray[np.float64], lost: int, folder: Path, record_property: Callable[[str, object], None]
) -> None:
    """Say the figures, and ask what is asked of them; all of them are left in `folder`."""
    np.save(folder / "phase.npy", found)
    held = found[found[:, 0] > SETTLED_SECONDS]
    off = np.abs(held[:, 1])
    drift = np.polyfit(held[:, 0] / 60, held[:, 1], 1)[0]
    told = (
        f"{len(held)} readings over {MINUTES:g} min: p50 {np.median(off):.2f} ms, "
        f"p95 {np.quantile(off, 0.95):.2f}, most {off.max():.2f}; drift {drift:.3f} ms/min; {lost} dropouts"
    )
    record_property("two clocks", told)
    print(f"\n{told}")  # noqa: T201
    assert np.quantile(off, 0.95) < 2.0
    assert abs(drift) * MINUTES < 2.0
    assert lost == 0


def test_phase_is_what_a_known_run_has_it() -> None:
    rate, block, zero = 44100.0, 512, 100.0
    readings = []
    for count in range(400):
        frames = count * block
        beat = (frames / rate + 0.045 + 0.0005) * TEMPO / 60  # half a millisecond ahead
        told = dict.fromkeys(Status.__dataclass_fields__, 0) | {
            "frames": frames, "playing": True, "samples": 1, "beat": beat % 16,
            "time": zero + (frames - block) / rate, "latency": 0.045, "rate": rate, "beats": 16, "block": block,
        }  # fmt: skip
        readings.append(Status(**told))
    found = phase(readings, zero)
    assert found[:, 1] == pytest.approx(-0.5, abs=1e-3)


@needs_sound_server
def test_another_process_leads_over_a_cable(
    server: SoundServer,
    other: Other,
    make_stage: Callable[..., Stage],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    stage = make_stage(sound=server.environment)
    studio, control = stage.studio, stage.window.actions_.control
    stage.wait(lambda: studio.generation.state.model == "ready" and studio.playback._supervisor.alive)
    stage.find("bpmDial").setValue(LOOP_TEMPO)
    stage.generate()
    stage.wait(lambda: studio.playback.status().frames > STEADY_SECONDS * studio.playback.status().rate > 0)
    studio.playback.stop()
    control.clock.follow(True)
    assert control.midi.open() == "MIDI: Cable."
    zero = other.zero()
    stage.wait(lambda: bool(control.clock.lock.led and studio.transport.state.playing))
    dropouts, readings = studio.transport.state.dropouts, watch(stage, zero)
    assert control.clock.lock.follower.tempo_bpm == pytest.approx(TEMPO, rel=0.02)
    assert studio.playback._supervisor.alive
    dropouts = studio.transport.state.dropouts - dropouts
    other.close()
    stage.wait(lambda: not studio.transport.state.playing)  # its stop is the transport's
    control.clock.follow(False)
    if MINUTES:
        judge(phase(readings, zero), dropouts, tmp_path, record_property)


@needs_sound_server
@pytest.mark.skipif(importlib.util.find_spec("aalink") is None, reason="aalink (GPL-3.0-or-later) is not installed")
def test_another_process_leads_by_ableton_link(
    server: SoundServer,
    make_stage: Callable[..., Stage],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    command = [sys.executable, str(PEER), str(TEMPO)]
    peer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    told: deque[dict[str, float]] = deque(maxlen=100)

    def listen() -> None:
        assert peer.stdout is not None
        told.extend(json.loads(line) for line in peer.stdout)

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    stage = make_stage(sound=server.environment)
    studio, link = stage.studio, stage.window.actions_.control.link
    stage.wait(lambda: studio.generation.state.model == "ready" and studio.playback._supervisor.alive)
    stage.find("bpmDial").setValue(LOOP_TEMPO)
    stage.generate()
    stage.wait(lambda: studio.playback.status().frames > STEADY_SECONDS * studio.playback.status().rate > 0)
    studio.playback.stop()
    link.switch(True)
    stage.wait(lambda: link.peers == 1 and link.follower.tempo_bpm == pytest.approx(TEMPO, abs=0.01))
    studio.audition.toggle_play()
    stage.wait(lambda: bool(link.lock.led and studio.transport.state.playing))
    zero = float(np.median([each["time"] - each["beat"] * 60 / TEMPO for each in told]))
    begun, dropouts = time.monotonic(), studio.transport.state.dropouts
    readings = watch(stage, begun)
    assert told[-1]["playing"]
    found = phase(readings, zero, 4)
    found[:, 0] -= begun - zero
    if MINUTES:
        judge(found, studio.transport.state.dropouts - dropouts, tmp_path, record_property)
    link.switch(False)
    assert peer.stdin is not None
    assert peer.stdout is not None
    peer.stdin.close()
    peer.wait(20)
    listening.join(20)
    peer.stdout.close()


@needs_sound_server
def test_another_process_is_sent_what_is_heard(
    server: SoundServer,
    make_stage: Callable[..., Stage],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    stage = make_stage(sound=server.environment)
    studio = stage.studio
    stage.wait(lambda: studio.generation.state.model == "ready" and studio.playback._supervisor.alive)
    stage.find("bpmDial").setValue(LOOP_TEMPO)
    stage.generate()
    stage.wait(lambda: studio.playback.status().frames > STEADY_SECONDS * studio.playback.status().rate > 0)
    studio.playback.stop()
    command = [sys.executable, str(TICKS), str(studio.playback.status_file)]
    environment = child_environment()
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert other.stdout is not None
    assert other.stdout.readline() == "ready\n"
    studio.audition.toggle_play()
    stage.wait(lambda: studio.playback.status().playing)
    begun, dropouts = time.monotonic(), studio.transport.state.dropouts
    readings = watch(stage, begun)
    told, _ = other.communicate(input="", timeout=60)
    sent = [json.loads(line) for line in told.splitlines()]
    told_of = [message for _time, *message in sent if message != [*CLOCK]]
    assert told_of[0] == [*START]
    assert told_of[-1] == [*STOP]
    ticks = np.array([time for time, *message in sent if message == [*CLOCK]])
    played, heard = heard_at(readings)
    wanted = np.interp(np.arange(len(ticks)) / TICKS_PER_BEAT, [each.beat for each in played], heard)
    within = (ticks > heard[0]) & (ticks < heard[-1])
    found = np.stack([ticks - begun, (ticks - wanted) * 1000], axis=1)[within]
    assert len(found) > TICKS_PER_BEAT
    if MINUTES:
        assert len(told_of) == 2  # nothing jumped
        judge(found, studio.transport.state.dropouts - dropouts, tmp_path, record_property)
