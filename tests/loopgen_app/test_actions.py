"""Menus: every command does what it says, and each shortcut is there once."""

from collections import Counter
from collections.abc import Callable

import pytest
from conftest import Stage
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox

from engine import FORMATS
from loopgen_app.actions import SESSION_FILTER
from loopgen_app.state.session import SUFFIX


@pytest.fixture
def command(stage: Stage) -> Callable[[str], QAction]:
    """Finds a command by its words."""

    def find(words: str) -> QAction:
        return next(action for action in stage.window.findChildren(QAction) if action.text() == words)

    return find


def test_every_shortcut_is_there_once_and_every_menu_can_be_reached_by_a_letter(stage: Stage) -> None:
    keys = Counter(a.shortcut().toString() for a in stage.window.findChildren(QAction) if not a.shortcut().isEmpty())
    assert max(keys.values()) == 1
    titles = [action.text() for action in stage.window.menuBar().actions()]
    letters = [title[title.index("&") + 1].lower() for title in titles]
    assert len(set(letters)) == len(titles) == 8


def test_knobs_are_flipped_and_corners_drawn_from_the_menus(stage: Stage, command: Callable[[str], QAction]) -> None:
    for words, knob in (
        ("Metronome", "metronome"),
        ("Follow every knob", "follow"),
        ("Match levels", "level_match"),
        ("Tempo knob turns what plays", "live_tempo"),
    ):
        before = stage.value(knob)
        command(words).trigger()
        assert stage.value(knob) is not before
    seeds, corners = stage.value("seed"), stage.value("pad_corners")
    command("New seed").trigger()
    command("Re-roll noise corners").trigger()
    assert stage.value("seed") != seeds
    assert all(new != old for new, old in zip(stage.value("pad_corners"), corners, strict=True))
    assert stage.window.actions_.undo.text() == "Undo Corner seeds"


def test_loops_of_the_bank_are_stepped_through(stage: Stage, command: Callable[[str], QAction]) -> None:
    for prompt in ("one", "two", "three"):
        stage.find("promptEdit").setText(prompt)
        stage.generate()
    heard = []
    for words in ("Next loop in the bank",) * 3 + ("Previous loop in the bank", "A/B with the loop before"):
        command(words).trigger()
        current = stage.studio.audition.current
        heard.append(current.name if current is not None else "")
    assert heard == ["two", "one", "one", "two", "one"]
    stage.find("bpmDial").setValue(90.0)
    command("Turn the knobs back to what plays").trigger()
    assert stage.value("prompt") == "one" and stage.value("tempo_bpm") == 126.0


def test_a_format_is_chosen_in_the_menu(stage: Stage) -> None:
    formats = stage.window.actions_._formats
    formats.aboutToShow.emit()
    assert [action.text() for action in formats.actions() if action.isChecked()] == [FORMATS["wav24"].label]
    formats.actions()[list(FORMATS).index("flac")].trigger()
    assert stage.studio.settings.export_format == "flac"


def test_a_preset_is_kept_under_a_name_and_applied_from_the_menu(
    stage: Stage, command: Callable[[str], QAction], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.find("bpmDial").setValue(140.0)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("fast", True))
    command("Keep as preset…").trigger()
    stage.find("bpmDial").setValue(90.0)
    presets = stage.window.actions_._presets
    presets.aboutToShow.emit()
    next(action for action in presets.actions() if action.text() == "fast").trigger()
    assert stage.value("tempo_bpm") == 140.0 and stage.said() == "Preset fast."


def test_nothing_of_the_users_is_replaced_unasked(
    stage: Stage, command: Callable[[str], QAction], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, asked = stage.studio.folders.root, []

    def no(*given: object) -> QMessageBox.StandardButton:
        asked.append(given[2])
        return QMessageBox.StandardButton.No

    monkeypatch.setattr(QMessageBox, "question", no)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("R&B", True))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(root / "set"), ""))
    preset = stage.studio.sessions.preset_file("R&B")
    assert preset is not None
    for path, words in ((preset, "Keep as preset…"), (root / "set.loopgen", "Save as…")):
        command(words).trigger()
        kept = path.read_bytes()
        stage.find("bpmDial").setValue(stage.value("tempo_bpm") + 1)
        command(words).trigger()
        assert path.read_bytes() == kept
    assert asked == ["Replace your preset RB?", "There is a set.loopgen already. Replace it?"]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    command("Save as…").trigger()
    assert (root / "set.loopgen").read_bytes() != kept
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(root / "set.loopgen"), ""))
    monkeypatch.setattr(QMessageBox, "question", no)
    command("Save as…").trigger()  # the dialog has asked
    assert len(asked) == 2


def test_names_in_menus_are_what_they_are(stage: Stage) -> None:
    actions, folders = stage.window.actions_, stage.studio.folders
    folders.presets.mkdir(exist_ok=True)
    (folders.presets / "A&B.json").write_bytes(stage.studio.sessions.session().to_bytes())
    stage.studio.settings.remember(folders.root / "C&D.loopgen")
    for menu, name in ((actions._presets, "A&&B"), (actions._recent, "C&&D.loopgen")):
        menu.aboutToShow.emit()
        assert name in [action.text() for action in menu.actions()]


def test_a_session_is_saved_and_found_among_the_recent_ones(
    stage: Stage, command: Callable[[str], QAction], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stage.studio.folders.root / "set"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    command("Save").trigger()
    assert path.with_name("set.loopgen").exists() and stage.said() == "Saved set.loopgen."
    recent = stage.window.actions_._recent
    recent.aboutToShow.emit()
    assert [action.text() for action in recent.actions()] == ["set.loopgen"]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    command("Open…").trigger()  # and nothing was chosen
    assert stage.said() == "Saved set.loopgen."


def test_space_and_control_enter_work_wherever_the_focus_is(stage: Stage) -> None:
    stage.window.activateWindow()
    follow = stage.find("followButton")
    follow.setFocus()
    space, generate = (
        next(a for a in stage.window.findChildren(QAction) if a.shortcut().toString() == keys)
        for keys in ("Space", "Ctrl+Return")
    )
    generate.trigger()
    stage.wait(lambda: stage.studio.transport.state.playing)
    space.trigger()
    assert not stage.studio.transport.state.playing and not stage.value("follow")


def test_the_sheet_of_shortcuts_has_every_key_and_files_of_sessions_are_found(stage: Stage) -> None:
    with_keys = [a for a in stage.window.findChildren(QAction) if not a.shortcut().isEmpty()]
    sheet = stage.window.actions_.shortcuts()
    assert len(sheet) == len({keys for keys, _ in sheet}) == len(with_keys) > 20
    assert tuple(words for _, words in sheet if words in ("Undo", "Redo")) == ("Undo", "Redo")
    assert SESSION_FILTER.endswith(f"(*{SUFFIX})")
