"""Help pages, presets on the empty screen, A/B that can be seen, ticks on what is on."""

import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import Desk, Stage
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from loopgen_app import midi
from loopgen_app.panels.ab_button import AbButton
from loopgen_app.panels.help_pages import LICENCES, MANUAL, HelpPage, about, licences, version
from loopgen_app.panels.preset_row import MOST, PresetRow

ROOT = Path(__file__).parents[3]


def command(stage: Stage, words: str) -> QAction:
    return next(action for action in stage.window.findChildren(QAction) if action.text() == words)


def test_an_empty_window_offers_presets_and_a_click_makes_the_first_loop(stage: Stage) -> None:
    starts = stage.window.findChild(PresetRow)
    assert starts is not None
    assert starts.isVisible()
    names = [button.text() for button in starts.buttons]
    assert names == [*stage.studio.sessions.presets()][:MOST]
    assert "Acid line" in names
    starts.buttons[names.index("Acid line")].click()
    stage.wait(lambda: not stage.studio.generation.state.busy)
    stage.wait(lambda: not starts.isVisible())
    assert stage.renderer.rendered[-1].prompt.startswith("acid")
    assert stage.renderer.rendered[-1].tempo_bpm == 130.0


def test_the_manual_is_one_page_and_names_menus_that_are_there(stage: Stage) -> None:
    text = MANUAL.read_text(encoding="utf-8")
    assert 250 < len(text.split()) < 600
    titles = {action.text().replace("&", "") for action in stage.window.menuBar().actions()}
    for menu, words in re.findall(r"\*(\w+) > ([\w ]+?)\*", text):
        assert menu in titles
        assert command(stage, words)
    command(stage, "Manual").trigger()
    page = stage.window.findChild(HelpPage)
    assert page is not None
    assert "First sound" in page.text.toPlainText()
    command(stage, "Licences").trigger()
    titles = {page.windowTitle() for page in stage.window.findChildren(HelpPage) if page.isVisible()}
    assert titles == {"Licences"}


def test_a_manual_that_is_not_there_is_one_sentence(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loopgen_app.help_menu.MANUAL", Path("/nowhere/manual.md"))
    command(stage, "Manual").trigger()
    assert stage.said() == "The manual is not where it was installed: /nowhere/manual.md."


def test_licences_name_everything_that_is_used_at_run_time_and_nothing_is_under_the_gpl_alone() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.split(r"[<>=;\s]", line)[0].lower() for line in project["dependencies"]}
    assert {name.lower() for name, _ in LICENCES} == needed
    for name, words in LICENCES:
        assert name in licences()
        assert not re.search(r"(?<!L)GPL", words)
        if version(name):  # python-rtmidi has no wheels for the newest Pythons
            told = str(importlib.metadata.metadata(name).get("License-Expression") or "")
            assert not re.fullmatch(r"A?GPL.*", told)


def test_about_says_which_model_plays() -> None:
    assert "**starter**" in about("starter")
    assert "model" not in about("")


def test_ab_is_a_button_that_says_which_side_is_heard(desk: Desk) -> None:
    button = AbButton(desk.studio)
    desk.show(button)
    assert not button.isEnabled()
    first = desk.generate()
    second = desk.generate(seed=99, seed_locked=True)
    assert button.isEnabled()
    assert button.isChecked()
    assert "B is heard" in button.toolTip()
    button.click()
    assert desk.studio.audition.current is not None
    assert desk.studio.audition.current.id == first.id
    assert not button.isChecked()
    button.click()
    assert desk.studio.audition.current.id == second.id
    assert button.isChecked()


def test_commands_that_switch_have_ticks_that_follow_the_controls(stage: Stage) -> None:
    for words, knob in (("Metronome", "metronome"), ("Follow every knob", "follow"), ("Match levels", "level_match")):
        tick = command(stage, words)
        assert tick.isCheckable()
        assert tick.isChecked() is stage.value(knob)
        stage.studio.instrument.set(knob, not stage.value(knob))
        assert tick.isChecked() is stage.value(knob)
        tick.trigger()
        assert tick.isChecked() is stage.value(knob)


@pytest.mark.parametrize("there", [True, False])
def test_without_midi_no_menu_speaks_of_it(stage: Stage, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    from loopgen_app import control_menu

    monkeypatch.setattr(control_menu, "midi_is_there", lambda: there)
    stage.window.menuBar().clear()
    control = control_menu.ControlMenu(stage.window, stage.studio, stage.window.bank)
    menu = stage.window.menuBar().actions()[0].menu()
    assert isinstance(menu, QWidget)
    words = [action.text() for action in menu.actions()]  # type: ignore[attr-defined]
    assert ("Connect MIDI controllers" in words) is there
    assert "Listen to OSC" in words
    control.close()


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="python-rtmidi has no wheels for this Python")
def test_midi_is_part_of_the_default_install() -> None:
    assert midi.midi_is_there()
