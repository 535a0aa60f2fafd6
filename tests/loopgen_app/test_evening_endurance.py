"""An evening with the shipped pack: other tempi, swaps, the noise pad and exports, for minutes on end.

`LOOPGEN_EVENING_MINUTES` (default 0.2) says how long; from `ALL_TEMPI_MINUTES` on all 200 tempi have to be heard.
Nothing drops out, nothing goes wrong, nothing grows: neither the window nor the sound process.
"""

import gc
import logging
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import soundfile
from conftest import Stage
from PySide6.QtCore import QTimer
from sound_server import SoundServer, needs_sound_server

from engine import starter_pack

MINUTES = float(os.environ.get("LOOPGEN_EVENING_MINUTES", "0.2"))
HAS_PACK = (starter_pack() / "pack.json").is_file()
ALL_TEMPI_MINUTES = 20.0
TEMPI = [80.0 + 0.5 * number for number in range(200)]
MOST_BYTES = 100_000_000
PATIENCE_SECONDS = 60.0
REST_MILLISECONDS = 600_000
SETTLE_SECONDS = 3.0
"""A sound server may stall shortly after a stream was opened."""


@dataclass(frozen=True)
class Measured:
    """Bytes, descriptors and threads (those of the system, torch's too) of a process."""

    memory: int
    descriptors: int
    threads: int

    @classmethod
    def of(cls, process: psutil.Process) -> "Measured":
        gc.collect()
        return cls(process.memory_info().rss, process.num_fds(), process.num_threads())

    def check(self, earlier: "Measured", most_bytes: int) -> None:
        """Nothing has grown since `earlier`."""
        assert self.memory - earlier.memory < most_bytes
        assert self.descriptors <= earlier.descriptors + 2 and self.threads <= earlier.threads + 1


class Evening:
    """Makes a loop at the next tempo as soon as one is there, exports it, and moves the pad now and then."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.folder = stage, folder
        self.chance = random.Random(7)
        self.loops, self.exported, self.going = 0, 0, True
        self.tempi: set[float] = set()
        stage.studio.generation.finished.connect(lambda: QTimer.singleShot(0, self.go_on))

    def go_on(self) -> None:
        if not self.going:
            return
        studio, chance = self.stage.studio, self.chance
        current = studio.audition.current
        if current is not None:
            self.tempi.add(current.recipe.request.tempo_bpm)
            if self.loops % 2:
                self.export()
        studio.instrument.set_many(
            {
                "tempo_bpm": TEMPI[self.loops * 37 % len(TEMPI)],
                "bars": chance.choice((1, 2)),
                "pad_on": chance.random() < 0.5,
                "swap_at": chance.choice(("beat", "bar")),
            },
            "Evening",
        )
        self.move()
        studio.composing.generate()
        self.loops += 1

    def rest(self, processes: Sequence[psutil.Process]) -> list[Measured]:
        """What `processes` hold between two loops: while one is made it takes a hundred megabytes for itself."""
        self.going = False
        self.stage.qtbot.waitUntil(lambda: not self.stage.studio.generation.state.busy, timeout=REST_MILLISECONDS)
        self.stage.qtbot.wait(100)  # what was to go on has been told that it does not
        measured = [Measured.of(process) for process in processes]
        self.going = True
        return measured

    def move(self) -> None:
        """Move the pad."""
        self.stage.studio.instrument.set_many({"pad_x": self.chance.random(), "pad_y": self.chance.random()}, "Pad")

    def export(self) -> None:
        """Export what is there: it is as long as its recipe says."""
        current = self.stage.studio.audition.current
        assert current is not None
        written = soundfile.info(self.stage.studio.exports.export(current, self.folder))
        request = current.recipe.request
        assert written.frames == round(request.bars * 240 / request.tempo_bpm * written.samplerate)
        self.exported += 1


@needs_sound_server
def test_nothing_drops_out_goes_wrong_or_grows(
    server: SoundServer, make_stage: Callable[..., Stage], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stage = make_stage(sound=server.environment, real=HAS_PACK)
    supervisor = stage.studio.playback._supervisor
    stage.wait(lambda: supervisor.alive and stage.studio.generation.state.model == "ready")
    said: Counter[str] = Counter()
    stage.studio.messages.said.connect(lambda message: said.update([message.text]))
    calm = time.monotonic() + SETTLE_SECONDS
    stage.wait(lambda: time.monotonic() > calm)
    assert supervisor.pid is not None
    processes = psutil.Process(), psutil.Process(supervisor.pid)
    evening = Evening(stage, tmp_path / "exports")
    evening.go_on()
    end = time.monotonic() + MINUTES * 60
    settled: list[Measured] = []
    latest = end + PATIENCE_SECONDS
    while time.monotonic() < end or (evening.loops < 5 and time.monotonic() < latest):
        stage.qtbot.wait(100)
        if not settled and (evening.loops > 20 or time.monotonic() > end - MINUTES * 45):
            settled = evening.rest(processes)
            evening.go_on()
        if evening.chance.random() < 0.1:
            evening.move()
    last = evening.rest(processes)
    evening.going = False
    status, restarts = supervisor.status(), supervisor.restarts
    assert restarts == 0, said
    faults = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    print(  # noqa: T201 - the figures are what this is run for
        f"\n{evening.loops} loops at {len(evening.tempi)} tempi, {status.swaps} swaps, {evening.exported} files, "
        f"{status.dropouts} dropouts, {status.late} late blocks, {restarts} restarts, {len(faults)} exceptions\n"
        f"window {settled[0]} -> {last[0]}\nsound {settled[1]} -> {last[1]}"
    )
    assert status.dropouts == 0 and faults == []
    assert status.playing and status.swaps > 0
    assert not [text for text in said if "went wrong" in text or "cannot" in text.lower() or "could not" in text]
    assert len(list((tmp_path / "exports").iterdir())) == evening.exported > 0
    assert MINUTES < ALL_TEMPI_MINUTES or evening.tempi == set(TEMPI)
    last[0].check(settled[0], MOST_BYTES)
    last[1].check(settled[1], MOST_BYTES)
