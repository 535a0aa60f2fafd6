"""The mixer by mouse: parts are heard as loud as their strips say, alone or not at all, and leave as files."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from conftest import Desk, Stage
from fakes import FakeRenderer, sine_loop
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine import LoopRequest, Recipe
from loopgen_app.audition import LoopAtHand
from loopgen_app.keeping.exports import look_at
from loopgen_app.making.mixing import KEPT_LOOPS, Mixing
from loopgen_app.panels.mixer_panel import decibels

SHARES = {"kick": 0.5, "bass": 0.3, "lead": 0.2}


def takes_apart(audio: np.ndarray, request: LoopRequest) -> dict[str, np.ndarray]:
    """Stems that are shares of the loop."""
    assert audio.shape[-1] == sine_loop(request).shape[-1]
    return {part: (share * audio).astype(np.float32) for part, share in SHARES.items()}


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    renderer = FakeRenderer()
    renderer.info = replace(renderer.info, takes_apart=takes_apart)
    made = make_stage(renderer=renderer)
    made.wait(lambda: made.studio.generation.state.model == "ready")
    made.generate()
    return made


def share(stage: Stage) -> float:
    """How much of the loop at hand is heard."""
    loop = stage.studio.audition.current
    assert loop is not None
    heard = stage.studio.mixing.mixed(loop)
    return float((heard * loop.audio).sum() / (loop.audio**2).sum())


def test_a_muted_part_is_not_heard_and_a_soloed_one_alone(stage: Stage) -> None:
    assert share(stage) == pytest.approx(1.0)
    with stage.qtbot.waitSignal(stage.studio.mixing.taken):
        QTest.mouseClick(stage.find("mix_muted_kick"), Qt.MouseButton.LeftButton)
    assert share(stage) == pytest.approx(0.5, abs=1e-4)
    assert stage.value("mix_muted") == ("kick",) and stage.find("mix_muted_kick").isChecked()
    QTest.mouseClick(stage.find("mix_soloed_bass"), Qt.MouseButton.LeftButton)
    assert share(stage) == pytest.approx(0.3, abs=1e-4)
    QTest.mouseClick(stage.find("mix_soloed_kick"), Qt.MouseButton.LeftButton)  # muted stays muted
    assert share(stage) == pytest.approx(0.3, abs=1e-4)
    QTest.mouseClick(stage.find("resetMixButton"), Qt.MouseButton.LeftButton)
    assert share(stage) == 1.0 and not stage.find("mix_muted_kick").isChecked()
    stage.window.actions_.undo.trigger()
    assert stage.value("mix_soloed") == ("kick", "bass")


def test_levels_are_decibels_and_the_bottom_is_silence(stage: Stage) -> None:
    with stage.qtbot.waitSignal(stage.studio.mixing.taken):
        stage.find("mixSlider_kick").setValue(-6.0)
    stage.wait(lambda: share(stage) != pytest.approx(1.0))
    assert share(stage) == pytest.approx(0.5 + 0.5 * 10 ** (-6 / 20), abs=1e-3)
    stage.studio.instrument.set("mix_kick", -60.0)
    assert share(stage) == pytest.approx(0.5, abs=1e-4)
    assert [decibels(level) for level in (-60.0, -6.5, 0.0, 3.0)] == ["off", "-6.5 dB", "0.0 dB", "+3.0 dB"]


def test_parts_leave_as_files_that_add_up_and_carry_the_recipe(stage: Stage) -> None:
    loop = stage.studio.audition.current
    assert loop is not None
    QTest.mouseClick(stage.find("exportStemsButton"), Qt.MouseButton.LeftButton)
    stage.wait(lambda: stage.said().startswith("Exported 3 parts"))
    files = sorted(stage.studio.exports.folder.glob("*.wav"))
    assert [path.stem.rpartition("_")[2] for path in files] == ["bass", "kick", "lead"]
    total = sum(soundfile.read(path, always_2d=True)[0].T for path in files)
    assert np.abs(total - loop.audio).max() < 1e-5
    origin = look_at(files[1]).recipe.origin  # type: ignore[union-attr]
    assert origin is not None and (origin.verb, origin.keep) == ("stems", "kick")
    # A mix is what is heard; files are the parts as they were made, and nothing is written over.
    stage.studio.instrument.set("mix_kick", -60.0)
    QTest.mouseClick(stage.find("exportStemsButton"), Qt.MouseButton.LeftButton)
    stage.wait(lambda: len([*stage.studio.exports.folder.glob("*.wav")]) == 6)


def test_stems_of_the_last_few_loops_are_kept(stage: Stage) -> None:
    mixing: Mixing = stage.studio.mixing
    stage.studio.instrument.set("mix_muted", ("bass",))
    for _ in range(KEPT_LOOPS + 1):
        stage.generate()
        stage.wait(lambda: share(stage) == pytest.approx(0.7, abs=1e-4))
    assert len(mixing._kept) == KEPT_LOOPS


def test_a_pack_that_takes_nothing_apart_says_so_and_plays_on(desk: Desk) -> None:
    loop = desk.generate()
    desk.studio.instrument.set("mix_muted", ("kick",))
    assert desk.studio.mixing.mixed(loop) is loop.audio
    assert desk.said() == "This model pack takes no loops apart; another one may."
    motion = replace(loop, recipe=Recipe.of_motion([replace(loop.recipe, origin=None)] * 2))
    assert isinstance(motion, LoopAtHand) and desk.studio.mixing.mixed(motion) is loop.audio
    assert desk.said() == "Only loops can be taken apart, not motions or transitions."
