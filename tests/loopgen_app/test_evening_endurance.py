"""An evening with the shipped pack: other tempi, swaps, the noise pad and exports, for minutes on end.

`LOOPGEN_EVENING_MINUTES` (default 0.2) says how long. Nothing drops out, nothing goes wrong, nothing grows.
"""

import gc
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
from conftest import Stage
from PySide6.QtCore import QTimer
from sound_server import SoundServer, needs_sound_server

from engine import starter_pack

MINUTES = float(os.environ.get("LOOPGEN_EVENING_MINUTES", "0.2"))
HAS_PACK = (starter_pack() / "pack.json").is_file()
TEMPI = [80.0 + 0.5 * number for number in range(200)]
MOST_BYTES = 100_000_000
PATIENCE_SECONDS = 60.0
SETTLE_SECONDS = 3.0
"""A sound server may stall shortly after a stream was opened."""


class Evening:
    """Makes a loop at the next tempo as soon as one is there, exports it, and moves the pad now and then."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.folder = stage, folder
        self.chance = random.Random(7)
        self.loops, self.exported, self.going = 0, 0, True
        stage.studio.generation.finished.connect(lambda: QTimer.singleShot(0, self.go_on))

    def go_on(self) -> None:
        if not self.going:
            return
        studio, chance = self.stage.studio, self.chance
        current = studio.audition.current
        if current is not None and self.loops % 2:
            studio.exports.export(current, self.folder)
            self.exported += 1
        studio.instrument.set_many(
            {
                "tempo_bpm": TEMPI[self.loops * 37 % len(TEMPI)],
                "bars": chance.choice((1, 2)),
                "pad_on": chance.random() < 0.5,
                "pad_x": chance.random(),
                "pad_y": chance.random(),
                "swap_at": chance.choice(("beat", "bar")),
            },
            "Evening",
        )
        studio.composing.generate()
        self.loops += 1


@needs_sound_server
def test_nothing_drops_out_goes_wrong_or_grows(
    server: SoundServer, make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    stage = make_stage(sound=server.environment, real=HAS_PACK)
    supervisor = stage.studio.playback._supervisor
    stage.wait(lambda: supervisor.alive and stage.studio.generation.state.model == "ready")
    said: Counter[str] = Counter()
    stage.studio.messages.said.connect(lambda message: said.update([message.text]))
    calm = time.monotonic() + SETTLE_SECONDS
    stage.wait(lambda: time.monotonic() > calm)
    process, evening = psutil.Process(), Evening(stage, tmp_path / "exports")
    evening.go_on()
    end = time.monotonic() + MINUTES * 60
    settled: tuple[int, int, int] | None = None
    latest = end + PATIENCE_SECONDS
    while time.monotonic() < end or (evening.loops < 5 and time.monotonic() < latest):
        stage.qtbot.wait(100)
        if settled is None and (evening.loops > 20 or time.monotonic() > end - MINUTES * 45):
            settled = measured(process)
    evening.going = False
    stage.wait(lambda: not stage.studio.generation.state.busy)
    last, status = measured(process), supervisor.status()
    assert settled is not None
    print(  # noqa: T201 - the figures are what this is run for
        f"\n{evening.loops} loops, {evening.exported} files, {status.dropouts} dropouts; memory "
        f"{settled[0] / 1e6:.0f} -> {last[0] / 1e6:.0f} MB, "
        f"descriptors {settled[1]} -> {last[1]}, threads {settled[2]} -> {last[2]}"
    )
    assert (status.dropouts, supervisor.restarts) == (0, 0)
    assert not [text for text in said if "went wrong" in text or "cannot" in text.lower() or "could not" in text]
    assert len(list((tmp_path / "exports").iterdir())) == evening.exported > 0
    assert last[0] - settled[0] < MOST_BYTES
    assert last[1] <= settled[1] + 2 and last[2] <= settled[2] + 1


def measured(process: psutil.Process) -> tuple[int, int, int]:
    """Bytes, descriptors and threads of the window now."""
    gc.collect()
    return process.memory_info().rss, process.num_fds(), threading.active_count()
