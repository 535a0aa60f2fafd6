"""What a corpus says it is made of: packages by name and licence, other folders by their name."""

from pathlib import Path

import pytest

from engine.corpus.materials import materials, one_shot_material, recorded_materials
from engine.corpus.one_shots import FOLDERS_VARIABLE


def test_recordings_are_named_by_package_once() -> None:
    games = Path("/usr/share/games")
    tracks = [
        games / "gunroar/sounds/musics/a.ogg",
        games / "gunroar/sounds/musics/b.ogg",
        Path("/home/me/loops/c.wav"),
    ]
    assert recorded_materials(tracks) == ["Debian gunroar-data (BSD-2-Clause)", "recordings of the folder loops"]


def test_folders_of_one_shots_speak_for_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, kit, plain, broken = (tmp_path / name for name in ("package", "kit", "plain", "broken"))
    for folder in (package / "samples", kit, plain, broken):
        folder.mkdir(parents=True)
    (package / "package.json").write_text('{"name": "drums", "version": "1.2", "license": "CC0-1.0"}')
    (kit / "drumkit.xml").write_text("<drumkit_info><name>Boom</name><license>CC0</license></drumkit_info>")
    (broken / "drumkit.xml").write_text("<drumkit_info")
    assert one_shot_material(package / "samples") == "npm drums 1.2 (CC0-1.0)"
    assert one_shot_material(kit) == "Hydrogen kit Boom (CC0)"
    assert one_shot_material(plain) == "one-shots of the folder plain"
    assert one_shot_material(broken) == "one-shots of the folder broken"
    monkeypatch.setenv(FOLDERS_VARIABLE, f"{kit}:{plain}")
    assert materials(recordings=False) == ["Hydrogen kit Boom (CC0)", "one-shots of the folder plain"]
