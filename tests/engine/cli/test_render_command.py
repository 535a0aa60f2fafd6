"""`loopgen render`: what it writes, what it tells, and how it says no."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import FakeRenderer, sine_loop

from engine.audio.io import read_audio, write_wav
from engine.cli.app import run
from engine.cli.groups import MachineOptions
from engine.recipe import find_recipe
from engine.requests import LoopRequest
from engine.vocabulary import TODAY


def _no_window() -> int:
    raise AssertionError("the window was started")


@pytest.fixture
def renderer(monkeypatch: pytest.MonkeyPatch) -> FakeRenderer:
    fake = FakeRenderer()
    monkeypatch.setattr(MachineOptions, "pipeline", lambda _: fake)
    return fake


def _run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str], list[str]]:
    code = run([str(argument) for argument in arguments], _no_window)
    captured = capsys.readouterr()
    return code, captured.out.splitlines(), captured.err.splitlines()


def test_every_flag_reaches_the_request(
    renderer: FakeRenderer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kick = [1, 0, 0, 0] * 4
    pattern = tmp_path / "pattern.json"
    pattern.write_text(json.dumps({"rows": {"kick": kick}, "swing": 0.25}))
    arguments = (
        "render --prompt warm --negative harsh --bpm 126.5 --bars 2 --seed 7 --tag house --tag kick"
        f" --negative-tag pad --key Am --pattern {pattern} --curve brightness=0.7 --curve density=0.2,0.8"
        " --steps 3 --guidance 3 --weight pattern=1.5 --sampler heun --schedule cosine"
        f" --repeat 0.25 --voice kick=12 --voice snare=0 --bit-depth 16 --out {tmp_path / 'a.wav'}"
    )
    code, out, err = _run(capsys, *arguments.split())
    assert (code, len(out), err) == (0, 1, [])
    expected = LoopRequest.from_dict(
        {
            "prompt": "warm", "negative_prompt": "harsh", "tempo_bpm": 126.5, "bars": 2, "seed": 7,
            "tags": ("house", "kick"), "negative_tags": ("pad",), "key": "Am",
            "pattern": {"rows": {"kick": kick}, "swing": 0.25}, "curves": {"brightness": 0.7, "density": (0.2, 0.8)},
            "num_steps": 3, "guidance_scale": 3.0, "guidance": {"pattern": 1.5}, "sampler": "heun",
            "schedule": "cosine", "repeat": 0.25, "voices": {"kick": 12, "snare": 0},
        }
    )  # fmt: skip
    assert renderer.requests == [expected]
    file = read_audio(tmp_path / "a.wav")
    assert np.abs(file.audio - sine_loop(expected)).max() <= 2**-15
    assert (file.metadata.tempo_bpm, file.metadata.beats, file.metadata.tonic) == (126.5, 8, "A")
    recipe = json.loads(str(file.metadata.comment))
    assert LoopRequest.from_dict(recipe["request"]) == expected
    assert recipe["pack"] == {"name": "fake", "hash": "0" * 64}


def test_what_the_pack_was_never_trained_with_is_told_on_stderr(
    renderer: FakeRenderer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = replace(TODAY, tags=TODAY.tags[1:], keys=TODAY.keys[:3], steers=("dub",))
    renderer.info = replace(renderer.info, known=known)
    asked = f"--bars 1 --seed 1 --steps 1 --count 2 --tag {TODAY.tags[0]} --key Am --steer bright=1 --out {tmp_path}"
    code, out, err = _run(capsys, "render", *asked.split())
    said = f"Pack 'fake' does not know tag '{TODAY.tags[0]}', key 'Am', steer 'bright': it plays without."
    assert (code, len(out), err) == (0, 2, [said])
    assert _run(capsys, "render", *f"--bars 1 --tag {TODAY.tags[1]} --key C --out {tmp_path}".split())[2] == []


def test_a_reference_is_heard_and_steers_are_read(
    renderer: FakeRenderer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = write_wav(tmp_path / "sound.wav", np.full((2, 4410), 0.25, np.float32), 44100)
    code, _, err = _run(
        capsys, "render", "--reference", sound, "--blend", "0.3", "--steer", "bright=0.7", "--steer", "hard=-1",
        "--out", tmp_path / "a.wav",
    )  # fmt: skip
    assert (code, err) == (0, [])
    (request,) = renderer.requests
    assert request.reference[0] == pytest.approx(0.25, abs=1e-3) and request.blend == 0.3
    assert request.steer == {"bright": 0.7, "hard": -1.0}
    again = read_audio(tmp_path / "a.wav")
    assert json.loads(str(again.metadata.comment))["request"]["blend"] == 0.3


def test_json_is_one_object_on_the_last_line(
    renderer: FakeRenderer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = _run(capsys, "render", "--bpm", 140, "--bars", 1, "--seed", 3, "--out", tmp_path, "--json")
    told = json.loads(out[-1])
    assert code == 0 and err == []
    fields = "path tempo_bpm bars samples sample_rate seed steps guidance pack seconds stages"
    assert set(told) == set(fields.split())
    assert told["samples"] == round(4 * 60 / 140 * 44100) and told["seed"] == 3 and told["pack"] == "fake"
    assert Path(told["path"]) == tmp_path / "loop_140bpm_1bars_seed3.wav" and told["seconds"] > 0
    assert read_audio(told["path"]).audio.shape == (2, told["samples"])


def test_count_gives_consecutive_seeds_and_files_of_their_own(
    renderer: FakeRenderer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        code, out, _ = _run(
            capsys, "render", "--bars", 1, "--steps", 1, "--seed", 5, "--count", 3, "--out", tmp_path, "--json"
        )
        assert code == 0
    paths = [Path(loop["path"]).name for loop in json.loads(out[-1])["loops"]]
    assert paths == [f"loop_126bpm_1bars_seed{seed}_b.wav" for seed in (5, 6, 7)]  # the second run overwrote nothing
    assert len(list(tmp_path.iterdir())) == 6


def test_without_a_seed_one_is_drawn_and_told(
    renderer: FakeRenderer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seeds = set()
    for _ in range(3):
        _, out, _ = _run(capsys, "render", "--bars", 1, "--steps", 1, "--out", tmp_path, "--json")
        seeds.add(json.loads(out[-1])["seed"])
    assert len(seeds) == 3 and seeds == {request.seed for request in renderer.requests}


def test_flac_carries_tempo_and_key(
    renderer: FakeRenderer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, _ = _run(capsys, "render", "--bars", 1, "--key", "Bbm", "--bpm", 90, "--out", tmp_path / "a.flac")
    metadata = read_audio(tmp_path / "a.flac").metadata
    assert code == 0 and (metadata.tempo_bpm, metadata.key) == (90, "Bbm")


BAD = {
    "--bpm 300": "Tempo 300.0 is out of range: 40 to 240 BPM",
    "--bpm nan": "Tempo nan is out of range",
    "--bpm fast": "'--bpm'",
    "--bars 0": "Bars 0 is not possible: a whole number from 1 to 16",
    "--steps 0": "Steps 0 is not possible",
    "--guidance -1": "Guidance -1.0 is out of range: 0 to 10",
    "--seed -1": "Seed -1 is not possible",
    "--seed 9223372036854775807 --count 2": "Seed 9223372036854775808 is not possible",
    "--count 0": "count 0 is not possible: a whole number from 1 to 1000",
    "--count 2 --out {tmp}/a.wav": "give a folder",
    "--tag jazz": "Unknown tag 'jazz'; possible: minimal, house",
    "--key H": "Unknown key 'H'; possible: C, Db",
    "--curve brightness": "NAME=NUMBER",
    "--curve brightness=x": "NAME=NUMBER",
    "--curve brightness=2": "Curve 'brightness' value 2.0 is out of range: 0 to 1",
    "--curve warmth=1": "Unknown curve 'warmth'; possible: loudness",
    "--weight pattern=1,2": "needs one number",
    "--weight kick=1": "Unknown guidance condition 'kick'",
    "--repeat 1.5": "Repeat 1.5 is out of range: 0 to 1",
    "--voice kick": "Voice 'kick' is not possible: PART=SEED or PART=FILE",
    "--voice kick=": "Voice 'kick=' is not possible",
    "--voice kick=1.5": "There is no audio file '1.5'",
    "--voice kick=9223372036854775808": "Voice of kick 9223372036854775808 is not possible",
    "--voice kazoo=1": "Unknown part 'kazoo'; possible: kick",
    "--sampler rk4": "Unknown sampler 'rk4'; possible: euler",
    "--schedule fast": "Unknown schedule 'fast'; possible: linear",
    "--bit-depth 20": "Bit depth 20 is not possible: 16, 24 or 32",
    "--bit-depth 32 --out {tmp}/a.flac": "FLAC holds 16 or 24 bits",
    "--bit-depth 32 --out {tmp}/a.aiff": "AIFF holds 16 or 24 bits",
    "--out {tmp}/a.mp3": "neither an existing folder nor a file name ending in .wav, .flac or .aiff",
    "--out {tmp}/nowhere/a.wav": "does not exist",
    "--pattern {tmp}/none.json": "No such file",
    "--pattern {tmp}": "it is no file",
    "--tempo 3": "No such option",
    "extra": "extra",
}


@pytest.mark.parametrize("arguments", BAD)
def test_bad_input_is_one_line_exit_2_and_no_file(
    renderer: FakeRenderer, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: str
) -> None:
    code, out, err = _run(capsys, "render", "--out", tmp_path, *arguments.format(tmp=tmp_path).split())
    assert code == 2 and out == [] and len(err) == 1, (code, out, err)
    assert err[0].startswith("loopgen: ") and BAD[arguments].lower() in err[0].lower(), err
    assert not renderer.requests and not list(tmp_path.iterdir())


BAD_PATTERNS = {
    "{": "is not JSON",
    "[" * 100_000: "is not JSON",
    "[]": "needs a JSON object",
    '{"kick": [1, 0]}': "multiple of 16 velocities",
    '{"cowbell": [1]}': "Unknown part 'cowbell'; possible: kick",
    '{"rows": [1]}': "A pattern needs rows",
    '{"rows": {}, "tempo": 1}': "possible: rows, swing",
    '{"rows": {}, "swing": "much"}': "Swing 'much' is out of range: 0 to 0.5",
    '{"kick": "x"}': "multiple of 16",
    " " * 1_000_001: "larger than",
}


@pytest.mark.parametrize("content", BAD_PATTERNS, ids=range(len(BAD_PATTERNS)))
def test_bad_patterns_are_one_line(
    renderer: FakeRenderer, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    (tmp_path / "p.json").write_text(content)
    code, out, err = _run(capsys, "render", "--pattern", tmp_path / "p.json", "--out", tmp_path)
    assert code == 2 and out == [] and len(err) == 1 and BAD_PATTERNS[content] in err[0], err
    assert [p.name for p in tmp_path.iterdir()] == ["p.json"]


def test_ctrl_c_is_one_line_exit_130_and_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(step: int) -> None:
        if step == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(MachineOptions, "pipeline", lambda _: FakeRenderer(before_step=interrupt))
    code, out, err = _run(capsys, "render", "--out", tmp_path)
    assert (code, out, err) == (130, [], ["loopgen: Interrupted."]) and not list(tmp_path.iterdir())


def test_a_full_disk_is_said_and_leaves_nothing(
    renderer: FakeRenderer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = _run(capsys, "render", "--bars", 1, "--out", tmp_path)
    assert code == 2 and len(err) == 1 and "disk is full" in err[0] and not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [None, "{", '{"schema": 9}'])
def test_a_missing_or_damaged_pack_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    if content is not None:
        (tmp_path / "pack.json").write_text(content)
    code, _, err = _run(capsys, "pack", "verify", tmp_path)
    assert code == 2 and len(err) == 1 and "pack" in err[0].lower()


def test_unknown_packs_and_devices_reach_the_user_as_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = _run(capsys, "render", "--pack", "no-such-pack", "--out", tmp_path)
    assert code == 2 and len(err) == 1 and "no pack 'no-such-pack'" in err[0] and not list(tmp_path.iterdir())


def test_all_requests_are_checked_before_the_first_is_rendered(renderer: FakeRenderer, tmp_path: Path) -> None:
    arguments: list[Any] = ["render", "--seed", 2**63 - 2, "--count", 5, "--out", tmp_path]
    assert run([str(a) for a in arguments], _no_window) == 2 and not renderer.requests


def test_aiff_carries_beats_key_and_recipe(
    renderer: FakeRenderer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.aif"
    code, _, err = _run(capsys, "render", "--bars", 1, "--key", "Bbm", "--bpm", 90, "--bit-depth", 16, "--out", out)
    assert (code, err) == (0, [])
    metadata = read_audio(out).metadata
    assert (metadata.tempo_bpm, metadata.key, metadata.beats) == (90.0, "Bbm", 4)
    recipe = find_recipe(metadata.comment)
    assert recipe is not None and recipe.request == renderer.rendered[0]


def test_a_sampler_with_steps_of_its_own_says_so(
    renderer: FakeRenderer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "a.wav")
    code, _, err = _run(capsys, "render", "--sampler", "progressive", "--steps", 16, "--seed", 1, "--out", out)
    assert (code, err) == (0, ["The sampler progressive has 2 evaluations, not 16."])
    assert renderer.requests[-1].evaluated_steps == 2
    assert _run(capsys, "render", "--sampler", "progressive", "--steps", 2, "--seed", 1, "--out", out)[2] == []
    assert _run(capsys, "render", "--sampler", "progressive", "--seed", 1, "--out", out)[2] == []
