"""Every control, driven by its object name against a fake engine."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from conftest import Stage
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from engine import CURVES, PARTS, Pattern, compose
from loopgen_app.panels.names import OBJECT_NAMES
from loopgen_app.sound.supervisor import SoundHealth
from loopgen_app.state.parameters import PARAMETERS
from loopgen_app.state.pattern_edits import steps_shown

NAMES = (
    "bpmDial", "promptEdit", "negativePromptEdit", "guidanceSlider", "stepsBox", "barsBox", "seedBox", "keyBox",
    "stepGrid", "noisePad", "spectrogramView", "generateButton", "cancelButton", "playButton", "loopBank", "dragTile",
    "exportButton", "statusBar",
)  # fmt: skip


def wheel(widget: QWidget, notches: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    center = QPointF(widget.rect().center())
    event = QWheelEvent(
        center, widget.mapToGlobal(center), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, modifiers,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def drag(
    widget: QWidget, start: QPoint, *stops: QPoint, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, modifier, start)
    for stop in stops:
        QTest.mouseMove(widget, stop)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=stops[-1])


@pytest.mark.parametrize("name", NAMES)
def test_every_named_control_is_there_visible_and_accessible(stage: Stage, name: str) -> None:
    stage.find("engineFold").click()
    control = stage.find(name)
    assert control.isVisible()
    assert control.accessibleName() or name == "statusBar"
    assert control.toolTip() or name in ("statusBar", "loopBank", "spectrogramView")


def test_every_control_of_a_knob_tells_its_range_and_unit(stage: Stage) -> None:
    for knob in PARAMETERS.values():
        if knob.id in OBJECT_NAMES and knob.kind in ("number", "whole"):
            tip = stage.find(OBJECT_NAMES[knob.id]).toolTip()
            assert f"{knob.low:g} to" in tip
            assert knob.unit in tip


def test_words_reach_the_request(stage: Stage) -> None:
    QTest.keyClicks(stage.find("promptEdit"), "warm dub")
    QTest.keyClicks(stage.find("negativePromptEdit"), "vocals")
    stage.generate()
    request = stage.renderer.rendered[-1]
    assert (request.prompt, request.negative_prompt) == ("warm dub", "vocals")


def test_enter_in_the_prompt_generates(stage: Stage) -> None:
    QTest.keyClicks(stage.find("promptEdit"), "acid")
    QTest.keyClick(stage.find("promptEdit"), Qt.Key.Key_Return)
    stage.wait(lambda: len(stage.renderer.rendered) == 1)
    assert stage.value("prompt") == "acid"


def test_the_dial_turns_by_wheel_keys_typing_and_taps(stage: Stage) -> None:
    dial = stage.find("bpmDial")
    wheel(dial, 3)
    assert stage.value("tempo_bpm") == 129.0
    wheel(dial, 5, Qt.KeyboardModifier.ShiftModifier)
    assert stage.value("tempo_bpm") == 129.05
    QTest.keyClick(dial, Qt.Key.Key_Down)
    assert stage.value("tempo_bpm") == 128.05
    QTest.mouseDClick(dial, Qt.MouseButton.LeftButton)
    editor = dial.findChild(QWidget, "valueEditor")
    editor.selectAll()
    QTest.keyClicks(editor, "133.37")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert stage.value("tempo_bpm") == 133.37
    moments = iter([10.0, 10.5, 11.0, 11.5])
    dial._clock = lambda: next(moments)
    for _ in range(4):
        stage.find("tapButton").pressed.emit()
    assert stage.value("tempo_bpm") == 120.0
    wheel(dial, 500)
    assert stage.value("tempo_bpm") == 240.0


def test_a_drag_on_the_dial_is_one_step_of_undo(stage: Stage) -> None:
    dial = stage.find("bpmDial")
    center = dial.rect().center()
    drag(dial, center, *(center - QPoint(0, step) for step in range(1, 30)))
    assert stage.value("tempo_bpm") > 135
    stage.window.actions_.undo.trigger()
    assert stage.value("tempo_bpm") == 126.0
    assert dial.value() == 126.0
    stage.window.actions_.redo.trigger()
    assert dial.value() > 135


def test_boxes_sliders_and_buttons_reach_the_request(stage: Stage) -> None:
    stage.find("barsBox").setValue(2)
    stage.find("keyBox").setCurrentText("Am")
    stage.find("guidanceSlider").setValue(3.5)
    stage.find("guidancePatternSlider").setValue(2.0)
    stage.find("stepsBox").setValue(5)
    stage.find("samplerBox").setCurrentIndex(1)
    stage.find("seedLock").click()
    stage.find("seedBox").setValue(2**62)
    stage.find("swingSlider").setValue(0.25)
    stage.find("brightnessKnob").setCurve((0.8,))
    stage.find("chip_dub_techno").click()
    QTest.mouseClick(stage.find("chip_acid"), Qt.MouseButton.RightButton)
    stage.generate()
    request = stage.renderer.rendered[-1]
    assert (request.bars, request.key, request.num_steps, request.seed) == (2, "Am", 5, 2**62)
    assert (request.guidance_scale, request.guidance, request.sampler) == (3.5, {"pattern": 2.0}, "heun")
    assert request.curves == {"brightness": (0.8,)}
    assert (request.tags, request.negative_tags) == (("dub_techno",), ("acid",))
    assert request.pattern.swing == 0.25


def test_live_and_quality_set_the_steps(stage: Stage) -> None:
    live, quality = stage.find("stepsPreset").buttons()
    live.click()
    assert (stage.value("num_steps"), stage.find("stepsBox").value()) == (4, 4)
    quality.click()
    assert stage.find("stepsBox").value() == 16
    stage.find("stepsBox").setValue(7)
    assert not live.isChecked()
    assert not quality.isChecked()


def test_an_open_seed_changes_with_every_press_and_a_locked_one_stays(stage: Stage) -> None:
    stage.generate()
    stage.generate()
    first, second = (request.seed for request in stage.renderer.rendered)
    assert first != second
    stage.find("seedLock").click()
    stage.generate()
    assert stage.renderer.rendered[-1].seed == second
    stage.find("seedDice").click()
    assert stage.find("seedBox").value() == stage.value("seed") != second


def test_knobs_are_free_until_turned_and_free_again_by_a_double_click(stage: Stage) -> None:
    for curve in CURVES:
        knob = stage.find(f"{curve}Knob")
        assert stage.value(f"curve_{curve}") is None
        wheel(knob, 5)
        assert stage.value(f"curve_{curve}") == (0.6,)
        QTest.mouseDClick(knob, Qt.MouseButton.LeftButton)
        assert stage.value(f"curve_{curve}") is None


def test_a_curve_is_drawn_from_left_to_right(stage: Stage) -> None:
    editor = stage.find("curve_density_editor")
    editor.resize(320, 100)
    drag(editor, QPoint(0, 99), *(QPoint(x, 99 - x * 99 // 319) for x in range(0, 320, 7)), QPoint(319, 0))
    curve = stage.value("curve_density")
    assert len(curve) == 64
    assert curve[0] < 0.05
    assert curve[-1] == 1.0
    assert all(later >= earlier - 1e-9 for earlier, later in pairwise(curve))
    stage.window.actions_.undo.trigger()
    assert stage.value("curve_density") is None


def test_the_grid_is_drawn_with_the_mouse(stage: Stage) -> None:
    grid = stage.find("stepGrid")

    def at(row: int, step: int) -> QPoint:
        return grid.cell_center(row, step).toPoint()

    QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=at(0, 0))
    assert stage.value("pattern").rows["kick"][:2] == (0.85, 0.0)
    drag(grid, at(0, 0), at(0, 0) - QPoint(0, 5), at(0, 0) - QPoint(0, 30))
    assert stage.value("pattern").rows["kick"][0] == 1.0
    QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=at(0, 0))
    assert stage.value("pattern").rows["kick"] == (0.0,) * 16
    drag(grid, at(2, 0), at(2, 1), at(2, 2), at(2, 3))
    assert stage.value("pattern").rows["closed_hat"][:5] == (0.85, 0.85, 0.85, 0.85, 0.0)
    QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=QPoint(10, at(2, 0).y()))
    assert "closed_hat" not in stage.value("pattern").rows
    mute = QPoint(84, at(5, 0).y())
    QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=mute)
    assert stage.value("muted") == ("bass",)
    stage.generate()
    assert stage.renderer.rendered[-1].pattern.rows["bass"] == (0.0,) * 16


def test_the_dice_of_a_row_draws_a_voice_and_its_lock_keeps_or_releases_one(stage: Stage) -> None:
    grid = stage.find("stepGrid")

    def click(row: int, x: int) -> None:
        QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=QPoint(x, grid.cell_center(row, 0).toPoint().y()))

    mute, dice, lock = 84, 103, 122
    before = stage.value("pattern")
    click(1, dice)
    drawn = stage.value("voices")
    assert set(drawn) == {"snare"} and grid.look.kept == [part == "snare" for part in PARTS]
    click(1, dice)
    assert set(stage.value("voices")) == {"snare"} and stage.value("voices") != drawn  # another one
    # The lock of a free voice keeps the one that sounds, which is the seed's; a second click lets it go.
    stage.studio.instrument.set("seed", 4711)
    click(0, lock)
    assert stage.value("voices")["kick"] == 4711 and stage.value("muted") == ()
    stage.generate()
    assert stage.renderer.rendered[-1].voices == stage.value("voices")
    assert stage.renderer.rendered[-1].seed == 4711  # what is shown as composed is that seed's
    click(0, lock)
    assert set(stage.value("voices")) == {"snare"}
    click(1, lock)
    assert stage.value("voices") == {} and not any(grid.look.kept)
    click(1, mute)
    assert stage.value("muted") == ("snare",) and stage.value("pattern") == before
    while stage.value("voices") == {}:
        stage.window.actions_.undo.trigger()
    assert "snare" in stage.value("voices") and grid.look.kept[1]


def test_one_bar_can_differ_and_the_tools_work(stage: Stage) -> None:
    grid = stage.find("stepGrid")
    stage.find("barPicker").buttons()[2].click()
    QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.cell_center(1, 4).toPoint())
    row = stage.value("pattern").rows["snare"]
    assert len(row) == 64
    assert [step for step, velocity in enumerate(row) if velocity] == [20]
    stage.find("shiftRightButton").click()
    assert stage.value("pattern").rows["snare"].index(0.85) == 21
    stage.find("shiftLeftButton").click()
    stage.find("clearPatternButton").click()
    assert stage.value("pattern") == Pattern()
    stage.find("randomPatternButton").click()
    assert set(stage.value("pattern").rows) == {"kick", "snare", "closed_hat", "open_hat"}


def test_composed_parts_show_in_free_rows_and_can_be_kept(stage: Stage) -> None:
    grid = stage.find("stepGrid")
    stage.wait(lambda: any(row is not None and any(row) for row in grid.suggested()))
    kept = Pattern(dict.fromkeys(("kick",), (1.0, 0.0) * 8))
    stage.studio.instrument.set("pattern", kept)
    stage.wait(lambda: grid.suggested()[0] is None)
    written = compose(stage.studio.instrument.request())
    assert written is not None
    stage.find("keepComposedButton").click()
    pattern = stage.value("pattern")
    assert set(pattern.rows) == set(PARTS) and pattern.rows["kick"] == kept.rows["kick"]
    for part, onsets in written.onsets.items():
        assert any(pattern.rows[part]) == bool(onsets)
    stage.wait(lambda: grid.suggested() == [None] * 8)
    stage.window.actions_.undo.trigger()
    assert stage.value("pattern") == kept
    stage.find("composeButton").click()
    assert not stage.studio.instrument.request().compose
    stage.wait(lambda: grid.suggested() == [None] * 8)


def test_the_preview_is_what_generate_takes(stage: Stage) -> None:
    """Rows shown dimmed, one drawn and the dense slider turned: the others stay, and are what is asked for next."""
    grid, instrument = stage.find("stepGrid"), stage.studio.instrument
    stage.wait(lambda: any(row is not None and any(row) for row in grid.suggested()))
    shown = grid.suggested()
    QTest.keyClick(grid, Qt.Key.Key_Return)  # the kick's first step
    stage.wait(lambda: grid.suggested()[0] is None)
    assert grid.suggested()[1:] == shown[1:]
    instrument.set("steer_dense", 2.0)
    stage.wait(lambda: grid.suggested()[1:] != shown[1:])
    denser = grid.suggested()
    assert sum(map(_hits, denser)) > sum(map(_hits, shown[1:]))
    stage.generate()
    made = stage.renderer.rendered[-1]
    written = compose(made)
    assert written is not None and made.pattern.rows.keys() == {"kick"}
    played = written.pattern(made.bars)
    assert denser == [None if row is None else row[:16] for row in (steps_shown(played, p, made.bars) for p in PARTS)]


def _hits(row: Sequence[float] | None) -> int:
    return sum(velocity > 0 for velocity in row or ())


def test_keys_drive_the_grid(stage: Stage) -> None:
    grid = stage.find("stepGrid")
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(grid, key)
    assert stage.value("pattern").rows["snare"][1] == 0.85
    QTest.keyClick(grid, Qt.Key.Key_Minus)
    assert stage.value("pattern").rows["snare"][1] == 0.75
    QTest.keyClick(grid, Qt.Key.Key_M)
    QTest.keyClick(grid, Qt.Key.Key_F)
    assert stage.value("muted") == ("snare",)
    assert "snare" not in stage.value("pattern").rows
    stage.studio.instrument.set("seed", 12)
    QTest.keyClick(grid, Qt.Key.Key_K)
    assert stage.value("voices") == {"snare": 12}
    QTest.keyClick(grid, Qt.Key.Key_V)
    assert set(stage.value("voices")) == {"snare"} and stage.value("voices") != {"snare": 12}
    QTest.keyClick(grid, Qt.Key.Key_K)
    assert stage.value("voices") == {}


def test_the_pad_moves_by_mouse_and_keys_and_switches_itself_on(stage: Stage) -> None:
    pad = stage.find("noisePad")
    drag(pad, pad.rect().center(), QPoint(pad.width() // 4, pad.height() // 2))
    assert stage.value("pad_on") is True
    assert stage.value("pad_x") == pytest.approx(0.25, abs=0.01)
    QTest.keyClick(pad, Qt.Key.Key_Up)
    assert stage.value("pad_y") == pytest.approx(0.48, abs=0.02)
    stage.generate()
    noise = stage.renderer.rendered[-1].noise
    assert noise is not None
    assert noise.x == stage.value("pad_x")
    stage.window.actions_.undo.trigger()
    stage.window.actions_.undo.trigger()
    assert stage.value("pad_on") is False


def test_corners_reroll_lock_and_take_a_loops_noise(stage: Stage) -> None:
    panel = stage.find("noisePad").parent()
    stage.generate()
    seed = stage.renderer.rendered[-1].seed
    actions = {action.text(): action for action in panel.corner_menu(2).actions()}
    actions["Take the noise of the loop that plays"].trigger()
    actions["Lock"].trigger()
    assert stage.value("pad_corners")[2] == seed
    before = stage.value("pad_corners")
    stage.find("rerollButton").click()
    after = stage.value("pad_corners")
    assert [a == b for a, b in zip(before, after, strict=True)] == [False, False, True, False]


def test_tabs_reach_every_control_and_nothing_swallows_the_focus(stage: Stage) -> None:
    stage.find("promptEdit").setFocus()
    seen = set()
    for _ in range(200):
        focus = QApplication.focusWidget()
        if focus is None or focus in seen:
            break
        seen.add(focus)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    names = {widget.objectName() for widget in seen}
    assert {"bpmDial", "stepGrid", "noisePad", "loopBank", "generateButton", "guidanceSlider"} <= names


def test_the_parts_of_the_grid_are_those_of_the_engine(stage: Stage) -> None:
    shown = [name.lower().replace(" ", "_") for name in stage.find("stepGrid").look.names]
    assert tuple(shown) == PARTS


def test_the_spectrogram_tells_what_is_under_the_pointer_and_a_click_seeks(stage: Stage) -> None:
    stage.generate()
    view = stage.find("spectrogramView")
    stage.wait(lambda: view.beats() == 16)
    seeks: list[float] = []
    stage.studio.playback._supervisor.seek = seeks.append  # type: ignore[method-assign]
    place = QPoint(view.width() * 5 // 8 + 2, view.height() // 4)
    overlay = view.childAt(place)
    QTest.mouseMove(overlay, place)
    assert view.readout.startswith("3.3")
    assert all(unit in view.readout for unit in (" s", " Hz", " dB"))
    QTest.mouseClick(overlay, Qt.MouseButton.LeftButton, pos=place)
    assert seeks == [pytest.approx(10.0, abs=0.1)]


def test_the_status_bar_tells_of_model_work_and_sound(stage: Stage) -> None:
    def told() -> list[str]:
        return [label.text() for label in stage.find("statusBar").findChildren(QLabel)]

    assert "Model: fake" in told()
    stage.studio.playback.take_health(SoundHealth("ok", "", "Card", 48_000))
    assert "Card · 48 kHz · 0 dropouts" in told()
    stage.studio.playback.take_health(SoundHealth("no_device", "No sound device was found."))
    assert "No sound" in told()
    assert stage.said() == "No sound device was found."
