"""What is read from folders of weights, and what is refused in one sentence."""

import json
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from pretrained_folders import clap_folder, clap_model, encodec_folder, laion_names, tokenizer_json
from safetensors.torch import load_file, save_file

from engine.cli.app import run
from engine.errors import PackError
from engine.pretrained.laion_checkpoint import convert_checkpoint, read_checkpoint
from engine.pretrained.models import read_encodec, read_laion

pytest.importorskip("transformers")


def no_window() -> int:
    raise AssertionError("a verb must not open the window")


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line on stderr of a command that fails as it should."""
    capsys.readouterr()
    assert run(list(map(str, arguments)), no_window) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and len(lines[0]) < 500
    return lines[0]


def test_encodec_from_its_folder(tmp_path: Path) -> None:
    codec = read_encodec(encodec_folder(tmp_path))
    assert (codec.sample_rate, codec.hop_length, codec.latent_dim) == (24_000, 320, 128)
    weights = load_file(tmp_path / "model.safetensors")
    old = {name.replace("parametrizations.weight.original0", "weight_g"): x for name, x in weights.items()}
    old = {name.replace("parametrizations.weight.original1", "weight_v"): x for name, x in old.items()}
    assert any(name.endswith("weight_g") for name in old)
    save_file(old, tmp_path / "model.safetensors")
    audio = 0.1 * torch.randn(1, 2, 3200)
    assert torch.equal(read_encodec(tmp_path).encode(audio, 10), codec.encode(audio, 10))


def _edit(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    settings = json.loads((folder / "config.json").read_text())
    change(settings)
    (folder / "config.json").write_text(json.dumps(settings))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _only_a_pickle(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x02.")


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no config": (lambda f: (f / "config.json").unlink(), "has no config.json"),
    "no json": (lambda f: (f / "config.json").write_text("{"), "readable JSON"),
    "other model": (lambda f: _edit(f, lambda c: c.update(model_type="llama")), "'llama', and 'encodec' is needed"),
    "odd setting": (lambda f: _edit(f, lambda c: c.update(num_filters="two")), "is damaged: it is no EncodecConfig"),
    "impossible": (lambda f: _edit(f, lambda c: c.update(compress=0)), "No EnCodec can be built"),
    "other shape": (lambda f: _edit(f, lambda c: c.update(num_filters=3)), "of another shape than its config says"),
    "other depth": (lambda f: _edit(f, lambda c: c.update(num_residual_layers=2)), "of another model than"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "has no model.safetensors"),
    "pickle": (_only_a_pickle, "is a pickle, which could run programs"),
    "truncated": (lambda f: _cut(f / "model.safetensors"), "truncated"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_folders_are_one_sentence(damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    act, sentence = DAMAGE[damage]
    act(encodec_folder(tmp_path / "encodec"))
    out = tmp_path / "pack"
    assert sentence in said(capsys, "pack", "create", out, "--codec", f"encodec:{tmp_path / 'encodec'}")
    assert not out.exists()


def test_parts_that_are_not_possible(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "give encodec:FOLDER" in said(capsys, "pack", "create", tmp_path / "out", "--codec", "mp3:x")
    folder = encodec_folder(tmp_path / "encodec")
    assert "no folder" in said(
        capsys, "pack", "create", tmp_path / "out", "--codec", f"encodec:{folder}", "--clap", "laion:nowhere"
    )
    assert not (tmp_path / "out").exists()


def test_without_transformers_the_command_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = encodec_folder(tmp_path / "encodec")
    monkeypatch.setitem(sys.modules, "transformers", None)
    sentence = said(capsys, "pack", "create", tmp_path / "out", "--codec", f"encodec:{folder}")
    assert "pip install 'loopgen[pretrained]'" in sentence
    assert not (tmp_path / "out").exists()


def test_claps_that_are_not_possible(tmp_path: Path) -> None:
    folder = clap_folder(tmp_path / "clap")
    (folder / "tokenizer.json").write_bytes(tokenizer_json(290))
    with pytest.raises(PackError, match="290 tokens instead of the 300"):
        read_laion(folder)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(PackError, match="has no tokenizer: put tokenizer"):
        read_laion(folder)
    (folder / "tokenizer.json").write_bytes(tokenizer_json())
    settings = json.loads((folder / "config.json").read_text())
    settings["text_config"]["num_attention_heads"] = 0
    (folder / "config.json").write_text(json.dumps(settings))
    with pytest.raises(PackError, match="No CLAP can be built"):
        read_laion(folder)
    with pytest.raises(PackError, match="feature fusion"):
        read_laion(clap_folder(tmp_path / "fused", enable_fusion=True, fusion_type="aff_2d"))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As LAION saved theirs: parallel training's names, an optimiser's state, numpy scalars."""
    path = tmp_path_factory.mktemp("laion") / "music.pt"
    state = laion_names(clap_model().state_dict())
    torch.save({"epoch": 15, "name": "x", "state_dict": state, "loss": np.float64(1.5), "lr": np.float32(1)}, path)
    return path


def test_a_checkpoint_of_laions_becomes_a_folder(checkpoint: Path, tmp_path: Path) -> None:
    out = convert_checkpoint(checkpoint, tmp_path / "out", tokenizer_json())
    expected = clap_model().state_dict()
    weights = load_file(out / "model.safetensors")
    assert expected.keys() - weights.keys() <= {"logit_scale_a", "logit_scale_t"}
    assert all(torch.equal(weights[name], expected[name]) for name in weights)
    text, audio = read_laion(out)
    assert text.config.hidden_size == 64 and audio.config.depths == (1, 1, 2, 1)
    assert audio.config.num_attention_heads == (1, 2, 2, 4)
    torch.save(expected, tmp_path / "pytorch_model.bin")  # in the names of transformers already
    again = convert_checkpoint(tmp_path / "pytorch_model.bin", tmp_path / "again", tokenizer_json())
    assert (again / "model.safetensors").read_bytes() == (out / "model.safetensors").read_bytes()


def test_the_command_takes_the_tokenizer_from_beside_the_checkpoint(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "has no tokenizer" in said(capsys, "pack", "convert-clap", checkpoint, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "tokenizer.json").write_bytes(tokenizer_json())
    arguments = ["pack", "convert-clap", str(checkpoint), str(tmp_path / "out"), "--tokenizer", str(tmp_path)]
    assert run(arguments, no_window) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "config.json", "model.safetensors", "tokenizer.json",
    ]  # fmt: skip


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch harmed",)


def test_pickles_that_would_run_something_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tokenizer.json").write_bytes(tokenizer_json())
    for protocol in (2, 4):
        torch.save({"state_dict": Harmful()}, tmp_path / "bad.pt", pickle_protocol=protocol)
        assert "could run programs" in said(capsys, "pack", "convert-clap", "bad.pt", "out")
    (tmp_path / "bad.pt").write_bytes(pickle.dumps(Harmful()))
    assert "no PyTorch checkpoint" in said(capsys, "pack", "convert-clap", "bad.pt", "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.pt", "tokenizer.json"]


def test_other_checkpoints_are_named(checkpoint: Path, tmp_path: Path) -> None:
    torch.save({"conv.weight": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(PackError, match="no CLAP checkpoint"):
        read_checkpoint(tmp_path / "other.pt")
    torch.save({"text_branch.x": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(PackError, match="is missing"):
        convert_checkpoint(tmp_path / "other.pt", tmp_path / "out", tokenizer_json())
    (tmp_path / "cut.pt").write_bytes(checkpoint.read_bytes()[:-5000])
    with pytest.raises(PackError, match="truncated"):
        read_checkpoint(tmp_path / "cut.pt")
    with pytest.raises(PackError, match="no file"):
        read_checkpoint(tmp_path / "nowhere.pt")
    assert not (tmp_path / "out").exists()
