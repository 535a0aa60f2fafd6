"""Crates: kept on disk at once, damaged files set aside, names of any kind."""

import json
from pathlib import Path

import pytest

from engine import ExportError, InvalidRequest
from loopgen_app.state.crates import MOST_CRATES, MOST_LETTERS, Crates


def test_what_was_put_in_is_there_in_the_next_run(tmp_path: Path) -> None:
    crates = Crates(tmp_path / "crates.json")
    told: list[int] = []
    crates.changed.connect(lambda: told.append(1))
    assert crates.put("  Friday \n night ", [3, 1]) == "Friday night"
    crates.put("Friday night", [7])
    crates.put("breaks", [1])
    crates.take_out("Friday night", [3, 99])
    assert len(told) == 4
    again = Crates(tmp_path / "crates.json")
    assert again.names() == ["breaks", "Friday night"]
    assert again.ids("Friday night") == {1, 7}
    assert again.holding(1) == ["breaks", "Friday night"]
    assert again.ids("none") == frozenset()


def test_renaming_onto_another_joins_both_and_removing_keeps_the_rest(tmp_path: Path) -> None:
    crates = Crates(tmp_path / "crates.json")
    crates.put("a", [1])
    crates.put("b", [2])
    assert crates.rename("a", "b") == "b"
    assert (crates.names(), crates.ids("b")) == (["b"], {1, 2})
    assert crates.rename("b", "B") == "B"
    crates.remove("B")
    crates.remove("B")
    assert Crates(tmp_path / "crates.json").names() == []


@pytest.mark.parametrize("name", ["", "   ", "\n\t", "\x00\x1b", "\u202e"])
def test_a_crate_needs_a_name_that_can_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidRequest, match="A crate needs a name"):
        Crates(tmp_path / "crates.json").put(name, [1])
    assert not (tmp_path / "crates.json").exists()


def test_any_other_name_is_kept_as_it_can_be(tmp_path: Path) -> None:
    crates = Crates(tmp_path / "crates.json")
    for name in ("../../etc", 'a/b\\c:*?"<>|', "Größe & Köln", "\ud800x", "x" * 300):
        crates.put(name, [1])
    names = Crates(tmp_path / "crates.json").names()
    assert len(names) == 5
    assert max(map(len, names)) == MOST_LETTERS
    assert [path.name for path in tmp_path.iterdir()] == ["crates.json"]


def test_there_is_an_end_to_crates(tmp_path: Path) -> None:
    path = tmp_path / "crates.json"
    path.write_text(json.dumps({"crates": {f"{n}": [n] for n in range(MOST_CRATES)}}))
    crates = Crates(path)
    with pytest.raises(InvalidRequest, match="no room"):
        crates.put("one more", [1])
    crates.put("7", [8])
    assert crates.ids("7") == {7, 8}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"crates": 3}', b"\xff\xfe", b"[" * 5000])
def test_a_damaged_file_is_set_aside_and_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "crates.json"
    path.write_bytes(content)
    crates = Crates(path)
    assert crates.names() == []
    assert crates.notice.startswith("The crates could not be read; they were kept as crates.damaged-")
    crates.put("new", [1])
    aside = next(found for found in tmp_path.iterdir() if "damaged" in found.name)
    assert aside.read_bytes() == content


def test_crates_that_cannot_be_read_are_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "crates.json"
    Crates(path).put("Friday", [1, 2])
    kept = path.read_bytes()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr("loopgen_app.state.crates.read_document_file", refuse)
        crates = Crates(path)
    assert crates.names() == [] and "could not be read (too many open files)" in crates.notice
    with pytest.raises(ExportError, match="kept as they are"):
        crates.put("new", [3])
    assert path.read_bytes() == kept and Crates(path).ids("Friday") == {1, 2}


def test_damaged_crates_that_cannot_be_set_aside_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "crates.json"
    path.write_bytes(b"{")

    def refuse(_path: Path) -> Path:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("loopgen_app.state.crates.set_aside", refuse)
    with pytest.raises(ExportError, match="read-only file system"):
        Crates(path).put("new", [1])
    assert path.read_bytes() == b"{"


def test_what_is_no_crate_in_a_file_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "crates.json"
    path.write_text(json.dumps({"crates": {"a": [1, "x", None, True, 2.5, 4], "b": 3, " ": [1]}}))
    crates = Crates(path)
    assert (crates.ids("a"), crates.ids("b"), crates.names()) == ({1, 4}, frozenset(), ["a", "b"])


def test_a_folder_that_takes_nothing_is_one_sentence_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    crates = Crates(tmp_path / "file" / "crates.json")
    with pytest.raises(ExportError):
        crates.put("a", [1])
    assert crates.names() == []
