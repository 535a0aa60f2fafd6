"""What the window keeps is its owner's alone, wherever that is, and what cannot be kept is said."""

import os
import stat
from pathlib import Path

import platformdirs
import pytest
from conftest import Stage
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.config import user_data
from loopgen_app.settings import Folders
from loopgen_app.widgets.loop_list import Role


def test_nobody_else_can_read_prompts(stage: Stage, tmp_path: Path) -> None:
    stage.find("promptEdit").setText("nobody's business")
    stage.generate()
    stage.studio.sessions.save_preset("mine")
    stage.studio.sessions.save_settings()
    stage.studio.sessions.autosave()
    exports = Folders(tmp_path / "data").exports
    kept = [
        path for path in (tmp_path / "data", *(tmp_path / "data").rglob("*")) if exports not in (path, *path.parents)
    ]
    modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in kept}
    assert {"autosave.json", "settings.json", "mine.json", "loops.sqlite", "loopgen.log"} <= modes.keys()
    assert {modes[path.name] for path in kept if path.is_dir()} == {"0o700"}
    assert {name: mode for name, mode in modes.items() if mode not in ("0o700", "0o600")} == {}


def test_a_user_whom_nobody_knows_has_a_folder_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_, **__: "~/.local/share/LoopGen")
    monkeypatch.setattr("platformdirs.user_music_dir", lambda: "~/Music")
    assert user_data().is_absolute()
    folders = Folders.default()
    assert folders.root == user_data() and folders.exports.is_relative_to(folders.root)


def test_a_star_that_cannot_be_kept_is_told_and_not_shown(stage: Stage) -> None:
    stage.generate()
    bank = stage.find("loopBank")
    bank.setCurrentIndex(bank.model().index(0, 0))
    full = "CREATE TRIGGER full BEFORE UPDATE ON loops BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    stage.studio.bank._db.execute(full)
    QTest.keyClick(bank, Qt.Key.Key_F)
    assert "database or disk is full" in stage.said()
    assert not bank.model().index(0, 0).data(Role.FAVOURITE)


def test_what_a_killed_window_left_is_gone_at_the_next_start(stage: Stage, tmp_path: Path) -> None:
    data = tmp_path / "data"
    stage.window.close()
    left = data / ".loopgen-00000000-1-abcdef01.part"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    assert stage.studio.sessions.begin() is False
    assert not left.exists()
    stage.studio.sessions.end()
