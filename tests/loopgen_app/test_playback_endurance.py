"""Minutes of playing while loops are made all the time, through PortAudio into a recorded card.

`LOOPGEN_PLAYBACK_MINUTES` (default 0.2) says how long. The recording is compared sample by sample with the loops.
It is not marked slow: those begin the suite, and trainings of several processes beside it take the sound's time.
"""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from conftest import Stage
from PySide6.QtCore import QTimer
from sound_server import RATE, SoundServer, in_real_time, needs_sound_server
from tape import Cue, Reading, read_tape

from engine import starter_pack
from loopgen_app.playback import SIXTEENTHS
from loopgen_app.sound.deck import Deck
from loopgen_app.sound.deck_loop import DeckLoop
from loopgen_app.sound.loop_files import Playable

MINUTES = float(os.environ.get("LOOPGEN_PLAYBACK_MINUTES", "0.2"))
HAS_PACK = (starter_pack() / "pack.json").is_file()
SETTLE_SECONDS = 3.0
"""A sound server may stall shortly after a stream was opened (ECOSYSTEM: 1.4 to 1.8 s)."""

PATIENCE_SECONDS = 60.0
LEAST_CUES = 4
SWAP_SECONDS = 4.0
"""A swap at the next bar takes no longer than a bar of the slowest loop, 3 s."""

MILLISECOND = RATE / 1000
PROMPTS = ("warm minimal house", "dark techno", "acid", "dub chords", "breakbeat, no bass", "")


class Player:
    """Presses Generate again as soon as a loop is there, with another tempo, prompt and way to swap each time."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.folder = stage, folder
        self.chance = random.Random(3)
        self.cues: list[tuple[int, Path, int, int]] = []
        self.presses = 0
        self.first_cue = 0.0
        self.going = True
        stage.studio.instrument.set("live_tempo", False)  # what is recorded is compared with loops as they are
        supervisor = stage.studio.playback._supervisor
        self._cue = supervisor.cue
        supervisor.cue = self._noted  # type: ignore[method-assign]
        stage.studio.generation.finished.connect(self._again)

    def _noted(self, loop: Playable, every: int = 4) -> None:
        path = self.folder / f"cue-{len(self.cues)}.raw"
        np.ascontiguousarray(loop.audio.T).tofile(path)
        self.first_cue = self.first_cue or time.monotonic()
        self.cues.append((loop.id, path, loop.beats, every))
        self._cue(loop, every)

    def _again(self) -> None:
        if self.going:
            QTimer.singleShot(0, self.press)

    def press(self) -> None:
        find, chance = self.stage.find, self.chance
        find("promptEdit").setText(PROMPTS[self.presses % len(PROMPTS)])
        find("bpmDial").setValue(round(chance.uniform(80, 175), 2))
        find("barsBox").setValue(chance.choice((1, 2)))
        find("variationsBox").setValue(chance.choice((1, 1, 4)))  # only the first is heard: long enough for seams
        self.stage.studio.instrument.set("swap_at", chance.choice(("beat", "bar")))
        find("generateButton").click()
        self.presses += 1

    def deck_cues(self) -> list[Cue]:
        return [
            Cue(DeckLoop(loop_id, np.fromfile(path, np.float32).reshape(-1, 2), beats), every)
            for loop_id, path, beats, every in self.cues
        ]


@in_real_time
@needs_sound_server
def test_what_is_heard_while_loops_are_made_is_the_loops_and_every_swap_is_on_its_beat(
    server: SoundServer, make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    stage = make_stage(sound=server.environment, real=HAS_PACK)
    supervisor = stage.studio.playback._supervisor
    stage.wait(lambda: supervisor.alive and stage.studio.generation.state.model == "ready")
    settled = time.monotonic() + SETTLE_SECONDS
    stage.wait(lambda: time.monotonic() > settled)
    server.record(tmp_path / "tape.raw")
    player = Player(stage, tmp_path)
    player.press()
    began = time.monotonic()
    end, latest = began + MINUTES * 60, began + MINUTES * 60 + PATIENCE_SECONDS
    # However slow the machine is at making loops: there have to be some to swap to.
    while time.monotonic() < end or (len(player.cues) < LEAST_CUES and time.monotonic() < latest):
        stage.qtbot.wait(100)
    settled = time.monotonic() + SWAP_SECONDS
    player.going = False
    stage.wait(lambda: time.monotonic() > settled)
    heard = time.monotonic() - player.first_cue
    status = supervisor.status()
    stage.studio.playback.stop()
    stage.wait(lambda: not stage.studio.generation.state.busy)
    server.stop_recording()
    tape = np.fromfile(tmp_path / "tape.raw", np.float32)
    tape = tape[: len(tape) // 2 * 2].reshape(-1, 2)
    sounding = np.flatnonzero(tape.any(axis=1))
    reading = read_tape(tape[: sounding[-1] - RATE // 2], player.deck_cues(), RATE)
    report(reading, player.presses, status.dropouts, status.late)
    assert (status.dropouts, supervisor.restarts) == (0, 0)
    assert reading.breaks == []
    assert reading.exact > (heard - 5) * RATE
    # The first cue begins; one that came before the one ahead of it was heard takes its place.
    assert LEAST_CUES - 2 <= len(reading.swaps) < len(player.cues)
    assert all(swap.on_grid and swap.error <= MILLISECOND for swap in reading.swaps)
    assert all(swap.jump <= swap.own_jump for swap in reading.swaps)


def report(reading: Reading, presses: int, dropouts: int, late: int) -> None:
    worst = max((swap.error for swap in reading.swaps), default=0)
    share = max((swap.jump / swap.own_jump for swap in reading.swaps), default=0.0)
    print(  # noqa: T201 - the figures are what this is run for
        f"\n{reading.exact / RATE:.1f} s bit-exact, {reading.seams} seams, {len(reading.swaps)} swaps of {presses} "
        f"loops, {len(reading.breaks)} breaks, {dropouts} dropouts, {late} late blocks; farthest from the beat "
        f"{worst / RATE * 1000:.2f} ms, greatest jump of a swap {share:.2f} of the loops' own"
    )


def smooth_loop(number: int, beats: int, tempo: float) -> DeckLoop:
    noise = np.random.default_rng(number).uniform(-1, 1, (round(beats * 60 / tempo * RATE), 2))
    smooth = sum(np.roll(noise, shift, axis=0) for shift in range(32)) / 32
    return DeckLoop(number, np.asarray(smooth, np.float32), beats)


def made_tape() -> tuple[np.ndarray, list[Cue]]:
    loops = [
        smooth_loop(number, beats, tempo) for number, (beats, tempo) in enumerate(((4, 174.0), (8, 120.5), (4, 99.9)))
    ]
    cues = [Cue(loop, SIXTEENTHS[at]) for loop, at in zip(loops, ("beat", "bar", "beat"), strict=True)]
    deck = Deck(RATE)
    tape = np.zeros((16 * RATE, 2), np.float32)
    deck.cue(loops[0])
    deck.play()
    deck.render(tape[1000 : 4 * RATE])
    for number, cue in enumerate(cues[1:], 1):
        deck.cue(cue.loop, cue.every)
        deck.render(tape[4 * number * RATE : 4 * (number + 1) * RATE])
    deck.render(tape[12 * RATE :])
    return tape, cues


def test_the_reader_of_tapes_finds_swaps_breaks_and_what_is_off_the_beat() -> None:
    tape, cues = made_tape()
    good = read_tape(tape, cues, RATE)
    assert len(good.swaps) == 2
    assert good.breaks == []
    assert all(swap.on_grid and swap.error <= MILLISECOND for swap in good.swaps)
    # Two noises that are crossfaded with equal power may step 1.41 times as far as one.
    assert all(swap.jump <= 1.41 * swap.own_jump for swap in good.swaps)
    assert good.exact > len(tape) - 6000
    begin = good.swaps[0].start - 5000
    silent = tape.copy()
    silent[begin : begin + 300] = 0.0
    assert read_tape(silent, cues, RATE).breaks == [begin]
    late = np.insert(tape, good.swaps[0].start - 20, tape[:200], axis=0)
    assert len(read_tape(late, cues, RATE).breaks) == 1
    cues[1] = Cue(cues[1].loop, 7 * 16)
    assert [swap.on_grid for swap in read_tape(tape, cues, RATE).swaps] == [False, True]
