"""Packs of pretrained parts: where a part comes from is told, and a pack that is there is not written over."""

import hashlib
from pathlib import Path

import pytest
from pretrained_folders import encodec_folder

from engine.errors import InvalidRequest, PackError
from engine.packs.pack import Pack
from engine.pretrained.packs import create_pack, part_folder

pytest.importorskip("transformers")


def test_a_pack_tells_the_hash_of_the_weights_that_it_was_made_of(tmp_path: Path) -> None:
    folder = encodec_folder(tmp_path / "encodec")
    pack = create_pack(tmp_path / "pack", "mine", folder, None)
    assert pack.components == ("codec",) and pack.kind("codec") == "encodec"
    told = Pack.open(tmp_path / "pack").manifest
    expected = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert expected in str(told) and told["name"] == "mine"
    with pytest.raises(PackError, match="already holds a pack"):
        create_pack(tmp_path / "pack", "other", folder, None)
    assert Pack.open(tmp_path / "pack").manifest == told


def test_nothing_is_written_when_a_part_is_not_usable(tmp_path: Path) -> None:
    with pytest.raises(PackError):
        create_pack(tmp_path / "pack", "mine", encodec_folder(tmp_path / "encodec"), tmp_path / "none")
    assert not (tmp_path / "pack").exists()


def test_a_part_is_its_kind_and_a_folder_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert part_folder("laion:~/clap", "laion", "--clap") == tmp_path / "clap"
    assert part_folder("encodec:C:/x", "encodec", "--codec") == Path("C:/x")
    with pytest.raises(InvalidRequest, match=r"--clap 'encodec:x' is not possible; give laion:FOLDER"):
        part_folder("encodec:x", "laion", "--clap")
