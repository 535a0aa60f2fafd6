"""Loops that leave together: sounds, MIDI and one JSON in a folder of their own."""

import json
from pathlib import Path

import pytest
from conftest import Desk

from engine import ExportError, Pattern, find_recipe, read_metadata, read_midi
from loopgen_app.keeping.sets import INDEX, export_set, new_folder


def test_a_set_has_a_sound_and_a_pattern_for_each_loop_and_says_what_they_are(desk: Desk, tmp_path: Path) -> None:
    kick = Pattern({"kick": (1.0, 0.0, 0.0, 0.0) * 4})
    loops = [
        desk.generate(prompt="warm house", pattern=kick, compose=False),
        desk.generate(prompt="acid", tempo_bpm=140.0, pattern=Pattern(), compose=False),
    ]
    place = export_set(desk.studio.exports, loops, tmp_path / "out", "Friday: night/../")
    assert place == tmp_path / "out" / "Friday night"
    told = json.loads((place / INDEX).read_text(encoding="utf-8"))
    assert told["loopgen_set"] == 1
    assert [entry["name"] for entry in told["loops"]] == ["warm house", "acid"]
    assert [entry["tempo_bpm"] for entry in told["loops"]] == [126.0, 140.0]
    for entry, heard in zip(told["loops"], loops, strict=True):
        recipe = find_recipe(read_metadata(place / entry["file"]).comment)
        assert recipe is not None
        assert recipe.request == heard.recipe.request
        assert entry["recipe"] == json.loads(heard.recipe.to_json())
    first, second = told["loops"]
    assert read_midi(place / first["midi"]).pattern.rows["kick"][:16] == kick.rows["kick"]
    assert second["midi"] == ""
    assert len([*place.iterdir()]) == 2 + 1 + 1


def test_rows_that_were_written_for_a_loop_are_in_its_midi(desk: Desk, tmp_path: Path) -> None:
    heard = desk.generate(prompt="house")
    written = Pattern({"snare": (0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0) * 2})
    place = export_set(desk.studio.exports, [heard], tmp_path, "one", lambda _request: written)
    found = read_midi(next(place.glob("*.mid"))).pattern
    assert found.rows["snare"][:16] == written.rows["snare"]


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Friday", "Friday"), ("../../etc", "etc"), ("", "loops"), ("\x00:*?", "loops"), ("日本", "loops"),
        ("Con", "Con loops"),
        ("x" * 300, "x" * 60),
    ],
)  # fmt: skip
def test_folders_have_names_that_every_system_takes(tmp_path: Path, name: str, called: str) -> None:
    assert new_folder(tmp_path, name).name == called
    assert new_folder(tmp_path, name).name == f"{called} (2)"


def test_a_place_that_takes_nothing_is_one_sentence(desk: Desk, tmp_path: Path) -> None:
    heard = desk.generate()
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match=r"^No folder can be made in .*: .*\.$"):
        export_set(desk.studio.exports, [heard], tmp_path / "file", "x")
