"""The command as a whole: help, light start, the window, and the pack verbs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import typer
from typer.testing import CliRunner

import engine
from engine.cli.app import build_app, run
from engine.errors import MissingDependency
from engine.packs.pack import write_pack

ROOT = Path(engine.__file__).parent.parent
MANIFEST = {
    "name": "tiny", "version": "1", "licence": "MIT", "sample_rate": 44100, "hop_length": 1024, "latent_dim": 4,
    "components": {"codec": {"type": "spectral", "config": {}}},
}  # fmt: skip


def _no_window() -> int:
    raise AssertionError("the window was started")


def test_help_lists_the_verbs_and_each_explains_itself() -> None:
    runner, app = CliRunner(), build_app()
    whole = runner.invoke(app, ["--help"])
    assert whole.exit_code == 0 and "render" in whole.output and "pack" in whole.output
    render = runner.invoke(app, ["render", "--help"])
    assert render.exit_code == 0
    for option in ("prompt", "bpm", "bars", "seed", "count", "tag", "key", "pattern", "curve", "out", "json"):
        assert f"--{option} " in render.output


def test_help_loads_nothing_heavy_and_is_quick() -> None:
    code = (
        "import sys; from engine.cli.app import run; code = run(['--help'], None);"
        "sys.exit(code or ','.join({'torch', 'numpy', 'scipy', 'soundfile', 'PySide6'} & set(sys.modules)) or 0)"
    )
    before = os.times()
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.returncode == 0, result.stderr
    after = os.times()  # processor time: the test has to hold on a busy machine too
    assert after.children_user + after.children_system - before.children_user - before.children_system < 1.5


def test_without_a_verb_the_window_starts_and_its_exit_code_is_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([], lambda: 0) == 0
    assert run([], lambda: 3) == 3

    def missing() -> int:
        raise MissingDependency("The window needs PySide6.")

    assert run([], missing) == 2
    assert capsys.readouterr().err == "loopgen: The window needs PySide6.\n"


@pytest.mark.parametrize(("screen", "sentence"), [("offscreen", "pip install loopgen"), ("", "needs a screen")])
def test_where_qt_or_a_screen_is_missing_one_line_says_so(screen: str, sentence: str) -> None:
    if not screen and sys.platform != "linux":
        pytest.skip("only Linux runs without a screen")
    code = "import sys; sys.modules['PySide6'] = None; sys.argv[1:] = []; from engine.__main__ import main; main()"
    environment = {**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": screen}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert result.returncode == 2 and len(result.stderr.splitlines()) == 1 and sentence in result.stderr


def test_unknown_verbs_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rendr"], _no_window) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1 and "rendr" in err and "loopgen --help" in err


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"], _no_window) == 0
    assert capsys.readouterr().out.startswith("loopgen")


def test_a_verb_is_found_by_its_file_alone() -> None:
    names = {command.name for command in build_app().registered_commands}
    groups = {group.name for group in build_app().registered_groups}
    assert "render" in names and "pack" in groups
    assert isinstance(build_app(), typer.Typer)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "tiny", MANIFEST, {"codec": {"w": torch.ones(3)}}).folder


def test_pack_show_and_verify(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pack", "show", str(folder)], _no_window) == 0
    shown = capsys.readouterr().out
    assert "tiny 1 (MIT)" in shown and "44100 Hz, 4 latent channels every 1024 samples" in shown
    assert run(["pack", "show", str(folder), "--json"], _no_window) == 0
    assert json.loads(capsys.readouterr().out)["latent_dim"] == 4
    manifest = json.loads((folder / "pack.json").read_text())
    (folder / "pack.json").write_text(json.dumps({**manifest, "hop_length": None}))
    assert run(["pack", "show", str(folder)], _no_window) == 0
    assert "44100 Hz, 4 latent channels beat by beat" in capsys.readouterr().out
    assert run(["pack", "verify", str(folder), "--json"], _no_window) == 0
    assert json.loads(capsys.readouterr().out)["verified"] is True


def test_pack_verify_finds_a_flipped_bit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (weights,) = folder.glob("*.safetensors")
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert run(["pack", "verify", str(folder)], _no_window) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1 and "checksum" in err


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ({}, "none"),
        (
            {"codec": [{"seconds": 3600, "curve": [1]}, {"seconds": 1800}], "clap": [{"run": "a"}]},
            "codec 1.5 h in 2 runs, clap 0.0 h in 1 run",
        ),
        ({"codec": ["?", {"seconds": "long"}]}, "codec 0.0 h in 1 run"),
        (["?"], "not told"),
    ],
)
def test_pack_show_sums_training_up(
    folder: Path, capsys: pytest.CaptureFixture[str], training: object, told: str
) -> None:
    manifest = json.loads((folder / "pack.json").read_text())
    (folder / "pack.json").write_text(json.dumps({**manifest, "training": training}))
    assert run(["pack", "show", str(folder)], _no_window) == 0
    assert f"training:     {told}\n" in capsys.readouterr().out


def test_pack_list_shows_damaged_ones_with_their_problem(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.packs.pack.user_packs", lambda: folder.parent)
    monkeypatch.setattr("engine.packs.pack.starter_pack", lambda: folder.parent / "nowhere")
    (folder.parent / "bad").mkdir()
    (folder.parent / "bad" / "pack.json").write_text("{")
    assert run(["pack", "list", "--json"], _no_window) == 0
    bad, tiny = json.loads(capsys.readouterr().out)["packs"]
    assert bad["name"] is None and "JSON" in bad["problem"] and tiny["name"] == "tiny" and tiny["problem"] is None
    assert run(["pack", "list"], _no_window) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
