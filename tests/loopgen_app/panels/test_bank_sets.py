"""Several loops of the bank at once, by mouse: selected, put into crates, exported, dragged; and more like one."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Stage
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu
from test_bank_panel import LEFT, current_name, drag, named, names, row

from loopgen_app.panels import bank_panel, bank_sets
from loopgen_app.panels.crate_button import CrateButton
from loopgen_app.widgets.drag_tile import file_mime
from loopgen_app.widgets.loop_list import LoopList

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NO_KEY = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def bank(stage: Stage) -> LoopList:
    found = named(stage, "one", "two", "three", "four")
    assert names(found) == ["four", "three", "two", "one"]
    return found


def click(bank: LoopList, number: int, keys: Qt.KeyboardModifier = NO_KEY) -> None:
    QTest.mouseClick(bank.viewport(), LEFT, keys, row(bank, number))


def selected(bank: LoopList) -> list[str]:
    return [names(bank)[index.row()] for index in sorted(bank.selectedIndexes(), key=lambda index: index.row())]


def action(menu: QMenu, words: str) -> QAction:
    return next(each for each in menu.actions() if each.text() == words)


def test_control_and_shift_select_and_play_nothing(stage: Stage, bank: LoopList) -> None:
    click(bank, 0)
    assert current_name(stage) == "four"
    click(bank, 2, CONTROL)
    assert selected(bank) == ["four", "two"]
    click(bank, 3, SHIFT)
    assert "one" in selected(bank)
    assert current_name(stage) == "four"
    click(bank, 1)
    assert selected(bank) == ["three"]
    assert current_name(stage) == "three"


def test_one_of_several_drags_them_all_and_a_click_on_it_plays_it_alone(
    stage: Stage, bank: LoopList, monkeypatch: pytest.MonkeyPatch
) -> None:
    dragged: list[list[str]] = []

    def run(_list: object, path: Path, _picture: object = None, *more: Path) -> None:
        assert all(each.is_file() for each in (path, *more))
        dragged.append([each.name.split("_")[0] for each in (path, *more)])

    monkeypatch.setattr(bank_panel, "run_drag", run)
    click(bank, 0)
    click(bank, 1, CONTROL)
    click(bank, 3, CONTROL)
    drag(bank.viewport(), row(bank, 1), row(bank, 1) + QPoint(40, 2))
    assert dragged == [["four", "three", "one"]]
    assert selected(bank) == ["four", "three", "one"]
    drag(bank.viewport(), row(bank, 2), row(bank, 2) + QPoint(40, 2))
    assert dragged[1:] == [["two"]]
    click(bank, 0)
    click(bank, 1, CONTROL)
    click(bank, 0)
    assert selected(bank) == ["four"]
    assert current_name(stage) == "four"


def test_several_are_deleted_and_brought_back_together(stage: Stage, bank: LoopList) -> None:
    click(bank, 0)
    click(bank, 2, CONTROL)
    stage.window.bank.delete(bank.chosen_ids()[0])
    assert names(bank) == ["three", "one"]
    assert stage.said() == "Deleted 2 loops."
    last = stage.studio.messages.last
    assert last is not None and last.action is not None
    last.action()
    assert names(bank) == ["four", "three", "two", "one"]


def test_several_files_are_dragged_as_one_url_each(tmp_path: Path) -> None:
    mime = file_mime(tmp_path / "a.wav", tmp_path / "b #2.wav")
    assert [Path(url.toLocalFile()).name for url in mime.urls()] == ["a.wav", "b #2.wav"]


def test_loops_are_put_into_a_crate_that_can_be_shown_renamed_and_deleted(
    stage: Stage, bank: LoopList, monkeypatch: pytest.MonkeyPatch
) -> None:
    crates = stage.studio.crates
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args, **_more: ("Friday & more", True))
    click(bank, 0)
    click(bank, 2, CONTROL)
    menu = stage.window.bank.row_menu(bank.chosen_ids()[0])
    into = action(menu, "Put into crate").menu()
    assert isinstance(into, QMenu)
    action(into, "New crate…").trigger()
    assert stage.said() == "2 loops are in the crate Friday & more."
    button: CrateButton = stage.find("crateButton")
    action(button.menu_of_crates(), "Friday && more   2").trigger()
    assert names(bank) == ["four", "two"]
    assert button.text().startswith("Friday & more")
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args, **_more: ("Saturday", True))
    action(button.menu_of_crates(), "Rename this crate…").trigger()
    assert (button.crate, crates.names()) == ("Saturday", ["Saturday"])
    assert names(bank) == ["four", "two"]
    held = stage.window.bank.model.loop_at(0).id
    out = action(stage.window.bank.row_menu(held), "Take out of crate").menu()
    assert isinstance(out, QMenu)
    action(out, "Saturday").trigger()
    assert names(bank) == ["two"]
    action(button.menu_of_crates(), "Delete this crate, not its loops").trigger()
    assert names(bank) == ["four", "three", "two", "one"]
    assert button.text().startswith("Crates")


def test_a_name_that_is_none_is_one_sentence(stage: Stage, bank: LoopList) -> None:
    bank_sets.put(stage.studio, " ", [1])
    assert stage.said() == "A crate needs a name."


def test_a_selection_is_exported_as_a_folder(
    stage: Stage, bank: LoopList, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: str(tmp_path / "sets"))
    click(bank, 1)
    click(bank, 3, CONTROL)
    menu = stage.window.bank.row_menu(bank.chosen_ids()[0])
    action(menu, "Export 2 loops as a folder…").trigger()
    place = tmp_path / "sets" / "2 loops"
    assert stage.said() == f"Exported 2 loops to {place}."
    told = json.loads((place / "loops.json").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in told["loops"]] == ["three", "one"]
    assert all((place / entry["file"]).is_file() for entry in told["loops"])


def test_a_folder_without_permission_is_one_sentence(stage: Stage, bank: LoopList, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert bank_sets.export_to(stage.studio, bank.chosen_ids(), tmp_path / "file") is None
    assert stage.said().startswith("No folder can be made in ")


def test_more_like_this_shows_the_most_alike_first_until_a_loop_is_made(
    stage: Stage, bank: LoopList, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(loop_id: int, among: list[int], done: Any) -> None:
        done([loop_id, *[each for each in reversed(among) if each != loop_id][:2]])

    monkeypatch.setattr(stage.studio.likeness, "find", find)
    menu = stage.window.bank.row_menu(stage.window.bank.model.loop_at(1).id)
    action(menu, "More like this").trigger()
    assert names(bank) == ["three", "one", "two"]
    button = stage.find("alikeButton")
    assert button.isVisible()
    assert button.text() == "like three"
    button.click()
    assert names(bank) == ["four", "three", "two", "one"]
    action(stage.window.bank.row_menu(stage.window.bank.model.loop_at(1).id), "More like this").trigger()
    named(stage, "five")
    assert names(bank)[0] == "five"
    assert not button.isVisible()
