"""Another process sends MIDI clock over a cable; this one follows, with a sound process that plays at a card's pace.

`LOOPGEN_TWO_CLOCKS_MINUTES` (0: a few seconds, of which only is asked that the clock leads) is how long the lock is
held; with minutes given, the phase must be within 2 ms (p95) after two bars, must not drift, and nothing drop out.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import mido
import numpy as np
import pytest
from conftest import Stage
from numpy.typing import NDArray
from sound_server import SoundServer, needs_sound_server

from loopgen_app.remote.heard_beat import REMEMBERED
from loopgen_app.sound.status import Status

MINUTES = float(os.environ.get("LOOPGEN_TWO_CLOCKS_MINUTES", "0"))
TEMPO, LOOP_TEMPO = 128.0, 126.0
SETTLED_SECONDS = 2 * 4 * 60 / TEMPO
"""Two bars."""
WIRE = Path(__file__).with_name("clock_wire.py")


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


def phase(readings: list[Status], zero: float) -> NDArray[np.float64]:
    """Rows of (seconds since beat 0, error in ms), by the card's clock as a line through all callbacks of the run."""
    played = [each for each in readings if each.playing and each.samples]
    frames = np.array([each.frames for each in played], float)
    times = np.array([each.time + each.block / each.rate for each in played])
    slope, _ = np.polyfit(frames, times, 1)
    late = times - slope * frames
    heard = np.median(late) + slope * frames + np.array([each.latency for each in played])
    beats = np.array([each.beat for each in played])
    length = np.array([each.beats for each in played])
    wanted = (heard - zero) * TEMPO / 60
    apart = (wanted - beats + length / 2) % length - length / 2
    return np.stack([heard - zero, apart * 60_000 / TEMPO], axis=1)


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
    record_property: Callable[[str, object], None],
) -> None:
    stage = make_stage(sound=server.environment)
    studio, control = stage.studio, stage.window.actions_.control
    stage.wait(lambda: studio.generation.state.model == "ready" and studio.playback._supervisor.alive)
    stage.find("bpmDial").setValue(LOOP_TEMPO)
    stage.generate()
    studio.playback.stop()
    control.clock.follow(True)
    assert control.midi.open() == "MIDI: Cable."
    zero = other.zero()
    stage.wait(lambda: bool(control.clock.lock.led and studio.transport.state.playing))
    dropouts, readings = studio.transport.state.dropouts, list[Status]()

    def read() -> bool:
        status = studio.playback.status()
        if not readings or status.callbacks != readings[-1].callbacks:
            readings.append(status)
        long_enough = time.monotonic() - zero >= 60 * MINUTES + SETTLED_SECONDS
        return len(readings) > 3 * REMEMBERED and long_enough

    while not read():
        stage.qtbot.wait(8)
    assert control.clock.lock.follower.tempo_bpm == pytest.approx(TEMPO, rel=0.02)
    assert studio.playback._supervisor.alive
    found = phase(readings, zero)
    held = found[found[:, 0] > SETTLED_SECONDS]
    if MINUTES:
        off = np.abs(held[:, 1])
        drift = np.polyfit(held[:, 0] / 60, held[:, 1], 1)[0]
        lost = studio.transport.state.dropouts - dropouts
        told = (
            f"{len(held)} readings over {MINUTES:g} min: p50 {np.median(off):.2f} ms, "
            f"p95 {np.quantile(off, 0.95):.2f}, most {off.max():.2f}; drift {drift:.3f} ms/min; {lost} dropouts"
        )
        record_property("two clocks", told)
        print(f"\n{told}")  # noqa: T201
        assert np.quantile(off, 0.95) < 2.0
        assert abs(drift) * MINUTES < 2.0
        assert lost == 0
    other.close()
    stage.wait(lambda: not studio.transport.state.playing)  # its stop is the transport's
    control.clock.follow(False)
