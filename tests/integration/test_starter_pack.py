"""The shipped pack, through the command a new user runs first."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.cli.app import run
from engine.conditioning.prompts import read_prompt
from engine.config import starter_pack
from engine.evaluation.judges.seam import measure_seam
from engine.packs.models import load_clap
from engine.packs.pack import Pack
from engine.pipeline import LoopPipeline
from engine.requests import LoopRequest
from engine.tempo import LoopGeometry


def no_window() -> int:
    raise AssertionError("a verb must not open the window")


def test_the_pack_is_whole_and_small() -> None:
    pack = Pack.open(starter_pack())
    assert pack.name == "starter"
    assert {"codec", "denoiser", "clap"} <= set(pack.components)
    sizes = {name: entry["bytes"] for name, entry in pack.manifest["files"].items()}
    parts = ("patterns", "stems", "fewsteps")  # what a pack may be without
    patterns, stems, fewsteps = (sizes.pop(pack.manifest["components"][name]["file"]) for name in parts)
    assert sum(sizes.values()) < 80e6 and patterns < 4e6 and stems < 4e6 and fewsteps < 40e6
    for component, hours in (("codec", 2), ("denoiser", 4)):
        runs = [run for run in pack.manifest["training"][component] if "seconds" in run]
        assert sum(run["seconds"] for run in runs) >= 3600 * hours
        assert all(run["options"] and run["curve"] for run in runs)


def test_the_first_command_renders_a_loop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "loop.wav"
    arguments = [
        "render",
        "--tag",
        "techno",
        "--bpm",
        "126",
        "--bars",
        "4",
        "--seed",
        "7",
        "--out",
        str(out),
        "--json",
    ]
    assert run(arguments, no_window) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    audio, rate = soundfile.read(out, always_2d=True)
    assert (rate, len(audio), audio.shape[1]) == (44100, LoopGeometry(126, 4).samples, 2)
    assert told["samples"] == len(audio)
    assert np.abs(audio).max() <= 10 ** (-1 / 20) + 1e-6
    assert 0.03 < float(np.sqrt((audio**2).mean())) < 0.5


def test_it_reads_words() -> None:
    clap = load_clap(Pack.open(starter_pack()))
    reading = read_prompt(clap, "lush warm pads, no kick")
    assert "pad" in reading.tags and "kick" in reading.negative_tags
    assert reading.embedded is not None and reading.unwanted is not None
    assert "bright" in read_prompt(clap, "glittering bright house").tags
    assert "dark" in read_prompt(clap, "dark murky basement techno").tags
    assert not {"kick", "bass"} & {*read_prompt(clap, "bright house").negative_tags}
    assert {"kick", "snare", "closed_hat"} <= {*read_prompt(clap, "beatless ambient chords").negative_tags}


def test_the_same_request_twice_is_the_same_file() -> None:
    pipeline = LoopPipeline.from_pack(starter_pack(), device="cpu")
    request = LoopRequest(tempo_bpm=150, bars=2, num_steps=4, tags=("acid",), seed=3)
    once, again = pipeline.render(request), pipeline.render(request)
    assert np.array_equal(once.audio, again.audio)
    assert measure_seam(once.audio, 44100, LoopGeometry(150, 2)).ratio < 2.0
