"""The bank under the hand: clicks, drags, names, takes, the filter, and the ways out."""

from pathlib import Path

import pytest
from conftest import Desk, Stage
from hand import LEFT, drag
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from loopgen_app.panels import bank_panel
from loopgen_app.panels.bank_model import BankModel
from loopgen_app.widgets.loop_list import LoopList, Role


def named(stage: Stage, *prompts: str) -> LoopList:
    """The list, once a loop of each prompt is in it; the last is on top."""
    for prompt in prompts:
        stage.find("promptEdit").setText(prompt)
        stage.generate()
    bank: LoopList = stage.find("loopBank")
    return bank


def names(bank: LoopList) -> list[str]:
    return [bank.model().index(row, 0).data() for row in range(bank.count())]


def row(bank: LoopList, number: int) -> QPoint:
    return bank.visualRect(bank.model().index(number, 0)).center()


def wander(widget: QWidget, to: QPoint) -> None:
    """Move the pointer with no button held, as a mouse does."""
    none, place = Qt.MouseButton.NoButton, QPointF(to)
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, widget.mapToGlobal(place), none, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(widget, event)


def current_name(stage: Stage) -> str:
    current = stage.studio.audition.current
    assert current is not None
    return current.name


@pytest.fixture
def drags(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files of rows that were dragged."""
    found: list[Path] = []
    monkeypatch.setattr(bank_panel, "run_drag", lambda _list, path: found.append(path))
    return found


def test_a_row_is_dragged_while_the_button_is_held_and_never_after(stage: Stage, drags: list[Path]) -> None:
    bank = named(stage, "one", "two")
    here, far = row(bank, 1), row(bank, 1) + QPoint(60, 4)
    QTest.mouseClick(bank.viewport(), LEFT, pos=here)
    for step in (here + QPoint(10, 0), far):
        wander(bank.viewport(), step)
    assert drags == []
    asked = len(stage.renderer.requests)
    QTest.mouseClick(stage.find("generateButton"), LEFT)
    stage.wait(lambda: len(stage.renderer.rendered) == asked + 1 and bank.count() == 3)
    QTest.mousePress(bank.viewport(), LEFT, pos=here)
    wander(bank.viewport(), far)  # the release was lost, to a menu or another window
    assert drags == []
    drag(bank.viewport(), here, far)
    assert [path.name.partition("_")[0] for path in drags] == ["two"]


def test_what_is_dragged_out_of_the_window_and_let_go_over_it_changes_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/tmp/loop.wav")])
    told = (Qt.DropAction.CopyAction, mime, LEFT, Qt.KeyboardModifier.NoModifier)
    for source, taken in ((None, True), (stage.find("loopBank"), False)):
        monkeypatch.setattr(QDragEnterEvent, "source", lambda _event, source=source: source)
        over = QDragEnterEvent(QPoint(20, 20), *told)
        over.ignore()
        stage.window.dragEnterEvent(over)
        assert over.isAccepted() == taken


def test_a_click_plays_its_row_and_one_on_the_star_only_stars_it(stage: Stage) -> None:
    bank = named(stage, "one", "two", "three")
    QTest.mouseClick(bank.viewport(), LEFT, pos=row(bank, 2))
    assert current_name(stage) == "one"
    star = QPoint(bank.viewport().width() - 12, row(bank, 1).y())
    QTest.mouseClick(bank.viewport(), LEFT, pos=star)
    assert current_name(stage) == "one"
    assert [loop.name for loop in stage.studio.bank.loops("favourites")] == ["two"]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab])
def test_a_name_that_was_typed_stays_and_names_the_file(stage: Stage, key: Qt.Key) -> None:
    bank = named(stage, "one", "two")
    assert stage.studio.transport.state.playing
    bank.setFocus()
    bank.setCurrentIndex(bank.model().index(1, 0))
    QTest.keyClick(bank, Qt.Key.Key_F2)
    field = bank.findChild(QLineEdit, "nameField")
    assert field.text() == "one" == field.selectedText()
    QTest.keyClicks(field, "Open")
    stage.studio.transport.update(late=17)  # the sound goes on: rows are painted anew
    assert field.text() == "Open"
    QTest.keyClicks(field, "er")
    QTest.keyClick(field, key)
    stage.wait(lambda: names(bank) == ["two", "Opener"])
    assert current_name(stage) == "two"  # nothing else began to play
    QTest.mouseClick(bank.viewport(), LEFT, pos=row(bank, 1))
    QTest.mouseClick(stage.find("exportButton"), LEFT)
    path = stage.studio.exports.last
    assert path is not None and path.name.startswith("opener_126bpm")


def test_a_name_that_is_left_by_escape_is_the_one_before_and_the_one_that_plays_is_shown_anew(stage: Stage) -> None:
    bank = named(stage, "one")
    bank.setCurrentIndex(bank.model().index(0, 0))
    for typed, key, name in (("nothing", Qt.Key.Key_Escape, "one"), ("Opener", Qt.Key.Key_Return, "Opener")):
        QTest.keyClick(bank, Qt.Key.Key_F2)
        field = bank.findChildren(QLineEdit, "nameField")[-1]
        QTest.keyClicks(field, typed)
        QTest.keyClick(field, key)
        stage.wait(lambda name=name: names(bank) == [name] and current_name(stage) == name)
    assert "Opener" in stage.find("playingTitle").text()


def test_takes_of_a_moving_hand_are_one_row_until_one_is_starred(stage: Stage) -> None:
    bank = named(stage, "warm")
    studio = stage.studio
    studio.composing.hand(down=True)  # one that rests would have its loop made once more
    for place in (0.1, 0.2, 0.3):
        made = len(studio.bank.loops())
        studio.instrument.set_many({"pad_on": True, "pad_x": place}, "pad")
        stage.wait(lambda made=made: len(studio.bank.loops()) > made and not studio.generation.state.busy)
    assert len(studio.bank.loops()) == 4
    assert names(bank) == ["warm"]
    assert bank.model().index(0, 0).data(Role.DETAIL).endswith("4 takes")
    newest = studio.audition.current
    bank.setCurrentIndex(bank.model().index(0, 0))
    QTest.keyClick(bank, Qt.Key.Key_Right)
    older = studio.audition.current
    assert newest is not None and older is not None and older.id == newest.id - 1
    menu = stage.window.bank.row_menu(older.id)
    (takes,) = [action.menu() for action in menu.actions() if action.text() == "4 takes"]
    assert [action.isChecked() for action in takes.actions()] == [False, True, False, False]
    QTest.keyClick(bank, Qt.Key.Key_F)
    assert bank.count() == 2
    assert [loop.id for loop in studio.bank.loops("favourites")] == [older.id]
    bank.setCurrentIndex(bank.model().index(0, 0))
    QTest.keyClick(bank, Qt.Key.Key_Delete)
    assert [loop.id for loop in studio.bank.loops()] == [older.id] and stage.said() == "Deleted 3 takes."
    stage.window.message_bar._act()
    assert len(studio.bank.loops()) == 4 and bank.count() == 2


def test_the_loops_of_a_motion_are_one_row_and_those_of_a_batch_are_not(desk: Desk) -> None:
    model = BankModel(desk.studio)
    desk.generate(prompt="warm", bars=1, variations=3, pad_on=True)
    model.refresh()
    assert [loop.name for loop in model.loops()] == ["warm #3", "warm #2", "warm"]
    desk.studio.composing.play_motion([(0.0, 0.0), (1.0, 1.0)])
    desk.service.finish()
    model.refresh()
    assert len(desk.studio.bank.loops()) == 11
    assert [len(model.takes_at(row).loops) for row in range(model.rowCount())] == [9, 1, 1]


def test_loops_that_were_asked_for_are_rows_of_their_own_with_names_that_differ(stage: Stage) -> None:
    long = "dusty deep house with warm chords and a rolling bass"
    bank = named(stage, "warm dub", "warm dub", long, long)
    assert names(bank) == ["dusty deep house with warm #2", "dusty deep house with warm", "warm dub #2", "warm dub"]


def test_a_filter_without_hits_says_so(stage: Stage) -> None:
    bank = named(stage, "one")
    QTest.keyClicks(stage.find("bankFilter"), "zebra")
    assert bank.count() == 0 and bank.empty_title == "No loop has “zebra” in its name, key or tempo"
    stage.find("bankFilter").setText("")
    QTest.mouseClick(stage.find("bankShow").buttons()[1], LEFT)
    assert bank.empty_title == "Nothing is starred yet"


def test_an_export_says_where_it_went_and_the_folder_can_be_chosen(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(stage, "one")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "sets"))
    QTest.mouseClick(stage.find("exportFolderButton"), LEFT)
    assert str(tmp_path / "sets") in stage.said()
    QTest.mouseClick(stage.find("exportButton"), LEFT)
    path = stage.studio.exports.last
    assert path is not None and path.parent == tmp_path / "sets"
    assert stage.said() == f"Exported {path.name} to {path.parent}."
    QTest.mouseClick(stage.find("copyPathButton"), LEFT)
    assert QGuiApplication.clipboard().text() == str(path)
    assert list(path.parent.iterdir()) == [path]


def test_without_a_file_manager_reveal_says_where_the_file_is(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    named(stage, "one")
    opened: list[QUrl] = []
    for there in (True, False):
        monkeypatch.setattr(QDesktopServices, "openUrl", lambda url, there=there: opened.append(url) or there)
        QTest.mouseClick(stage.find("exportButton"), LEFT)
        QTest.mouseClick(stage.find("messageAction"), LEFT)
    path = stage.studio.exports.last
    assert path is not None and [url.toLocalFile() for url in opened] == [str(path.parent)] * 2
    assert stage.said() == f"No file manager could be opened. {path.name} is in {path.parent}."
