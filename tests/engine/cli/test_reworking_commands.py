"""`loopgen invert`, `vary`, `stretch`, `transition`, `blend`: what they write and tell, and how they say no."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from tiny import tiny_pack

from engine.audio.io import read_audio, write_wav
from engine.cli.app import run
from engine.recipe import find_recipe
from engine.tempo import LoopGeometry, TempoRamp


def beeps(tempo_bpm: float, beats: float = 4, rate: int = 44100) -> np.ndarray:
    time = np.arange(round(beats * 60 / tempo_bpm * rate)) / rate
    tone = 0.5 * np.sin(2 * np.pi * 200 * time) * np.exp(-12 * (time % (60 / tempo_bpm)))
    return np.stack((tone, tone)).astype(np.float32)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")


@pytest.fixture
def a(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "a_200bpm.wav", beeps(200), 44100)


def _run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str], list[str]]:
    code = run([str(argument) for argument in arguments], lambda: 1)
    captured = capsys.readouterr()
    return code, captured.out.splitlines(), captured.err.splitlines()


def _told(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    code, out, err = _run(capsys, *arguments, "--steps", 2, "--json")
    assert code == 0, err
    told: dict[str, Any] = json.loads(out[-1])
    return told


def test_invert_writes_loop_noise_and_errors(
    pack: Path, a: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise, out = tmp_path / "noise.safetensors", tmp_path / "back.wav"
    told = _told(capsys, "invert", a, "--out", out, "--noise", noise, "--pack", pack)
    assert 0 <= told["latent_error"] < 0.1 and told["tempo_from"] == "name"
    from safetensors.numpy import load_file

    assert load_file(noise)["noise"].shape == (16, LoopGeometry(200, 1).frames)
    written = read_audio(out)
    assert written.audio.shape == (2, LoopGeometry(200, 1).samples)
    assert written.metadata.tempo_bpm == 200
    assert json.loads(written.metadata.comment or "")["origin"]["source"] == "a_200bpm.wav"


def test_vary_writes_as_many_as_asked(
    pack: Path, a: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    told = _told(capsys, "vary", a, "--strength", 0.5, "--count", 2, "--seed", 7, "--out", out, "--pack", pack)
    assert [loop["noise_seed"] for loop in told["loops"]] == [7, 8]
    assert len(list(out.iterdir())) == 2


def test_a_rendered_file_is_varied_under_its_own_recipe(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rendered = tmp_path / "r.wav"
    _told(
        capsys, "render", "--bpm", 180, "--bars", 1, "--tag", "acid", "--seed", 4, "--out", rendered, "--pack", pack
    )
    told = _told(
        capsys, "vary", rendered, "--keep", "sound", "--seed", 9, "--out", tmp_path / "v.wav", "--pack", pack
    )
    recipe = json.loads(read_audio(tmp_path / "v.wav").metadata.comment or "")
    assert recipe["request"]["tags"] == ["acid"] and told["tempo_bpm"] == 180


def test_stretch_reaches_its_tempo(pack: Path, a: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = _told(capsys, "stretch", a, "--bpm", 170, "--out", tmp_path / "s.flac", "--pack", pack)
    assert told["tempo_bpm"] == 170 and told["samples"] == LoopGeometry(170, 1).samples and told["from_bpm"] == 200


def test_transition_and_blend(pack: Path, a: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    b = write_wav(tmp_path / "b_220bpm.wav", beeps(220), 44100)
    told = _told(capsys, "transition", a, b, "--bars", 3, "--out", tmp_path / "t.wav", "--pack", pack)
    assert told["samples"] == TempoRamp(200, 220, 3).samples == soundfile.info(tmp_path / "t.wav").frames
    assert (told["from_bpm"], told["tempo_bpm"]) == (200, 220)
    recipe = find_recipe(read_audio(tmp_path / "t.wav").metadata.comment)
    assert recipe is not None and recipe.fits(told["samples"], 44100)
    assert (recipe.kind, recipe.bars, recipe.request.tempo_bpm) == ("passage", 3, 220)
    out = tmp_path / "out"
    out.mkdir()
    told = _told(
        capsys, "blend", "--tags", "acid", "--tags", "dub_techno,dark", "--bpm", 200, "--bars", 1, "--count", 3,
        "--out", out, "--pack", pack,
    )  # fmt: skip
    assert [loop["at"] for loop in told["loops"]] == [0, 0.5, 1]
    seeds = [word for seed in (1, 2, 3, 4) for word in ("--seed", seed)]
    told = _told(
        capsys, "blend", *seeds, "--path", "0,0", "--path", "1,1", "--evolve", 3, "--bpm", 200, "--bars", 1,
        "--out", tmp_path / "p.wav", "--pack", pack,
    )  # fmt: skip
    assert told["samples"] == TempoRamp(200, 200, 3).samples


def _files(folder: Path) -> dict[str, Path]:
    """Bad files of every kind."""
    rng = np.random.default_rng(0)

    def wav(name: str, audio: np.ndarray, rate: int = 44100) -> Path:
        soundfile.write(folder / name, audio.T, rate, subtype="FLOAT")
        return folder / name

    nan = beeps(200)
    nan[0, 100] = np.nan
    return {
        "silent": wav("silent_200bpm.wav", np.zeros((2, 52920))),
        "offset": wav("offset_200bpm.wav", np.full((2, 52920), 0.3)),
        "short": wav("short_120bpm.wav", beeps(120, 0.5)),
        "halves": wav("halves_120bpm.wav", beeps(120, 6)),
        "long": wav("long_120bpm.wav", np.zeros((1, 8000 * 130)), 8000),
        "wide": wav("wide_200bpm.wav", np.zeros((6, 52920))),
        "nan": wav("nan_200bpm.wav", nan),
        "noise": wav("noise.wav", 0.1 * rng.standard_normal((2, 4 * 44100))),
        "text": _text(folder / "text.wav"),
        "none": folder / "none.wav",
        "fine": wav("fine_200bpm.wav", beeps(200)),
    }


def _text(path: Path) -> Path:
    path.write_text("no sound")
    return path


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("invert {silent}", "is silent"),
        ("invert {offset}", "is silent"),
        ("invert {short}", "less than a bar"),
        ("invert {halves}", "6.00 beats at 120 BPM (name)"),
        ("invert {halves}", "--fit trim"),
        ("invert {halves}", "2 bars at 160.00 BPM with --fit stretch"),
        ("invert {long}", "at most 120 s"),
        ("invert {wide}", "mono and stereo"),
        ("invert {nan}", "nan"),
        ("invert {noise}", "give its tempo (40 to 240 BPM), on the command line with --from-bpm"),
        ("invert {noise}", "best guess"),
        ("invert {text}", "Cannot read"),
        ("invert {none}", "no audio file"),
        ("invert {fine} --from-bpm 500", "40 to 240 BPM"),
        ("invert {fine} --fit shrink", "trim, stretch"),
        ("invert {fine} --steps 0", "1 to 256"),
        ("invert {fine} --corrections 99", "0 to 20"),
        ("vary {fine} --strength 2", "strength 2.0 is out of range: 0 to 1"),
        ("vary {fine} --strength nan", "0 to 1"),
        ("vary {fine} --keep key", "all, rhythm, sound"),
        ("vary {fine} --tag dark", "keep 'rhythm'"),
        ("vary {fine} --keep rhythm --tag loud", "Unknown tag"),
        ("stretch {fine} --bpm 90", "100 to 240 BPM are possible"),
        ("stretch {fine} --bpm 300", "40 to 240 BPM"),
        ("stretch {fine} --bpm 190 --route magic", "inversion, conditions"),
        ("transition {fine} {none}", "no audio file"),
        ("transition {fine} {fine} --bars 2", "3 to 64 bars"),
        ("transition {fine} {fine} --bars 900", "3 to 64 bars"),
        ("blend --prompt a", "two ends"),
        ("blend --seed 1 --seed 2 --over nothing", "both, noise, conditions"),
        ("blend --seed 3 --seed 3", "same to this pack"),
        ("blend --path 0,0 --seed 1 --evolve 4", "four corners"),
        ("blend --path 0;0 --seed 1 --evolve 4", "X,Y"),
        ("blend --seed 1 --seed 2 --count 1", "2 to 256"),
        ("blend --loop {fine} --loop {halves}", "--fit"),
    ],
)
def test_bad_input_is_one_sentence_and_no_file(
    pack: Path, arguments: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, out = _files(tmp_path), tmp_path / "out"
    out.mkdir()
    words = [word.format(**files) for word in arguments.split()]
    code, said, err = _run(capsys, *words, "--out", out, "--pack", pack)
    assert code == 2 and len(err) == 1 and not said, err
    assert sentence.lower() in err[0].lower()
    assert not list(out.iterdir())


def test_files_that_are_not_whole_bars_can_be_fitted(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = _files(tmp_path)
    for fit, tempo, bars in (("trim", 120, 1), ("stretch", 160, 2)):
        told = _told(capsys, "invert", files["halves"], "--fit", fit, "--out", tmp_path / "f.wav", "--pack", pack)
        assert (told["tempo_bpm"], told["bars"]) == (pytest.approx(tempo), bars)


def test_mono_clipped_and_unnamed_files_are_taken_and_told(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hot = np.clip(8 * beeps(200)[:1] + 0.05, -1, 1)
    soundfile.write(tmp_path / "hot_200bpm.wav", hot.T, 48000)
    arguments = ("--steps", 2, "--out", tmp_path / "o.wav", "--pack", pack, "--from-bpm", 200 * 48000 / 44100)
    code, _, err = _run(capsys, "invert", tmp_path / "hot_200bpm.wav", *arguments)
    assert code == 0 and len(err) == 2, err
    assert "is clipped" in err[0] and "direct-current" in err[1]
    kicks = np.tile(beeps(125), 2)
    soundfile.write(tmp_path / "kicks.wav", kicks.T, 44100)
    code, out, err = _run(capsys, "invert", tmp_path / "kicks.wav", *arguments[:-2], "--json")
    assert code == 0 and "by ear (confidence" in err[0], err
    assert json.loads(out[-1])["tempo_bpm"] == pytest.approx(125, rel=1e-3)
