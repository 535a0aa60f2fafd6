"""Files as they are heard, parts that are dragged out of the mixer, and a pack that cannot take loops apart."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import Desk, Stage
from fakes import FakeRenderer
from hand import LEFT, move
from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from test_mixer import takes_apart

from engine import Pattern, Recipe
from loopgen_app.keeping.exports import look_at
from loopgen_app.panels import exits
from loopgen_app.panels.result_tabs import ResultTabs


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    renderer = FakeRenderer()
    renderer.info = replace(renderer.info, takes_apart=takes_apart)
    made = make_stage(renderer=renderer)
    made.wait(lambda: made.studio.generation.state.model == "ready")
    made.generate()
    tabs = made.window.findChild(ResultTabs)
    assert tabs is not None
    with made.qtbot.waitSignal(made.studio.mixing.taken):
        tabs.show_page(2)  # whoever opens the mixer will move a fader: the loop is taken apart
    return made


def command(stage: Stage, words: str) -> QAction:
    return next(action for action in stage.window.findChildren(QAction) if action.text() == words)


def ratio(path: Path, audio: Any) -> float:
    """How much of a loop a file is."""
    sound = soundfile.read(path, always_2d=True)[0].T
    return float((sound * audio).sum() / (audio**2).sum())


def test_what_leaves_is_what_is_heard_and_as_it_was_made_where_that_is_wanted(stage: Stage) -> None:
    loop = stage.studio.audition.current
    assert loop is not None
    flat = exits.export(stage.studio, loop)
    assert flat is not None and ratio(flat, loop.audio) == pytest.approx(1.0, abs=1e-4)
    assert look_at(flat).recipe.origin is None  # type: ignore[union-attr]
    stage.studio.instrument.set("mix_muted", ("kick",))
    QTest.mouseClick(stage.find("exportButton"), LEFT)
    mixed = stage.studio.exports.last
    assert mixed is not None and mixed != flat
    assert ratio(mixed, loop.audio) == pytest.approx(0.5, abs=1e-3)
    assert "as it is mixed" in stage.said()
    recipe = look_at(mixed).recipe
    assert recipe is not None and recipe.origin is not None and recipe.origin.verb == "mix"
    assert recipe.request == loop.recipe.request
    command(stage, "Export as it is mixed").trigger()
    whole = exits.export(stage.studio, loop)
    assert whole is not None and ratio(whole, loop.audio) == pytest.approx(1.0, abs=1e-4)
    assert not stage.studio.settings.export_mixed


def test_a_drag_has_the_mix_of_the_moment_and_no_file_twice(stage: Stage) -> None:
    loop = stage.studio.audition.current
    assert loop is not None
    files = [exits.file_of(stage.studio, loop) for _ in range(2)]
    stage.studio.instrument.set("mix_bass", -60.0)
    files += [exits.file_of(stage.studio, loop) for _ in range(2)]
    stage.studio.instrument.set("mix_bass", 0.0)
    files.append(exits.file_of(stage.studio, loop))
    assert files[0] == files[1] and files[2] == files[3] and len({*files}) == 3
    shares = [ratio(path, loop.audio) for path in files if path is not None]
    assert shares == pytest.approx([1.0, 1.0, 0.7, 0.7, 1.0], abs=1e-3)


def test_a_mix_that_is_too_loud_for_a_file_is_turned_down_and_not_cut(stage: Stage) -> None:
    loop = stage.studio.audition.current
    assert loop is not None
    stage.studio.instrument.set_many({f"mix_{part}": 6.0 for part in ("kick", "bass", "lead")}, "Test")
    mix = stage.studio.mixing.mix(loop)
    assert mix is not None
    loud = replace(mix, audio=mix.audio * 4)
    path = stage.studio.exports.export(loop, mix=loud)
    sound = soundfile.read(path, always_2d=True)[0].T
    assert np.abs(sound).max() == pytest.approx(1.0, abs=1e-3)
    assert np.abs(sound / np.abs(sound).max() - loud.audio / np.abs(loud.audio).max()).max() < 1e-4


def drag_out(stage: Stage, name: str) -> list[list[str]]:
    """Drag a grip with the left button held; returns the parts of what was dragged."""
    grip, taken = stage.find(name), list[list[str]]()

    def take(_source: QWidget, paths: Sequence[Path]) -> None:
        assert all(path.is_file() for path in paths)
        taken.append([path.stem.rpartition("_")[2] for path in paths])

    grip.start_drag = take
    QTest.mousePress(grip, LEFT, pos=QPoint(5, 5))
    move(grip, QPoint(60, 40))
    QTest.mouseRelease(grip, LEFT, pos=QPoint(60, 40))
    return taken


def test_one_part_all_parts_or_those_that_are_soloed_are_dragged_out_as_files(stage: Stage) -> None:
    assert drag_out(stage, "stemGrip_bass") == [["bass"]]
    assert drag_out(stage, "stemsGrip") == [["kick", "bass", "lead"]]
    QTest.mouseClick(stage.find("mix_soloed_kick"), LEFT)
    QTest.mouseClick(stage.find("mix_soloed_lead"), LEFT)
    assert drag_out(stage, "stemsGrip") == [["kick", "lead"]]
    assert len([*stage.studio.exports.folder.glob("*.wav")]) == 3  # each was written once
    assert drag_out(stage, "stemGrip_pad") == []
    assert stage.said() == "That part does not play in this loop."


def test_a_grip_that_is_only_clicked_drags_nothing(stage: Stage) -> None:
    grip = stage.find("stemGrip_kick")
    grip.start_drag = lambda *_told: pytest.fail("dragged")
    QTest.mouseClick(grip, LEFT)
    QTest.mouseMove(grip, QPoint(60, 40))
    assert not stage.studio.exports.folder.exists() or not [*stage.studio.exports.folder.iterdir()]


def test_a_pack_without_a_separator_says_it_once_and_its_mixer_is_still(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    stage.wait(lambda: stage.studio.generation.state.model == "ready")
    stage.generate()
    tabs = stage.window.findChild(ResultTabs)
    assert tabs is not None
    tabs.show_page(2)
    assert stage.find("mixerHint").isVisible() and not stage.find("mixSlider_kick").isEnabled()
    said: list[str] = []
    stage.studio.messages.said.connect(lambda message: said.append(message.text))
    for level in (-3.0, -4.0, -5.0):  # a MIDI controller moves it all the same
        stage.studio.instrument.set("mix_kick", level)
        stage.studio.mixing._settling.stop()
        stage.studio.mixing._hear()
    assert said == ["This model pack takes no loops apart; another one may."]
    QTest.mouseClick(stage.find("exportStemsButton"), LEFT)
    assert len(said) == 2  # an answer to what was asked for


def test_a_motion_at_hand_leaves_as_it_is(desk: Desk) -> None:
    loop = desk.generate()
    motion = replace(loop, recipe=Recipe.of_motion([replace(loop.recipe, origin=None)] * 2))
    desk.studio.instrument.set("mix_muted", ("kick",))
    assert desk.studio.mixing.mix(motion) is None
    assert exits.heard_mix(desk.studio, motion) is None


def test_parts_are_soloed_and_made_louder_before_a_loop_is_made(stage: Stage) -> None:
    grid, instrument = stage.find("stepGrid"), stage.studio.instrument
    instrument.set("pattern", Pattern({"kick": (0.5, 0.0, 0.9, 0.02) * 4}))
    menu = stage.window.findChild(QWidget, "stepGrid").parent().row_menu  # type: ignore[union-attr, attr-defined]
    entries = {action.text(): action for action in menu.fill_menu(0).actions()}
    entries["Louder"].trigger()
    assert instrument.value("pattern").rows["kick"][:4] == (0.62, 0.0, 1.0, 0.05)
    only = "Only Kick: ask the others to be silent"
    entries[only].trigger()
    assert "kick" not in instrument.value("muted") and len(instrument.value("muted")) == len(grid.look.names) - 1
    {action.text(): action for action in menu.fill_menu(0).actions()}[
        "Only Kick: ask the others to be silent"
    ].trigger()
    assert instrument.value("muted") == ()
