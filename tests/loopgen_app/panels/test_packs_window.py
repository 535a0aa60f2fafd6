"""The window of packs, by hand: play, rename, describe, give away, take in, delete; the knob that blends."""

from pathlib import Path

import pytest
from conftest import Desk
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QPushButton
from tiny import tiny_pack

from engine import Pack, PackInfo
from engine.packs.sharing import derived_pack
from loopgen_app.packs_menu import PacksMenu
from loopgen_app.panels.packs_window import PacksWindow, described
from loopgen_app.panels.shape_panel import ShapePanel


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny starter pack, and one of the user's own, called mine."""
    base = tiny_pack(tmp_path / "starter", denoiser=False)
    for module in ("pack", "sharing", "bundle"):
        monkeypatch.setattr(f"engine.packs.{module}.user_packs", lambda: tmp_path / "packs")
        monkeypatch.setattr(f"engine.packs.{module}.starter_pack", lambda: base)
    monkeypatch.setattr("loopgen_app.panels.packs_window.starter_pack", lambda: base)
    derived_pack(Pack.open(base), tmp_path / "packs" / "mine", "mine")
    return tmp_path


def opened(desk: Desk, row: int = 1) -> PacksWindow:
    window = desk.show(PacksWindow(desk.studio, desk.studio.background.line("packs")))
    window.packs.setCurrentRow(row)
    return window


def press(window: PacksWindow, name: str) -> None:
    button = window.findChild(QPushButton, name)
    assert button is not None and button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_packs_are_played_renamed_and_described(desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    window = opened(desk)
    assert [window.packs.item(row).text() for row in range(2)] == ["tiny", "mine"]
    press(window, "packPlay")
    assert desk.studio.settings.pack == str(home / "packs" / "mine")
    assert desk.studio.generation.state.model == "loading"
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("tapes", True))
    press(window, "packRename")
    assert window.packs.item(1).text() == "tapes" and window.packs.currentRow() == 1
    monkeypatch.setattr(QInputDialog, "getMultiLineText", lambda *_: ("From my tapes.", True))
    press(window, "packDescribe")
    assert "From my tapes." in window.words.text()
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("../evil", True))
    press(window, "packRename")
    assert "cannot name a pack" in desk.said() and Pack.open(home / "packs" / "mine").name == "tapes"


def test_the_starter_pack_cannot_be_changed_nor_one_that_plays_deleted(
    desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(desk, row=0)
    assert not any(button.isEnabled() for button in window._own)
    window.packs.setCurrentRow(1)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    press(window, "packPlay")
    press(window, "packDelete")
    assert "is playing" in desk.said() and (home / "packs" / "mine").exists()
    desk.studio.settings.pack = ""
    press(window, "packDelete")
    assert not (home / "packs" / "mine").exists() and window.packs.count() == 1


def test_a_pack_leaves_as_a_file_and_comes_back(desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    window = opened(desk)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(home / "gift"), ""))
    press(window, "packExport")
    assert (home / "gift.loopgenpack").stat().st_size < 20_000 and "gift.loopgenpack" in desk.said()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(home / "gift.loopgenpack"), ""))
    press(window, "packImport")
    assert "verified" in desk.said() and window.packs.count() == 3
    (home / "gift.loopgenpack").write_bytes(b"PK cut")
    press(window, "packImport")
    assert "damaged or no pack" in desk.said() and window.packs.count() == 3


def test_what_is_asked_about_a_pack_is_plain_text_and_no_file_is_replaced_unasked(
    desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = home / "packs" / "<img src=x>"
    (home / "packs" / "mine").rename(evil)
    (home / "gift.loopgenpack").write_bytes(b"mine")
    window, asked = opened(desk), []

    def no(*given: object) -> QMessageBox.StandardButton:
        asked.append(str(given[2]))
        return QMessageBox.StandardButton.No

    monkeypatch.setattr(QMessageBox, "question", no)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(home / "gift"), ""))
    press(window, "packDelete")
    press(window, "packExport")
    assert asked == [
        "<qt>Delete &lt;img src=x&gt; for good?</qt>",
        "There is a gift.loopgenpack already. Replace it?",
    ]
    assert evil.exists() and (home / "gift.loopgenpack").read_bytes() == b"mine"


def test_a_damaged_pack_is_told_and_can_be_deleted(desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "packs" / "mine" / "pack.json").write_text('{"schema": 99}')
    window = opened(desk)
    assert "damaged" in window.packs.item(1).text() and "schema" in window.words.text()
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    press(window, "packDelete")
    assert window.packs.count() == 1


def test_the_knob_that_blends_is_there_for_packs_that_learnt(desk: Desk, home: Path) -> None:
    window, shape = opened(desk), desk.show(ShapePanel(desk.studio))  # type: ignore[arg-type]
    assert window.learnt.isHidden() and shape.learnt.isHidden()
    desk.service.events.on_ready(PackInfo("mine", "1", "00", 44_100, learnt=True))
    assert not window.learnt.isHidden() and not shape.learnt.isHidden()
    window.learnt.setFocus()
    QTest.keyClick(window.learnt, Qt.Key.Key_Down)
    assert desk.studio.instrument.value("learnt") == pytest.approx(0.95)
    assert desk.studio.instrument.request().learnt == pytest.approx(0.95)
    assert "MB" in described(Pack.open(home / "packs" / "mine"))


def test_the_menu_opens_each_window_once(desk: Desk, home: Path) -> None:
    from PySide6.QtWidgets import QMainWindow

    main = desk.show(QMainWindow())
    menu = PacksMenu(main, desk.studio)
    for open_ in (menu.packs, menu.learn, menu.packs, menu.learn):
        open_()
    assert len(main.findChildren(PacksWindow)) == 1
    desk.studio.learner.learnt.emit(str(home / "packs" / "mine"))
    last = desk.studio.messages.last
    assert last is not None and "mine" in last.text and last.action is not None
    last.action()
    assert desk.studio.settings.pack == str(home / "packs" / "mine")
