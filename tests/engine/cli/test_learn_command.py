"""`loopgen learn` and the verbs that keep packs: what they say, what they refuse, and a pack that comes of it."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tiny import tiny_pack

from engine.cli.app import run
from engine.cli.learn import _hear
from engine.packs.pack import Pack
from engine.packs.sharing import derived_pack
from engine.training.learning_told import LearningTold
from engine.training.learning_watch import LearningWishes


def command(line: str) -> int:
    return run(line.split(), lambda: 0)


def sounds(folder: Path, count: int = 4) -> Path:
    folder.mkdir()
    time = np.arange(88_200) / 44_100
    for number in range(count):
        beat = np.sin(2 * np.pi * (60 + 30 * number) * time) * np.exp(-9 * (time % 0.5))
        soundfile.write(folder / f"beat{number}_120bpm.wav", (0.5 * beat).astype(np.float32), 44_100)
    return folder


def test_a_folder_is_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = sounds(tmp_path / "sounds", 1)
    (folder / "photo.wav").write_bytes(b"none")
    assert command(f"learn {folder} --look") == 0
    said = capsys.readouterr().out
    assert "1 bars at 120 BPM" in said and "1 loops can be learnt from" in said
    assert command(f"learn {folder} --look --events") == 0
    told = [LearningTold.read(line) for line in capsys.readouterr().out.splitlines()]
    assert [each and each.kind for each in told] == ["file", "file", "done"]
    assert command(f"learn {tmp_path / 'nowhere'} --look --events") == 2
    last = LearningTold.read(capsys.readouterr().out)
    assert last is not None and last.kind == "problem" and "does not exist" in last.words


def test_a_pack_comes_of_sounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base, folder = tiny_pack(tmp_path / "base"), sounds(tmp_path / "sounds")
    line = f"learn {folder} --from {base} --pack {tmp_path / 'mine'} --run {tmp_path / 'run'} --rehearsal 0"
    assert command(f"{line} --minutes 0.05 --json") == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told == {"pack": str(tmp_path / "mine"), "run": str(tmp_path / "run")}
    assert "adapter" in Pack.open(tmp_path / "mine").components
    assert command(f"{line} --minutes 0.05") == 2
    assert "There is a pack" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("learn", "Give a folder of sounds"),
        ("learn --look", "Give a folder of sounds to look at"),
        ("learn {sounds}", "Give --pack NAME"),
        ("learn {sounds} --pack .evil", "cannot name a pack"),
        ("learn {sounds} --pack mine --minutes 0", "Minutes 0 is out of range"),
        ("learn {sounds} --pack mine --method magic", "possible: low-rank, full"),
        ("learn {sounds} --pack mine --rehearsal 1", "0 to 0.9"),
        ("learn {sounds} --pack mine --from nowhere", "There is no pack 'nowhere'"),
        ("learn --run {sounds}", "--run DIR of a run to go on with"),
        ("pack rename nowhere x", "There is no pack 'nowhere'"),
        ("pack delete {base}/../nowhere", "There is no pack"),
        ("pack import {sounds}/none.loopgenpack", "cannot be imported"),
        ("pack export {base} --out {sounds}/x.zip", "ends in .loopgenpack"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, words: str
) -> None:
    base, folder = tiny_pack(tmp_path / "base", denoiser=False), tmp_path / "sounds"
    folder.mkdir()
    assert command(line.format(sounds=folder, base=base)) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


def test_packs_are_kept_by_verbs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("pack", "sharing", "bundle"):
        monkeypatch.setattr(f"engine.packs.{module}.user_packs", lambda: tmp_path / "packs")
    base = tiny_pack(tmp_path / "base", denoiser=False)
    derived_pack(Pack.open(base), tmp_path / "packs" / "mine", "mine")
    assert command("pack rename mine tapes") == 0
    assert command("pack describe mine warm") == 0
    capsys.readouterr()
    assert command("pack show mine") == 0
    said = capsys.readouterr().out
    assert "tapes 1 (MIT)" in said and "description:  warm" in said
    assert command(f"pack export mine --whole --out {tmp_path / 'a.loopgenpack'}") == 0
    assert command("pack delete mine") == 0 and not (tmp_path / "packs" / "mine").exists()
    assert command(f"pack import {tmp_path / 'a.loopgenpack'}") == 0
    assert Pack.open(tmp_path / "packs" / "tapes").name == "tapes"


def test_wishes_come_by_lines_and_an_end_is_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, paused, finished in (("finish\n", True, True), ("pause\nparty\n", True, False), ("", True, False)):
        wishes = LearningWishes()
        monkeypatch.setattr("sys.stdin", said.splitlines(keepends=True))
        _hear(wishes)
        assert (wishes.pause.is_set(), wishes.finish.is_set()) == (paused, finished)
