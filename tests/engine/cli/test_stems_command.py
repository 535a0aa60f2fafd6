"""`loopgen stems`: a rendered loop as files that add up to it; clear sentences where that cannot be."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from tiny import tiny_pack

from engine.applications.source import SourceLoop
from engine.applications.stems import take_apart
from engine.cli.app import run
from engine.errors import InvalidRequest
from engine.packs.models import store_stems
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest, Pattern
from engine.stems.network import StemConfig, StemNetwork
from engine.vocabulary import PARTS


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")
    torch.manual_seed(0)
    store_stems(folder, StemNetwork(StemConfig(fft_size=2048, bands=24, width=16, dilations=(1,))), {})
    return folder


def _loopgen(*arguments: object) -> int:
    return run([str(argument) for argument in arguments], lambda: 0)


@pytest.fixture(scope="module")
def loop(pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("loops") / "loop.wav"
    pattern = path.with_name("pattern.json")
    silent = ("snare", "closed_hat", "open_hat", "percussion", "lead", "pad")
    rows = {"kick": [1, 0, 0, 0] * 4, "bass": [0, 0, 1, 0] * 4, **dict.fromkeys(silent, [0] * 16)}
    pattern.write_text(json.dumps(rows))
    render = ("render", "--pack", pack, "--bpm", 150, "--bars", 1, "--steps", 1, "--seed", 1)
    assert _loopgen(*render, "--pattern", pattern, "--out", path) == 0
    return path


def test_files_are_the_parts_that_play_and_add_up(
    pack: Path, loop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _loopgen("stems", loop, "--pack", pack, "--out", tmp_path, "--bit-depth", 32, "--json") == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])["stems"]
    assert list(told) == ["kick", "bass"] and all(Path(path).parent == tmp_path for path in told.values())
    whole, rate = soundfile.read(loop)
    total = sum(soundfile.read(path)[0] for path in told.values())
    assert rate == 44_100 and total.shape == whole.shape
    assert np.abs(total - (whole - whole.mean(axis=0))).max() < 1e-3
    assert _loopgen("stems", loop, "--pack", pack, "--out", tmp_path) == 0  # nothing is replaced
    assert len([*tmp_path.iterdir()]) == 4


def test_what_cannot_be_is_said_in_a_sentence(
    pack: Path, loop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = tiny_pack(tmp_path / "plain")
    for arguments, words in (
        (("--pack", plain, "--out", tmp_path), "takes no loops apart"),
        (("--pack", pack, "--out", tmp_path / "one.wav"), "stems are several files"),
        (("--pack", pack, "--out", tmp_path, "--bit-depth", 12), "12"),
    ):
        assert _loopgen("stems", loop, *arguments) == 2
        said = capsys.readouterr().err.strip()
        assert words in said and len(said.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["plain"]
    assert _loopgen("evaluate", "stems", "--pack", plain, "--out", tmp_path / "figures") == 2
    assert "takes no loops apart" in capsys.readouterr().err


def test_stems_have_the_level_of_the_file_and_silence_has_none(pack: Path) -> None:
    pipeline = LoopPipeline.from_pack(pack, "cpu")
    silent = LoopRequest(tempo_bpm=150, bars=1, pattern=Pattern(dict.fromkeys(PARTS, (0.0,) * 16)))
    quiet = 0.01 * np.random.default_rng(0).standard_normal((2, 70_560)).astype(np.float32)
    with pytest.raises(InvalidRequest, match="Nothing plays in hiss"):
        take_apart(pipeline, SourceLoop.from_audio(quiet, 44_100, silent, "hiss"))
    played = SourceLoop.from_audio(quiet, 44_100, silent.with_(pattern=Pattern(), compose=False), "hiss")
    assert played.gain > 2  # brought to the level that models know, and back
    stems = take_apart(pipeline, played)
    assert [*stems] == [*PARTS]
    assert np.abs(sum(stems.values()) - (quiet - quiet.mean(axis=1, keepdims=True))).max() < 1e-5
