"""Killed at any moment, a window loses nothing that was heard and leaves no half of a file (`LOOPGEN_KILLS`, 5)."""

import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from doomed import PHASES
from fakes import sine_loop

from engine import Recipe, read_audio, sweep_stale_files
from loopgen_app.settings import Folders, Settings
from loopgen_app.state.loop_bank import LoopBank
from loopgen_app.state.session import open_session

KILLS = int(os.environ.get("LOOPGEN_KILLS", "5"))
HERE = Path(__file__).parent
LONGEST_SECONDS = 0.6


@dataclass
class Promises:
    """What the window said it had done, over all its lives."""

    loops: set[int] = field(default_factory=set)
    stars: set[int] = field(default_factory=set)
    files: set[Path] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)

    def take(self, lines: list[str]) -> None:
        for line in lines:
            word, _, rest = line.rstrip("\n").partition(" ")
            match word:
                case "loop":
                    self.loops.add(int(rest))
                case "star":
                    self.stars.add(int(rest))
                case "file":
                    self.files.add(Path(rest))
                case "ready" if rest:
                    self.notices.append(rest)


def one_life(folder: Path, seconds: float, *, first: bool) -> list[str]:
    """Let a window work for some seconds once it is ready; returns the whole lines it said before it was killed.

    In its `first` life it lives until it has made a loop, so that there is something to lose.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), str(HERE.parent)])}
    window = subprocess.Popen(
        [sys.executable, str(HERE / "doomed.py"), str(folder)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert window.stdout is not None
    lines = [window.stdout.readline()]
    assert lines[0].startswith("ready"), "the window does not start any more"
    while first and not lines[-1].startswith("loop"):
        lines.append(window.stdout.readline())
    try:
        window.wait(seconds)
    except subprocess.TimeoutExpired:
        window.kill()
    lines += window.stdout.readlines()
    window.stdout.close()
    assert window.wait() == -9, "the window ended by itself"
    return [line for line in lines if line.endswith("\n")]


def check_bank(folder: Path, promises: Promises, checked: set[int]) -> None:
    bank = LoopBank(Folders(folder).bank)
    loops = {loop.id: loop for loop in bank.loops()}
    assert bank.notice == ""
    assert promises.loops <= loops.keys()
    assert promises.stars <= {loop.id for loop in loops.values() if loop.favourite}
    for loop_id in loops.keys() - checked:
        audio, _ = bank.audio(loop_id)
        assert np.abs(audio - sine_loop(loops[loop_id].recipe.request)).max() < 2.0**-22
        checked.add(loop_id)
    bank.close()


def check_exports(folder: Path, promises: Promises, checked: set[Path]) -> None:
    exports = Folders(folder).exports
    sweep_stale_files(exports)  # as every start of the window does
    files = set(exports.iterdir()) if exports.exists() else set()
    assert promises.files <= files
    for path in files - checked:
        file = read_audio(path)  # whole, or it is not read
        expected = sine_loop(Recipe.from_json(file.metadata.comment or "").request)
        assert np.abs(file.audio - expected).max() < 2.0**-14
        checked.add(path)


def test_nothing_that_was_heard_is_lost_and_no_file_is_half_when_the_window_is_killed(tmp_path: Path) -> None:
    chance = random.Random(20261125)
    promises, phases = Promises(), Counter[str]()
    loops: set[int] = set()
    files: set[Path] = set()
    for life in range(KILLS):
        promises.take(one_life(tmp_path, chance.uniform(0.0, LONGEST_SECONDS), first=life == 0))
        going = (tmp_path / "phases").read_bytes()
        phases.update(phase for phase, on in zip(PHASES, going, strict=True) if on)
        check_bank(tmp_path, promises, loops)
        check_exports(tmp_path, promises, files)
        if Folders(tmp_path).autosave.exists():
            open_session(Folders(tmp_path).autosave)
        Settings.load(Folders(tmp_path).settings)
    print(f"\n{KILLS} kills, {len(loops)} loops, {len(files)} files; killed while {dict(phases)}")  # noqa: T201
    assert promises.notices == []
    assert len(loops) >= len(promises.loops) > 0
