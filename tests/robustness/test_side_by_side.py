"""Two programs that write into one folder at once lose nothing of each other's (`LOOPGEN_FILES`, 24 for both)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine import Recipe, read_audio
from loopgen_app.settings import Folders
from loopgen_app.state.loop_bank import LoopBank

EACH = int(os.environ.get("LOOPGEN_FILES", "24")) // 2
HERE = Path(__file__).parent


def both(kind: str, folder: Path) -> list[tuple[int, Path]]:
    """What two programs say that they wrote: numbers and files."""
    path = os.pathsep.join([str(HERE.parents[1]), str(HERE.parent)])
    environment = {**os.environ, "PYTHONPATH": path, "QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(HERE / "side_by_side.py"), kind, str(folder), str(EACH)]
    programs = [
        subprocess.Popen([*command, str(first)], stdout=subprocess.PIPE, text=True, env=environment)
        for first in (1, 1_000_001)
    ]
    said = [program.communicate()[0] for program in programs]
    assert [program.returncode for program in programs] == [0, 0]
    words = [line.split(" ", 1) for text in said for line in text.splitlines()]
    return [(int(number), Path(path)) for number, path in words]


def test_two_exporters_lose_no_file(tmp_path: Path) -> None:
    written = both("exporter", tmp_path)
    assert len({path for _, path in written}) == len(written) == 2 * EACH
    assert {path for _, path in written} == set(tmp_path.iterdir())
    for number, path in written:
        assert Recipe.from_json(read_audio(path).metadata.comment or "").request.seed == number


@pytest.mark.skipif(sys.platform == "win32", reason="files that are open cannot be shared")
def test_two_windows_lose_no_loop_and_no_file(tmp_path: Path) -> None:
    written = both("window", tmp_path)
    assert len({path for _, path in written}) == len(written) == 2 * EACH
    assert {path for _, path in written} == set(Folders(tmp_path).exports.iterdir())
    bank = LoopBank(Folders(tmp_path).bank)
    loops = {loop.id: loop.recipe for loop in bank.loops()}
    bank.close()
    assert loops.keys() == {number for number, _ in written}
    for number, path in written:
        assert Recipe.from_json(read_audio(path).metadata.comment or "").request == loops[number].request
