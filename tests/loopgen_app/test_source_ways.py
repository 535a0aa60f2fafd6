"""From one sound to another in the window: corners, transitions, morphs and paths."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Stage
from fakes import FOUND_SEED, FakeApplications, sine_loop
from foreign_loops import RATE, opened, settle
from hand import LEFT
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from tiny import tiny_few_steps

import engine
from engine import LoopRequest, Origin, Recipe, SourceLoop, read_audio
from loopgen_app.drops import take_drop
from loopgen_app.panels.noise_panel import NoisePanel


def test_a_loop_of_ours_goes_to_a_corner_by_its_seed_and_back_with_undo(
    stage: Stage, applications: FakeApplications
) -> None:
    stage.generate()
    row = stage.studio.bank.loops()[0]
    corners = stage.value("pad_corners")
    stage.studio.reworking.open_banked(row.id)
    settle(stage)
    assert not stage.find("sourceTempo").isEnabled()
    stage.find("cornerBox").setCurrentIndex(2)
    stage.find("toCornerButton").click()
    assert stage.value("pad_corners") == (*corners[:2], row.seed, corners[3])
    assert not applications.calls
    stage.window.actions_.undo.trigger()
    assert stage.value("pad_corners") == corners


def test_the_noise_of_a_dropped_loop_is_found_for_a_corner(
    stage: Stage, applications: FakeApplications, loop_at: Callable[..., Path]
) -> None:
    opened(stage, loop_at())
    corners = stage.value("pad_corners")
    stage.find("cornerBox").setCurrentIndex(1)
    stage.find("toCornerButton").click()
    settle(stage)
    assert applications.calls == [("keep_noise", {"source": "groove_120bpm.wav"})]
    assert stage.value("pad_corners") == (corners[0], FOUND_SEED, *corners[2:])
    assert stage.value("pad_on")
    stage.window.actions_.undo.trigger()
    assert stage.value("pad_corners") == corners


def test_a_transition_is_kept_and_exported_as_a_passage_and_no_loop(
    stage: Stage, applications: FakeApplications, loop_at: Callable[..., Path]
) -> None:
    opened(stage, loop_at("a_120bpm.wav"))
    stage.find("transitionSetA").click()
    assert not stage.find("transitionButton").isEnabled()
    opened(stage, loop_at("b_90bpm.wav", tempo_bpm=90.0))
    stage.find("transitionSetB").click()
    stage.find("transitionBars").setValue(20)
    stage.find("transitionButton").click()
    settle(stage)
    assert applications.calls[-1] == ("transition", {"a": "a_120bpm.wav", "b": "b_90bpm.wav", "bars": 20})
    row = stage.studio.bank.loops()[0]
    assert (row.name, row.bars, row.recipe.kind) == ("a_120bpm to b_90bpm", 20, "passage")
    detail = stage.find("loopBank").model().index(0, 0).data(engine_role())
    assert detail == "120.0 to 90 BPM · 20 bars · transition, no loop"
    current = stage.studio.audition.current
    assert current is not None
    assert current.beats == 80
    stage.find("exportButton").click()
    path = stage.studio.exports.last
    assert path is not None
    metadata = read_audio(path).metadata
    assert (metadata.loops, metadata.tempo_bpm) == ((), None)
    assert Recipe.from_json(metadata.comment or "").kind == "passage"
    tempo = stage.value("tempo_bpm")
    take_drop(stage.studio, [path])
    settle(stage)
    assert "no recipe of a loop" in stage.said()
    assert stage.value("tempo_bpm") == tempo
    stage.studio.reworking.open_banked(row.id)
    assert "only loops" in stage.find("sourceNews").text()


def test_a_pack_of_one_map_alone_says_why_nothing_is_morphed(
    stage: Stage, applications: FakeApplications, loop_at: Callable[..., Path]
) -> None:
    opened(stage, loop_at())
    for button in ("transitionSetA", "transitionSetB"):
        QTest.mouseClick(stage.find(button), LEFT)
    button = stage.find("morphButton")
    assert button.isVisible() and not button.isEnabled()
    assert button.toolTip() == "The pack fake has no model of two evaluations, which morphs are made by."
    QTest.mouseClick(button, LEFT)
    assert not stage.studio.generation.state.busy


def test_two_loops_of_the_bank_are_morphed(make_stage: Callable[..., Stage], tmp_path: Path) -> None:
    pipeline = engine.LoopPipeline.from_pack(tiny_few_steps(tmp_path / "pack"), device="cpu")
    stage = make_stage(renderer=pipeline)
    stage.wait(lambda: stage.studio.generation.state.model == "ready")
    button, rows = stage.find("morphButton"), []
    stage.studio.instrument.set_many({"num_steps": 2, "bars": 1}, "Test")
    for end in ("A", "B"):
        stage.generate()
        rows.append(stage.studio.bank.loops()[0])
        stage.studio.reworking.open_banked(rows[-1].id)
        settle(stage)
        assert not button.isEnabled() and button.toolTip() == "Set A and B first: a morph lies between two loops."
        QTest.mouseClick(stage.find(f"transitionSet{end}"), LEFT)
    assert button.isEnabled() and button.text() == "Morph 50 %"
    share = stage.find("morphShare")
    share.setFocus()
    QTest.keyClick(share, Qt.Key.Key_Right)
    assert button.text() == "Morph 51 %"
    QTest.mouseClick(button, LEFT)
    settle(stage)
    made = stage.studio.bank.loops()[0]
    origin = made.recipe.origin
    assert origin == Origin("blend", source=rows[0].name, to=rows[1].name, over="semantics", at=0.51)
    assert made.recipe.request.sampler == "progressive" and made.bars == 1
    current = stage.studio.audition.current
    assert current is not None and current.id == made.id
    stage.studio.reworking.ends["b"] = SourceLoop.from_audio(
        sine_loop(LoopRequest(bars=2), RATE), RATE, LoopRequest(bars=2), "long.wav"
    )
    stage.studio.reworking.changed.emit()
    assert not button.isEnabled() and "stretch one to the other" in button.toolTip()


def engine_role() -> int:
    from loopgen_app.widgets.loop_list import Role

    return int(Role.DETAIL)


def test_a_drawn_path_becomes_a_passage(stage: Stage, applications: FakeApplications) -> None:
    assert not stage.find("pathButton").isEnabled()
    stage.find("noisePad").pathDrawn.emit([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)])
    settle(stage)
    assert stage.find("pathButton").isEnabled()
    menu = stage.window.findChild(NoisePanel).path_menu()
    next(action for action in menu.actions() if action.text() == "16 bars").trigger()
    settle(stage)
    name, told = applications.calls[-1]
    assert (name, told["bars"], told["points"][0], told["points"][-1]) == ("render_path", 16, (0.0, 0.0), (1.0, 1.0))
    assert told["pad"].corners == stage.value("pad_corners")
    row = stage.studio.bank.loops()[0]
    assert (row.name, row.bars, row.recipe.kind) == ("path on the pad", 16, "passage")
    assert row.recipe.origin is not None
    assert row.recipe.origin.points[32] == pytest.approx([1.0, 0.0], abs=0.02)
    stage.window.message_bar._act()
    assert stage.studio.bank.loops()[0].name != "path on the pad"
