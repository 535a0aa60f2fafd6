"""A file of requests as a library: batches of one length, going on, bad lines, shards, processes that die."""

import json
import os
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import tiny_pack

from engine.audio.io import read_audio
from engine.cli.app import run
from engine.errors import InvalidRequest
from engine.pipeline import LoopPipeline
from engine.recipe import find_recipe
from engine.rendering.batching import batch_key
from engine.rendering.library import Library, render_library
from engine.rendering.requests_file import RequestsFile
from engine.requests import LoopRequest, Pattern
from engine.tempo import LoopGeometry

KICK = Pattern({"kick": (1.0, 0.0, 0.0, 0.0) * 4})
BASE = LoopRequest(tempo_bpm=170, bars=1, num_steps=1, seed=0, tags=("techno",))
LINES: list[dict[str, Any]] = [
    {"tags": ["house"]},
    {"bars": 2, "key": "Am"},
    {"seed": 77, "tags": ["dub_techno", "dark"]},
    {"pattern": {"rows": {"kick": list(KICK.rows["kick"])}}},
    {"tempo_bpm": 174.5},
]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """Five requests of three lengths, and a blank line."""
    path = tmp_path / "asked.jsonl"
    path.write_text("\n".join([*map(json.dumps, LINES[:2]), "", *map(json.dumps, LINES[2:])]))
    return path


def library(asked: Path, pack: Path, **settings: Any) -> Library:
    out = asked.parent / "loops"
    out.mkdir(exist_ok=True)
    return Library(RequestsFile(asked, BASE), out, pack, "cpu", **settings)


def test_a_line_is_a_loop_and_says_what_the_options_leave_open(asked: Path, pack: Path) -> None:
    done: list[tuple[int, int]] = []
    made = library(asked, pack)
    assert render_library(made, lambda *told: done.append(told)) == 5 and done == [(0, 5), (5, 5)]
    files = sorted(made.out.iterdir())
    assert [int(file.name[:7]) for file in files] == [1, 2, 4, 5, 6]  # the numbers of their lines
    for file, line in zip(files, LINES, strict=True):
        read = read_audio(file)
        recipe = find_recipe(read.metadata.comment)
        assert recipe is not None
        number = int(file.name[:7])
        assert recipe.request == LoopRequest.from_dict({**BASE.to_dict(), "seed": number, **line})
        bars, tempo = line.get("bars", 1), line.get("tempo_bpm", 170)
        assert read.audio.shape == (2, LoopGeometry(tempo, bars).samples)


def test_what_is_there_is_not_rendered_again(asked: Path, pack: Path) -> None:
    made = library(asked, pack)
    render_library(made, lambda *_: None)
    first, second, *_ = sorted(made.out.iterdir())
    second.unlink()
    before = first.stat().st_mtime_ns
    assert render_library(made, lambda *_: None) == 1 and first.stat().st_mtime_ns == before
    asked.write_text(asked.read_text().replace('"house"', '"acid"'))
    assert render_library(made, lambda *_: None) == 1  # the line that asks for something else
    assert len(list(made.out.iterdir())) == 6


def test_a_batch_of_different_requests_is_each_of_them(pack: Path) -> None:
    """One pass renders what ask for different things; those of another length or guidance are apart."""
    requests = [
        BASE.with_(seed=1),
        BASE.with_(seed=2, tags=("house", "dark"), key="C"),
        BASE.with_(seed=3, pattern=KICK, negative_tags=("acid",)),
    ]
    assert len({batch_key(request) for request in requests}) == 1
    pipeline = LoopPipeline.from_pack(pack, device="cpu")
    for loop, request in zip(pipeline.render_batch(requests), requests, strict=True):
        alone = pipeline.render(request)
        assert loop.request == request and loop.composed == alone.composed
        assert np.abs(loop.audio - alone.audio).max() / np.abs(alone.audio).max() < 0.05  # bfloat16
    others = [
        BASE.with_(bars=2),
        BASE.with_(num_steps=2),
        BASE.with_(guidance_scale=1.5),
        BASE.with_(repeat=0.1),
        BASE.with_(guidance={"tags": 2.0}),
        BASE.with_(tags=(), compose=False),
        BASE.with_(learnt=0.5),
        BASE.with_(tags=(), pattern=KICK),
    ]
    assert len({batch_key(request) for request in [BASE, *others]}) == len(others) + 1


def test_shards_hold_loops_and_their_recipes(asked: Path, pack: Path) -> None:
    made = library(asked, pack, shard=2)
    assert render_library(made, lambda *_: None) == 5
    tars = sorted(made.out.iterdir())
    assert [tar.name[:11] for tar in tars] == ["loops-00000", "loops-00001", "loops-00002"]
    names = []
    for tar in tars:
        with tarfile.open(tar) as opened:
            names.append(sorted(opened.getnames()))
    assert names[0] == ["00000001.json", "00000001.wav", "00000002.json", "00000002.wav"]
    assert names[2] == ["00000006.json", "00000006.wav"]
    tars[1].unlink()
    assert render_library(made, lambda *_: None) == 2
    assert render_library(made, lambda *_: None) == 0


def test_shares_are_the_whole(asked: Path, pack: Path) -> None:
    shares = [library(asked, pack, shard=2, share=share, shares=2) for share in (1, 0)]
    assert [render_library(share, lambda *_: None) for share in shares] == [2, 3]
    assert len(list(shares[0].out.iterdir())) == 3


def run_lines(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = run([str(argument) for argument in ("render", *arguments)], lambda: 0)
    told = capsys.readouterr()
    return code, told.out, told.err


def test_bad_lines_are_told_by_number_and_nothing_is_rendered(
    asked: Path, pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ['{"bars": 1}', '{"tempo_bpm": 999}', "no JSON", '{"bras": 2}', "[1]", '{"bars": 17}']
    asked.write_text("\n".join(lines))
    out = asked.parent / "loops"
    out.mkdir()
    code, said, told = run_lines(capsys, "--requests", asked, "--out", out, "--pack", pack)
    assert (code, said, len(told.splitlines()), list(out.iterdir())) == (2, "", 1, [])
    for part in (
        "line 2: Tempo 999",
        "line 3: it is no JSON",
        "line 4: Unknown request field 'bras'",
        "2 more lines",
    ):
        assert part in told
    for content, part in (("", "holds no request"), ("\n \n", "holds no request")):
        asked.write_text(content)
        assert part in run_lines(capsys, "--requests", asked, "--out", out, "--pack", pack)[2]
    assert "Cannot read" in run_lines(capsys, "--requests", out / "none.jsonl", "--out", out, "--pack", pack)[2]


def test_what_is_no_file_is_not_waited_for(tmp_path: Path, pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    for path in (tmp_path / "pipe.jsonl", Path("/dev/zero"), tmp_path, tmp_path / "gone.jsonl"):
        with pytest.raises(InvalidRequest, match="Cannot read the requests in"):
            RequestsFile(path, BASE).windows(8)


def test_options_that_do_not_go_together(asked: Path, pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = asked.parent / "loops"
    out.mkdir()
    for arguments, part in (
        (("--batch", "4"), "belong to --requests"),
        (("--requests", asked, "--count", "2"), "--count does not go with"),
        (("--requests", asked, "--voice", "kick=hit.wav"), "do not go with --requests"),
        (("--requests", asked, "--share", "3/2"), "1/1 for everything"),
        (("--requests", asked, "--batch", "0"), "--batch 1 to 256"),
    ):
        code, _, told = run_lines(capsys, *arguments, "--out", out, "--pack", pack)
        assert code == 2 and part in told and len(told.splitlines()) == 1
    assert "is no folder" in run_lines(capsys, "--requests", asked, "--out", out / "a.wav", "--pack", pack)[2]
    assert list(out.iterdir()) == []


def test_the_verb_renders_a_library(asked: Path, pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = asked.parent / "loops"
    out.mkdir()
    common = ("--bars", 1, "--steps", 1, "--bpm", 170, "--pack", pack, "--out", out, "--json")
    code, said, _ = run_lines(capsys, "--requests", asked, *common)
    told = json.loads(said)
    assert code == 0 and told["rendered"] == 5 and told["seconds"] > 0
    assert json.loads(run_lines(capsys, "--requests", asked, *common)[1])["rendered"] == 0


@pytest.mark.slow
def test_processes_render_what_one_does(asked: Path, pack: Path) -> None:
    made = library(asked, pack, shard=1, jobs=2)
    assert render_library(made, lambda *_: None) == 5
    assert render_library(library(asked, pack, shard=1), lambda *_: None) == 0
