"""Packs that share files, are renamed, described, deleted, and travel as one file; strangers' files are refused."""

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import tiny_pack

from engine.errors import ExportError, LoopGenError, PackError
from engine.files import temporary_path
from engine.packs.bundle import PACK_SUFFIX, export_pack, import_pack, sweep_arrivals
from engine.packs.checks import MANIFEST
from engine.packs.pack import Pack, list_packs
from engine.packs.sharing import (
    check_name,
    delete_pack,
    derived_pack,
    describe_pack,
    description_of,
    free_pack_folder,
    rename_pack,
    settled_pack,
    share_file,
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny starter pack, and a folder of user packs that is empty."""
    base = tiny_pack(tmp_path / "starter", denoiser=False)
    for module in ("pack", "sharing", "bundle"):
        monkeypatch.setattr(f"engine.packs.{module}.user_packs", lambda: tmp_path / "packs")
    for module in ("pack", "sharing", "bundle"):
        monkeypatch.setattr(f"engine.packs.{module}.starter_pack", lambda: base)
    (tmp_path / "packs").mkdir()
    return tmp_path


def derived(home: Path, name: str = "mine") -> Pack:
    return derived_pack(Pack.open(home / "starter"), home / "packs" / name, name)


def test_a_derived_pack_is_whole_and_outlives_its_base(home: Path) -> None:
    base, pack = Pack.open(home / "starter"), derived(home)
    assert pack.name == "mine" and pack.manifest["base"] == {"name": "tiny", "version": "1", "hash": base.hash}
    for name in pack.manifest["files"]:
        assert (pack.folder / name).samefile(base.folder / name)
        (base.folder / name).unlink()
    assert Pack.open(pack.folder).name == "mine"  # every byte is still there
    with pytest.raises(PackError, match="already"):
        derived_pack(pack, pack.folder, "mine")


def test_where_files_cannot_be_linked_they_are_copied(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr("engine.packs.sharing.os.link", refuse)
    pack = derived(home)
    assert Pack.open(pack.folder).name == "mine"
    assert not any((pack.folder / name).samefile(home / "starter" / name) for name in pack.manifest["files"])
    moved = settled_pack(pack, home / "packs" / "moved")
    assert moved.hash == pack.hash
    assert not list(pack.folder.glob(".loopgen*"))


def test_a_full_disk_while_copying_leaves_no_pack(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.packs.sharing.os.link", refuse)
    monkeypatch.setattr("engine.packs.sharing.shutil.copyfile", refuse)
    with pytest.raises(ExportError, match="disk is full"):
        derived(home)
    assert not (home / "packs" / "mine" / MANIFEST).exists()
    monkeypatch.undo()
    share_file(home / "starter" / "pack.json", home / "again.json")
    assert (home / "again.json").exists()


def test_packs_are_renamed_described_and_deleted(home: Path) -> None:
    pack = derived(home)
    (pack.folder / "notes.txt").write_text("mine")
    assert rename_pack(pack.folder, " dusty & warm ").name == "dusty & warm"
    assert description_of(describe_pack(pack.folder, " From my tapes. ")) == "From my tapes."
    assert description_of(describe_pack(pack.folder, "\ud800 \x1b[31m")) == "? \x1b[31m"
    assert description_of(describe_pack(pack.folder, "")) == ""
    assert Pack.open(pack.folder).name == "dusty & warm"  # verified: no weight has changed
    delete_pack(pack.folder)
    assert [path.name for path in pack.folder.iterdir()] == ["notes.txt"]
    assert Pack.open(home / "starter").name == "tiny"


@pytest.mark.parametrize(
    "name", ["", " ", "../x", "a/b", "a\\b", ".hidden", "x" * 61, "con:", "name.", "a\nb", "\0", "Con", "lpt1.x"]
)
def test_names_that_could_lead_elsewhere_are_refused(home: Path, name: str) -> None:
    with pytest.raises(PackError, match="cannot name a pack"):
        check_name(name)
    with pytest.raises(PackError):
        free_pack_folder(name)


def test_a_free_folder_is_nobody_elses(home: Path) -> None:
    assert free_pack_folder("mine") == home / "packs" / "mine"
    derived(home)
    assert free_pack_folder("mine") == home / "packs" / "mine 2"


def test_the_starter_pack_stays_as_it_is(home: Path) -> None:
    acts: tuple[Callable[[Path], object], ...] = (
        delete_pack, lambda folder: rename_pack(folder, "mine"), lambda folder: describe_pack(folder, "words"),
    )  # fmt: skip
    for act in acts:
        with pytest.raises(PackError, match="belongs to LoopGen"):
            act(home / "starter")
        with pytest.raises(PackError, match="no model pack"):
            act(home / "packs")
    with pytest.raises(PackError, match="2000"):
        describe_pack(derived(home).folder, "x" * 2001)


def test_a_pack_travels_without_what_everybody_has(home: Path) -> None:
    pack = describe_pack(derived(home).folder, "From my tapes.")
    path = export_pack(pack, home / f"mine{PACK_SUFFIX}")
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == [MANIFEST]
    assert path.stat().st_size < 20_000
    came = import_pack(path)
    assert came.folder == home / "packs" / "mine 2" and came.hash == pack.hash
    assert all((came.folder / name).samefile(home / "starter" / name) for name in came.manifest["files"])
    assert sorted(folder.name for folder in (home / "packs").iterdir()) == ["mine", "mine 2"]


def test_a_whole_pack_needs_nobody(home: Path) -> None:
    pack = derived(home)
    path = export_pack(pack, home / f"whole{PACK_SUFFIX}", whole=True)
    small = export_pack(pack, home / f"small{PACK_SUFFIX}")
    delete_pack(pack.folder)
    for file in (home / "starter").iterdir():
        file.unlink()
    assert import_pack(path).name == "mine"
    delete_pack(home / "packs" / "mine")
    with pytest.raises(PackError, match="builds on a pack that is not here"):
        import_pack(small)
    assert list((home / "packs").iterdir()) == []


def _rewritten(source: Path, target: Path, change: Callable[[dict[str, bytes]], None], compress: int = 0) -> Path:
    with zipfile.ZipFile(source) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    change(contents)
    with zipfile.ZipFile(target, "w", compress) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return target


def test_files_of_strangers_are_refused_and_nothing_stays(home: Path) -> None:
    pack = derived(home)
    good = export_pack(pack, home / f"good{PACK_SUFFIX}", whole=True)
    weights = next(iter(pack.manifest["files"]))

    def flip(contents: dict[str, bytes]) -> None:
        contents[weights] = contents[weights][:-1] + bytes([contents[weights][-1] ^ 1])

    def other_schema(contents: dict[str, bytes]) -> None:
        contents[MANIFEST] = json.dumps({**json.loads(contents[MANIFEST]), "schema": 99}).encode()

    def shorter(contents: dict[str, bytes]) -> None:
        contents[weights] = contents[weights][:-40]

    def outside(contents: dict[str, bytes]) -> None:
        manifest = json.loads(contents[MANIFEST])
        manifest["files"]["../../evil.safetensors"] = {"bytes": 4, "sha256": "0" * 64}
        contents[MANIFEST], contents["../../evil.safetensors"] = json.dumps(manifest).encode(), b"evil"

    bad = home / f"bad{PACK_SUFFIX}"
    cases: dict[str, Callable[[], Path]] = {
        "damaged": lambda: _rewritten(good, bad, flip),
        "schema '99'": lambda: _rewritten(good, bad, other_schema),
        "not the file that its pack lists": lambda: _rewritten(good, bad, shorter),
        "no file name that a pack may have": lambda: _rewritten(good, bad, outside),
        "which its pack does not list": lambda: _rewritten(good, bad, lambda all_: all_.update({"run.py": b"1"})),
        "it has no pack.json": lambda: _rewritten(good, bad, lambda all_: all_.pop(MANIFEST) and None),
        "not the file that": lambda: _rewritten(good, bad, lambda _all: None, zipfile.ZIP_DEFLATED),
    }
    for words, make in cases.items():
        with pytest.raises(PackError, match=words):
            import_pack(make())
    bad.write_bytes(good.read_bytes()[: good.stat().st_size // 2])  # cut
    with pytest.raises(PackError, match="damaged or no pack"):
        import_pack(bad)
    with pytest.raises(LoopGenError):
        import_pack(home / "nowhere.loopgenpack")
    assert [folder.name for folder in (home / "packs").iterdir()] == ["mine"]
    assert import_pack(good).hash == pack.hash  # and a pack that was renamed as a file is what it is


def test_only_what_a_killed_import_left_is_swept(home: Path) -> None:
    there = temporary_path(home / "packs")
    dead = there.with_name(there.name.replace(f"-{os.getpid()}-", "-999999999-"))
    for folder in (there, dead):
        folder.mkdir()
        (folder / MANIFEST).write_bytes((home / "starter" / MANIFEST).read_bytes())
    assert [entry.folder.name for entry in list_packs()] == ["starter"]  # what is on its way is no pack yet
    sweep_arrivals()
    assert there.exists() and not dead.exists()


def test_archives_that_lie_are_refused_at_once(home: Path) -> None:
    good = export_pack(derived(home), home / f"good{PACK_SUFFIX}", whole=True)
    bad = home / f"bad{PACK_SUFFIX}"
    _rewritten(good, bad, lambda contents: None, zipfile.ZIP_DEFLATED)
    content = bytearray(bad.read_bytes())
    with zipfile.ZipFile(bad) as archive:
        begin = archive.getinfo(MANIFEST).header_offset + 30 + len(MANIFEST)
    content[begin : begin + 40] = b"\xff" * 40
    bad.write_bytes(content)
    with pytest.raises(PackError, match="damaged or no pack"):  # its compression is wrong
        import_pack(bad)
    with zipfile.ZipFile(bad, "w") as archive:
        for number in range(40_000):
            archive.writestr(f"{number}{'x' * 30}", b"")
    with pytest.raises(PackError, match="too many files"):
        import_pack(bad)
    bad.unlink()
    os.mkfifo(bad)
    for path in (bad, home / "packs", Path("/dev/zero"), Path("a\0b")):
        with pytest.raises(LoopGenError):
            import_pack(path)
    assert [folder.name for folder in (home / "packs").iterdir()] == ["mine"]


def test_what_is_protected_or_no_file_is_not_exported_over(home: Path) -> None:
    pack, kept = derived(home), home / f"kept{PACK_SUFFIX}"
    kept.write_bytes(b"mine")
    kept.chmod(0o444)
    with pytest.raises(ExportError, match="write-protected"):
        export_pack(pack, kept)
    os.mkfifo(home / f"pipe{PACK_SUFFIX}")
    with pytest.raises(ExportError, match="no file"):
        export_pack(pack, home / f"pipe{PACK_SUFFIX}")
    link = home / f"link{PACK_SUFFIX}"
    link.symlink_to(home / "elsewhere")
    assert export_pack(pack, link) == link and link.is_symlink()
    assert (home / "elsewhere").read_bytes()[:2] == b"PK" and kept.read_bytes() == b"mine"


@pytest.mark.parametrize("damaged", [False, True])
def test_weights_that_somebody_keeps_in_the_folder_of_a_pack_stay(home: Path, damaged: bool) -> None:
    pack = derived(home)
    kept = pack.folder / "codec-deadbeef.safetensors"
    kept.write_bytes(b"not what its name says")
    if damaged:
        (pack.folder / MANIFEST).write_text("{")
    delete_pack(pack.folder)
    assert [path.name for path in pack.folder.iterdir()] == [kept.name]


def test_what_cannot_be_exported_leaves_no_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = derived(home)
    with pytest.raises(ExportError, match=r"ends in \.loopgenpack"):
        export_pack(pack, home / "mine.zip")
    with pytest.raises(ExportError, match="Cannot write"):
        export_pack(pack, home / "no folder" / f"mine{PACK_SUFFIX}")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    before = sorted(home.iterdir())
    monkeypatch.setattr(zipfile.ZipFile, "write", full)
    with pytest.raises(ExportError, match="disk is full"):
        export_pack(pack, home / f"mine{PACK_SUFFIX}")
    assert sorted(home.iterdir()) == before
