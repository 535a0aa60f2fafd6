"""The window as a whole: on any screen, by keys alone, and nothing moves that nobody touched."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Stage
from hand import LEFT
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from loopgen_app.main_window import MainWindow
from loopgen_app.panels.help import ShortcutSheet

SEEN = ("generateButton", "cancelButton", "exportButton", "playButton", "loopBank", "promptEdit", "bpmDial")


def room(monkeypatch: pytest.MonkeyPatch, width: int, height: int) -> None:
    monkeypatch.setattr(MainWindow, "room", lambda _window: QRect(0, 38, width, height))


@pytest.mark.parametrize("screen", [(1280, 682), (1024, 600), (1920, 1042)], ids=["150 %", "small", "100 %"])
def test_all_of_the_window_is_on_the_screen(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch, screen: tuple[int, int]
) -> None:
    room(monkeypatch, *screen)
    stage = make_stage()
    window = stage.window
    assert window.size() == QSize(1280, 800).boundedTo(QSize(*screen))
    stage.wait(lambda: stage.find("generateButton").x() > 0)
    for name in SEEN:
        control = stage.find(name)
        corner = control.mapTo(window, control.rect().bottomRight())
        assert window.rect().contains(corner), name
        assert not control.visibleRegion().isEmpty(), name


def test_at_200_percent_of_a_full_hd_screen_what_makes_and_keeps_loops_is_in_sight(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    room(monkeypatch, 960, 502)
    stage = make_stage()
    assert stage.window.size() == QSize(960, 502)
    stage.wait(lambda: stage.find("generateButton").x() > 0)
    for name in set(SEEN) - {"bpmDial"}:
        control = stage.find(name)
        assert control.visibleRegion().boundingRect().height() >= 0.9 * control.height(), name
        assert control.visibleRegion().boundingRect().width() >= 0.9 * control.width(), name
    dial = stage.find("bpmDial")
    assert not dial.visibleRegion().isEmpty()  # the rest of it is a turn of the wheel away
    room(monkeypatch, 1920, 1042)
    stage.window.screen().availableGeometryChanged.emit(QRect(0, 0, 1920, 1080))
    assert stage.window.minimumSize() == QSize(1024, 600)


def test_a_screen_that_shrinks_takes_the_window_with_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    room(monkeypatch, 1920, 1042)
    stage.window.resize(1800, 1000)
    stage.window.move(100, 20)
    room(monkeypatch, 1280, 682)
    stage.window.screen().availableGeometryChanged.emit(QRect(0, 0, 1280, 720))
    assert (stage.window.pos(), stage.window.size()) == (QPoint(0, 0), QSize(1280, 682))


def test_six_loops_are_in_sight_at_1280_by_800(stage: Stage) -> None:
    stage.window.resize(1280, 800)
    bank = stage.find("loopBank")
    stage.wait(lambda: bank.viewport().height() >= 6 * bank.itemDelegate().sizeHint(_option(), None).height())


def _option() -> object:
    from PySide6.QtWidgets import QStyleOptionViewItem

    return QStyleOptionViewItem()


def test_the_window_comes_back_as_large_and_divided_as_it_was(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    room(monkeypatch, 1920, 1042)
    first = make_stage(tmp_path / "same")
    first.window.resize(1100, 720)
    first.find("resultSplitter").setSizes([200, 400])
    split = first.find("resultSplitter").sizes()
    first.window.close()
    second = make_stage(tmp_path / "same")
    assert second.window.size() == QSize(1100, 720)
    second.wait(lambda: second.find("resultSplitter").sizes() == split)


@pytest.mark.parametrize("damage", ["split", "window"])
def test_a_place_that_makes_no_sense_is_the_usual_one(
    make_stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, damage: str
) -> None:
    room(monkeypatch, 1920, 1042)
    (tmp_path / "data").mkdir()
    nonsense = {"split": '{"split": ["x", -4, null]}', "window": '{"window": [0, 0, "wide", 1e9, 0]}'}
    (tmp_path / "data" / "settings.json").write_text(nonsense[damage])
    assert make_stage(tmp_path / "data").window.size() == QSize(1280, 800)


def test_tempo_and_generate_are_few_tabs_from_the_prompt(stage: Stage) -> None:
    stage.find("promptEdit").setFocus()
    reached = []
    for _ in range(7):
        focus = QApplication.focusWidget()
        QTest.keyClick(focus, Qt.Key.Key_Tab)
        reached.append(QApplication.focusWidget().objectName())
    assert reached.index("bpmDial") <= 2 and "generateButton" in reached


def test_enter_presses_the_button_that_tab_has_reached(stage: Stage) -> None:
    chip, follow = stage.find("chip_house"), stage.find("followButton")
    for button in (chip, follow):
        button.setFocus(Qt.FocusReason.TabFocusReason)
        QTest.keyClick(button, Qt.Key.Key_Return)
    assert stage.value("tags") == ("house",) and stage.value("follow") is True
    QTest.keyClick(follow, Qt.Key.Key_Enter)
    assert stage.value("follow") is False


def test_a_click_leaves_the_keys_where_they_are_and_enter_presses_nothing_that_was_clicked(stage: Stage) -> None:
    prompt = stage.find("promptEdit")
    prompt.setFocus()
    for name in ("chip_house", "followButton", "rerollButton", "padToggle"):
        QTest.mouseClick(stage.find(name), LEFT)
        assert QApplication.focusWidget() is prompt, name
    before = stage.value("tags"), stage.value("follow")
    QTest.keyClick(prompt, Qt.Key.Key_Return)
    stage.wait(lambda: len(stage.renderer.rendered) == 1)
    assert (stage.value("tags"), stage.value("follow")) == before == (("house",), True)


def test_a_click_on_a_button_takes_the_value_that_is_being_typed(stage: Stage) -> None:
    dial = stage.find("bpmDial")
    QTest.mouseDClick(dial, LEFT)
    field = dial.findChild(QLineEdit, "valueEditor")
    field.selectAll()
    QTest.keyClicks(field, "122.5")
    QTest.mouseClick(stage.find("generateButton"), LEFT)
    stage.wait(lambda: len(stage.renderer.rendered) == 1)
    assert stage.renderer.rendered[0].tempo_bpm == 122.5
    assert not [old for old in dial.findChildren(QLineEdit) if old.isVisible()]


def test_the_shortcut_sheet_names_every_shortcut_of_the_menus(stage: Stage) -> None:
    (opens,) = [action for action in stage.window.findChildren(QAction) if action.shortcut().toString() == "F1"]
    opens.trigger()
    sheet = stage.window.findChild(ShortcutSheet)
    assert sheet is not None and sheet.isVisible()
    told = dict(sheet.lines())
    shortcuts = dict(stage.window.actions_.shortcuts())
    assert shortcuts.items() <= told.items() and len(shortcuts) >= 20
    assert told["Ctrl+Return"] == "Generate" and told["F, F2, Delete"] == "star, rename, delete"
    sheet.close()


def test_a_message_moves_nothing_but_the_picture(stage: Stage) -> None:
    window = stage.window
    moved = [window.findChild(QWidget, name) for name in ("loopBank", "exportButton", "bankFilter", "stepGrid")]

    def places() -> list[QRect]:
        return [QRect(widget.mapTo(window, widget.rect().topLeft()), widget.size()) for widget in moved if widget]

    for size in (QSize(1280, 800), QSize(1024, 600)):
        window.resize(size)
        stage.studio.messages.say("Fine.")
        window.message_bar.hide()
        stage.qtbot.waitUntil(lambda: not window.message_bar.isVisible())
        QApplication.processEvents()
        before = places()
        stage.studio.messages.complain("The disk is full; free some space or choose another folder.", "Retry", int)
        QApplication.processEvents()
        assert window.message_bar.isVisible() and places() == before


def test_what_plays_and_what_is_next_are_told_apart_and_one_click_goes_back(stage: Stage) -> None:
    stage.find("barsBox").setValue(2)
    stage.find("bpmDial").setValue(130.0)
    stage.generate()
    back = stage.find("restoreButton")
    assert stage.find("playingDetail").whole() == "130 BPM · 2 bars"
    assert stage.find("nextChanged").whole() == "as what plays" and not back.isEnabled()
    stage.find("bpmDial").setValue(97.7)
    stage.find("barsBox").setValue(4)
    QTest.mouseClick(stage.find("chip_house"), LEFT)
    assert stage.find("playingDetail").whole() == "130 BPM · 2 bars"
    assert stage.find("nextAsked").whole() == "Next: 97.7 BPM · 4 bars"
    assert stage.find("nextChanged").whole() == "changed: Tags, Tempo, Bars"
    assert stage.find("nextChanged").property("role") == "warning"
    QTest.mouseClick(back, LEFT)
    assert (stage.value("tempo_bpm"), stage.value("bars"), stage.value("tags")) == (130.0, 2, ())
    assert stage.find("nextChanged").whole() == "as what plays"
    stage.window.actions_.undo.trigger()
    assert stage.value("tempo_bpm") == 97.7
    assert len(stage.renderer.requests) == 1


@pytest.mark.parametrize("name", ["bpmDial", "guidanceSlider", "barsBox", "stepsBox", "variationsBox", "seedBox"])
def test_whatever_takes_a_number_takes_it_with_enter_and_leaves_it_with_escape(stage: Stage, name: str) -> None:
    stage.find("engineFold").click()
    control = stage.find(name)
    before = control.value()
    for key, value in ((Qt.Key.Key_Escape, before), (Qt.Key.Key_Return, 5 if name != "bpmDial" else 55)):
        if name in ("bpmDial", "guidanceSlider"):
            QTest.mouseDClick(control, LEFT)
            field = control.findChildren(QLineEdit, "valueEditor")[-1]
        else:
            field = control
            control.setFocus()
        field.selectAll()
        QTest.keyClicks(field, "55" if name == "bpmDial" else "5")
        QTest.keyClick(field, key)
        stage.find("promptEdit").setFocus()
        assert control.value() == value, key
        assert not [old for old in control.findChildren(QLineEdit, "valueEditor") if old.isVisible()]
