"""`loopgen pattern`: rows that answer, from files and into files, and one sentence on what cannot be."""

import json
from pathlib import Path

import mido
import pytest
import torch
from tiny import tiny_pack

from engine.cli.app import run
from engine.packs.models import store_patterns
from engine.patterns.network import PatternConfig, PatternNetwork

KICK = [1.0, 0, 0, 0] * 4
SMALL = PatternConfig(latent=8, hidden=32, recurrent=16, features=2, width=16, blocks=1)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny_pack(tmp_path_factory.mktemp("pack"), denoiser=False)
    torch.manual_seed(3)
    network = PatternNetwork(SMALL)
    with torch.no_grad():
        for layer in (network.clean, network.lay_out, network.front, network.head[-1]):
            layer.weight.mul_(8)  # type: ignore[operator]
    store_patterns(folder, network, {})
    return folder


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    path = tmp_path / "drawn.json"
    path.write_text(json.dumps({"rows": {"kick": KICK, "closed_hat": [0, 0, 0.5, 0] * 4}, "swing": 0.1}))
    return path


def loopgen(*arguments: object) -> int:
    return run([str(argument) for argument in arguments], lambda: 1)


@pytest.mark.parametrize(
    "verb",
    [
        ("new", "--part", "snare"),
        ("vary", "--part", "closed_hat", "--strength", "0.7"),
        ("answer", "--lock", "pad"),
        ("fill", "--bars", "2"),
    ],
)
def test_the_same_command_prints_the_same_pattern(
    verb: tuple[str, ...], pack: Path, drawn: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for _ in range(2):
        assert loopgen("pattern", verb[0], drawn, *verb[1:], "--pack", pack, "--seed", 5) == 0
        told.append(json.loads(capsys.readouterr().out))
    assert told[0] == told[1] and told[0]["swing"] == 0.1
    assert "pad" not in told[0]["rows"] and len(told[0]["rows"]) >= 2


def test_a_blend_ends_at_the_other_pattern(pack: Path, drawn: Path, tmp_path: Path) -> None:
    other, out = tmp_path / "other.json", tmp_path / "out.json"
    other.write_text(json.dumps({"kick": [1.0, 0, 0, 0.5, 0, 0, 0.8, 0] * 2}))
    blend = ("pattern", "blend", drawn, "--to", other, "--part", "kick", "--strength", 1, "--pack", pack)
    assert loopgen(*blend, "--out", out) == 0
    assert json.loads(out.read_text())["rows"]["kick"] == [1.0, 0, 0, 0.5, 0, 0, 0.8, 0] * 2


def test_patterns_become_midi_and_come_back(drawn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, back = tmp_path / "beat.mid", tmp_path / "back.json"
    assert loopgen("pattern", "convert", drawn, "--bars", 2, "--bpm", 131, "--out", out, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"out": str(out), "bars": 2, "tempo_bpm": 131.0}
    assert sum(m.type == "note_on" for track in mido.MidiFile(out).tracks for m in track) == 16
    assert loopgen("pattern", "convert", out, "--out", back) == 0
    assert json.loads(back.read_text())["rows"]["kick"] == KICK * 2
    assert json.loads(back.read_text())["swing"] == 0.1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("vary", "--part", "bass"), "bass has no row"),
        (("vary", "--part", "kick", "--strength", "7"), "Strength"),
        (("new",), "needs a part"),
        (("new", "--part", "kick", "--lock", "kick"), "kick is locked"),
        (("new", "--part", "kick", "--bars", "99"), "99"),
        (("new", "--part", "kick", "--out", "x.txt"), ".json or .mid"),
        (("new", "--part", "kick", "--pack", "nowhere"), "no pack 'nowhere'"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    arguments: tuple[str, ...], said: str, drawn: Path, pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = () if "--pack" in arguments else ("--pack", pack)
    assert loopgen("pattern", arguments[0], drawn, *arguments[1:], *given) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
