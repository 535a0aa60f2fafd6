"""Packs and folders: whole, damaged, missing, closed, full."""

import errno
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tiny import tiny_pack

from engine.checkup import places
from engine.checkup.places import check_folder, check_folders, check_own_packs, check_pack


def test_a_whole_pack_is_ok_and_a_flipped_byte_is_found(tmp_path: Path) -> None:
    folder = tiny_pack(tmp_path / "pack")
    assert check_pack(str(folder)).state == "ok"
    weights = next(folder.glob("codec*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    found = check_pack(str(folder))
    assert found.state == "broken" and "checksum" in found.told and "--pack" in found.mend


def test_a_starter_pack_that_was_left_out_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.packs.pack.starter_pack", lambda: tmp_path / "starter")
    monkeypatch.setattr(places, "starter_pack", lambda: tmp_path / "starter")
    assert check_pack().state == "missing"


def test_of_the_users_packs_the_damaged_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.packs.pack.user_packs", lambda: tmp_path)
    tiny_pack(tmp_path / "mine")
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "pack.json").write_text("{")
    (found,) = check_own_packs()
    assert found.state == "broken" and found.told.startswith("cut: ")


def test_a_folder_that_will_be_made_is_tried_where_it_will_be_and_nothing_is_left(tmp_path: Path) -> None:
    found = check_folder("data folder", tmp_path / "a" / "b")
    assert found.state == "ok" and found.told.endswith("GB free")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "told"), [(errno.EACCES, "cannot be written to"), (errno.EROFS, "read-only"), (errno.ENOSPC, "full")]
)
def test_a_folder_that_takes_no_file_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, told: str
) -> None:
    def refuse(**_where: Any) -> Any:
        raise OSError(number, "no")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    found = check_folder("export folder", tmp_path)
    assert found.state == "broken" and told in found.told and str(tmp_path) in found.mend


def test_a_disk_that_is_nearly_full_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _place: SimpleNamespace(free=49_000_000))
    found = check_folder("data folder", tmp_path)
    assert found.state == "broken" and "only 49 MB are free" in found.told


def test_both_folders_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "user_data", lambda: tmp_path / "data")
    monkeypatch.setattr(places, "user_music", lambda: tmp_path / "music")
    assert [found.name for found in check_folders()] == ["data folder", "export folder"]
