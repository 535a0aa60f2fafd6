"""The entry of a Linux desktop: written for one user and one copy, opened by kinds of files, and removed whole."""

import configparser
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from engine.checkup.desktop_entry import install_desktop_entry, remove_desktop_entry
from engine.config import RESOURCES
from engine.errors import ExportError, InvalidRequest
from engine.packs.checks import MANIFEST
from loopgen_app.state.session import SUFFIX


@pytest.fixture(autouse=True)
def share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("PATH", "")  # no index is written by programs of this system
    return tmp_path / "share"


def _entry(path: Path) -> configparser.SectionProxy:
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment]
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser["Desktop Entry"]


def test_it_is_written_where_desktops_look_and_removed_again(share: Path) -> None:
    written = install_desktop_entry()
    assert len(written) == 5 and all(path.is_relative_to(share) and path.stat().st_size for path in written)
    assert install_desktop_entry() == written
    assert remove_desktop_entry() == written
    assert [path for path in share.rglob("*") if path.is_file()] == [] and remove_desktop_entry() == ()


def test_every_kind_of_file_that_it_names_is_defined_and_is_ours(share: Path) -> None:
    install_desktop_entry()
    space = {"": "http://www.freedesktop.org/standards/shared-mime-info"}
    kinds = ET.parse(share / "mime" / "packages" / "loopgen.xml").getroot().findall("mime-type", space)
    globs = {kind.get("type"): kind.find("glob", space).get("pattern") for kind in kinds}  # type: ignore[union-attr]
    assert globs == {"application/x-loopgen-session": f"*{SUFFIX}", "application/x-loopgen-pack": MANIFEST}
    entries = sorted((share / "applications").glob("*.desktop"))
    opened = {_entry(path).get("MimeType", "").rstrip(";") for path in entries}
    assert opened == {"", *globs}
    assert (share / "icons/hicolor/scalable/apps" / f"{_entry(entries[0])['Icon']}.svg").is_file()


@pytest.mark.parametrize("folder", ["plain", "my music", 'odd "$`\\% name'])
def test_it_starts_this_copy_whatever_its_folder_is_called(
    share: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    place = tmp_path / folder
    place.mkdir()
    (place / "loopgen").touch()
    monkeypatch.setattr(sys, "executable", str(place / "python3"))
    install_desktop_entry()
    line = _entry(share / "applications" / "loopgen-session.desktop")["Exec"]
    text = line.replace("\\\\", "\\").replace("%%", "%")  # as a string of the file, then as a field code
    quoted, _, rest = text[1:].rpartition('" ')
    assert re.sub(r"\\(.)", r"\1", quoted) == str(place / "loopgen") and rest == "--session %f"
    (place / "loopgen").unlink()
    install_desktop_entry()
    assert _entry(share / "applications" / "loopgen.desktop")["Exec"].endswith('python3" "-m" "engine"')


def test_a_folder_that_cannot_be_made_and_another_system_are_refused(
    share: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share.write_text("in the way")
    with pytest.raises(ExportError, match="Cannot make the folder"):
        install_desktop_entry()
    for system, told in (("darwin", "Dock"), ("win32", "Start menu"), ("sunos", "another menu")):
        monkeypatch.setattr(sys, "platform", system)
        with pytest.raises(InvalidRequest, match=told):
            install_desktop_entry()


def test_icon_and_templates_lie_in_the_resources() -> None:
    assert len(list((RESOURCES / "desktop").iterdir())) == 4 and (RESOURCES / "icons" / "loopgen.svg").is_file()
