"""Words, references and steers in the window, against a fake engine."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import Stage
from fakes import FakeRenderer, sine_loop
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine import STEERS, TODAY, LoopRequest, Pattern
from loopgen_app.drops import take_drop
from loopgen_app.state.parameters import PARAMETERS

CTRL = Qt.KeyboardModifier.ControlModifier
STEER_NAMES = ("steerBright", "steerDense", "steerHard", "steerDub", "steerAcid", "steerLo_fi")


def wav(path: Path, level: float = 0.5, seconds: float = 0.5) -> Path:
    soundfile.write(path, np.full(round(8000 * seconds), level), 8000)
    return path


def drop(stage: Stage, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    action, button, key = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    field = stage.find("referenceDrop")
    QApplication.sendEvent(field, QDragEnterEvent(QPoint(5, 5), action, mime, button, key))
    QApplication.sendEvent(field, QDropEvent(QPointF(5, 5), action, mime, button, key))


def take(stage: Stage, path: Path) -> None:
    drop(stage, path)
    stage.wait(lambda: not stage.find("referenceDrop").listening())


def hint(stage: Stage) -> str:
    label = stage.find("wordsHint")
    assert label.isVisible() == bool(label.whole())
    return str(label.whole())


def typed(stage: Stage, text: str, name: str = "promptEdit") -> None:
    edit = stage.find(name)
    edit.selectAll()
    QTest.keyClicks(edit, text)


def test_every_control_is_there_and_says_what_it_does(stage: Stage) -> None:
    assert set(STEER_NAMES) == {f"steer{name.capitalize()}" for name in STEERS}
    for name in (*STEER_NAMES, "blendSlider", "referenceDrop", "promptHistory"):
        control = stage.find(name)
        assert control.isVisible()
        assert control.toolTip() and control.accessibleName()
    for name in STEER_NAMES:
        assert "-2 to 2" in stage.find(name).toolTip()


def test_keys_weigh_the_phrase_under_the_cursor(stage: Stage) -> None:
    edit = stage.find("promptEdit")
    typed(stage, "warm pad, acid")
    for _ in range(3):
        QTest.keyClick(edit, Qt.Key.Key_Up, CTRL)
    assert stage.value("prompt") == "warm pad, acid:1.3"
    edit.moveCursor(QTextCursor.MoveOperation.Start)
    QTest.keyClick(edit, Qt.Key.Key_Down, CTRL)
    assert stage.value("prompt") == "warm pad:0.9, acid:1.3"
    QTest.keyClick(edit, Qt.Key.Key_Up, CTRL)
    assert stage.value("prompt") == edit.text() == "warm pad, acid:1.3"
    negative = stage.find("negativePromptEdit")
    typed(stage, "dub", "negativePromptEdit")
    QTest.keyClick(negative, Qt.Key.Key_Down, CTRL)
    stage.generate()
    request = stage.renderer.rendered[-1]
    assert (request.prompt, request.negative_prompt) == ("warm pad, acid:1.3", "dub:0.9")


def test_ctrl_arrows_in_the_prompt_leave_the_bank_alone(stage: Stage) -> None:
    stage.generate()
    stage.generate()
    before = stage.studio.audition.current
    edit = stage.find("promptEdit")
    edit.setFocus()
    typed(stage, "acid")
    QTest.keyClick(edit, Qt.Key.Key_Down, CTRL)
    assert stage.studio.audition.current is before
    assert stage.value("prompt") == "acid:0.9"


def test_earlier_prompts_come_back_by_keys_and_by_menu(make_stage: Callable[..., Stage], tmp_path: Path) -> None:
    first = make_stage(tmp_path / "same")
    first.wait(lambda: first.studio.generation.state.model == "ready")
    for text in ("one", "two", "one", "three"):
        typed(first, text)
        first.generate()
    assert first.studio.settings.prompts == ["three", "one", "two"]
    first.window.close()
    stage = make_stage(tmp_path / "same")
    edit = stage.find("promptEdit")
    typed(stage, "draft")
    seen = []
    for key in [Qt.Key.Key_Up] * 4 + [Qt.Key.Key_Down] * 4:
        QTest.keyClick(edit, key)
        seen.append(stage.value("prompt"))
    assert seen == ["three", "one", "two", "two", "one", "three", "draft", "draft"]
    menu = stage.find("promptHistory").parent().history_menu()
    assert [action.text() for action in menu.actions()] == ["three", "one", "two"]
    menu.actions()[2].trigger()
    assert edit.text() == "two"


def test_tab_ends_a_word_of_the_pack_and_else_leaves(stage: Stage) -> None:
    edit = stage.find("promptEdit")
    edit.setFocus()
    typed(stage, "warm dubb")
    assert edit.ending() == "y"
    QTest.keyClick(edit, Qt.Key.Key_Tab)
    assert (stage.value("prompt"), edit.ending()) == ("warm dubby", "")
    assert QApplication.focusWidget() is edit
    QTest.keyClick(edit, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is not edit


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("zzz blorp", "No word here is known to this pack: zzz blorp"),
        ("acid:9", "Weight 9 of 'acid' is out of range: 0 to 5."),
        ("warm zzz", ""),
    ],
)
def test_what_is_not_understood_is_said_below_the_prompt(stage: Stage, prompt: str, sentence: str) -> None:
    typed(stage, prompt)
    assert hint(stage) == sentence
    typed(stage, "warm")
    assert hint(stage) == ""
    typed(stage, prompt, "negativePromptEdit")
    assert hint(stage) == sentence


def test_a_pack_without_words_says_so(make_stage: Callable[..., Stage], tmp_path: Path) -> None:
    stage = make_stage(renderer=FakeRenderer(takes_words=False))
    stage.wait(lambda: stage.studio.generation.state.model == "ready")
    assert hint(stage) == ""
    stage.find("steerDub").setValue(1)
    assert hint(stage).startswith("This pack takes no words")
    stage.find("steerDub").setValue(0)
    assert hint(stage) == ""
    typed(stage, "acid")
    assert hint(stage).startswith("This pack takes no words")
    take(stage, wav(tmp_path / "a.wav"))
    assert "no embedder" in stage.said()
    assert stage.value("reference") == ()


def test_tags_parts_and_steers_that_the_pack_does_not_know_are_said(make_stage: Callable[..., Stage]) -> None:
    renderer = FakeRenderer()
    without = {"parts": TODAY.parts[1:], "tags": tuple(tag for tag in TODAY.tags if tag != "acid")}
    renderer.info = replace(renderer.info, known=replace(TODAY, steers=TODAY.steers[1:], **without))
    stage = make_stage(renderer=renderer)
    stage.wait(lambda: stage.studio.generation.state.model == "ready")
    assert hint(stage) == ""
    stage.studio.instrument.set("tags", ("techno", "acid"))
    assert hint(stage) == "Pack 'fake' does not know tag 'acid': it plays without."
    stage.find("steerBright").setValue(1)
    stage.studio.instrument.set("pattern", Pattern(rows={"kick": (1.0,) + 15 * (0.0,)}))
    assert hint(stage) == "Pack 'fake' does not know part 'kick', tag 'acid', steer 'bright': it plays without."
    typed(stage, "grmpf")
    assert hint(stage).startswith("No word here is known")


def test_long_and_strange_prompts_lose_nothing_and_the_transport_goes_on(stage: Stage) -> None:
    stage.generate()
    edit, mime = stage.find("promptEdit"), QMimeData()
    mime.setText("acid 🔥\n\x07" * 1250)
    edit.insertFromMimeData(mime)
    assert len(edit.text()) == 10_000 and "\n" not in edit.text()
    assert hint(stage) == "Only the first 1000 of 10000 characters are read."
    assert stage.value("prompt") == edit.text()[:1000]
    edit.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClick(edit, Qt.Key.Key_Up, CTRL)
    assert edit.text().rstrip().endswith(":1.1")
    stage.generate()
    assert len(stage.renderer.rendered[-1].prompt) == 1000
    assert stage.studio.transport.state.playing


def test_steers_turn_reach_the_request_and_go_home_by_a_double_click(stage: Stage) -> None:
    for number, name in enumerate(STEER_NAMES):
        stage.find(name).setValue(-2 + 0.5 * number)
    stage.find("steerBright").setValue(-9)
    stage.generate()
    steer = {"bright": -2.0, "dense": -1.5, "hard": -1.0, "dub": -0.5, "lo_fi": 0.5}
    assert stage.renderer.rendered[-1].steer == steer
    QTest.mouseDClick(stage.find("steerBright"), Qt.MouseButton.LeftButton)
    assert stage.value("steer_bright") == 0
    stage.window.actions_.undo.trigger()
    assert stage.find("steerBright").value() == -2.0


def test_while_it_plays_the_loop_follows_steers_and_blend_and_the_newest_wins(stage: Stage) -> None:
    stage.find("followButton").click()
    stage.generate()
    for value in (0.3, 0.6, 0.9, 1.2):
        stage.find("steerDub").setValue(value)
    stage.find("blendSlider").setValue(0.75)
    stage.wait(lambda: len(stage.renderer.rendered) == 2 and not stage.studio.generation.state.busy)
    last = stage.renderer.rendered[-1]
    assert (last.steer, last.blend, last.seed) == ({"dub": 1.2}, 0.75, stage.renderer.rendered[0].seed)


def test_a_dropped_sound_becomes_the_reference_until_it_is_cleared(stage: Stage, tmp_path: Path) -> None:
    field, clear = stage.find("referenceDrop"), stage.find("referenceClear")
    assert (field.sound(), clear.isVisible(), stage.find("blendSlider").isEnabled()) == ("", False, False)
    drop(stage, wav(tmp_path / "dusty break.wav", 0.25))
    assert (field.sound(), field.listening()) == ("dusty break", True)
    stage.wait(lambda: not field.listening())
    assert stage.value("reference")[:2] == (pytest.approx(0.25, abs=1e-3), 0.0)
    assert (field.sound(), clear.isVisible(), stage.find("blendSlider").isEnabled()) == ("dusty break", True, True)
    stage.find("blendSlider").setValue(0.8)
    stage.generate()
    request = stage.renderer.rendered[-1]
    assert (request.reference, request.blend) == (stage.value("reference"), 0.8)
    clear.click()
    assert (field.sound(), stage.value("reference")) == ("", ())
    stage.window.actions_.undo.trigger()
    assert (field.sound(), len(stage.value("reference"))) == ("dusty break", 512)


def test_a_loop_of_the_bank_becomes_the_reference(stage: Stage) -> None:
    stage.generate()
    panel = stage.window.bank
    loop = stage.studio.bank.loops()[0]
    actions = {action.text(): action for action in panel.row_menu(loop.id).actions()}
    actions["Use as reference"].trigger()
    stage.wait(lambda: bool(stage.value("reference")))
    loudest = np.abs(sine_loop(stage.renderer.rendered[-1])).max()
    assert stage.value("reference")[0] == pytest.approx(loudest, abs=1e-4)
    assert stage.find("referenceDrop").sound() == loop.name


def test_a_row_dragged_out_of_the_bank_can_be_dropped(stage: Stage) -> None:
    stage.generate()
    current = stage.studio.audition.current
    assert current is not None
    path = stage.studio.exports.file_for_drag(current)
    take(stage, path)
    assert (stage.find("referenceDrop").sound(), len(stage.value("reference"))) == (path.stem, 512)


def hours(path: Path) -> None:
    with soundfile.SoundFile(path, "w", 8000, 1, "PCM_U8") as file:
        for _ in range(11):
            file.write(np.zeros(8000 * 60))


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("silent.wav", lambda path: wav(path, 0.0), "silent"),
        ("hours.wav", hours, "600"),
        ("notes.txt", lambda path: path.write_text("hello"), "no audio file"),
        ("empty.wav", lambda path: path.write_bytes(b""), "Cannot read"),
        ("cut.wav", lambda path: path.write_bytes(wav(path).read_bytes()[:30]), "Cannot read"),
        ("missing.wav", lambda path: None, "no audio file"),
    ],
)
def test_bad_references_are_one_sentence_and_the_one_before_stays(
    stage: Stage, tmp_path: Path, name: str, make: Callable[[Path], object], words: str
) -> None:
    stage.generate()
    take(stage, wav(tmp_path / "good.wav"))
    before = stage.value("reference")
    make(tmp_path / name)
    take(stage, tmp_path / name)
    assert words in stage.said()
    assert (stage.value("reference"), stage.find("referenceDrop").sound()) == (before, "good")
    assert stage.studio.transport.state.playing


def test_words_references_and_steers_survive_sessions_presets_and_dropped_loops(
    stage: Stage, make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    take(stage, wav(tmp_path / "dusty.wav", 0.25))
    stage.find("steerLo_fi").setValue(1.5)
    stage.find("blendSlider").setValue(0.3)
    typed(stage, "warm dub:1.4")
    stage.generate()
    stage.find("exportButton").click()
    exported, session = stage.studio.exports.last, tmp_path / "set.loopgen"
    assert exported is not None and stage.studio.sessions.save(session)
    stage.studio.sessions.save_preset("mine")
    knobs = [knob for knob in PARAMETERS if knob.startswith(("reference", "steer", "blend", "prompt"))]
    mine = {knob: stage.value(knob) for knob in knobs}
    assert mine["reference_name"] == "dusty"

    def gone() -> None:
        stage.find("referenceClear").click()
        stage.find("steerLo_fi").setValue(0)
        stage.find("blendSlider").setValue(0.9)
        typed(stage, "x")

    restores: tuple[Callable[[], object], ...] = (
        lambda: stage.studio.sessions.open(session),
        lambda: stage.studio.sessions.apply_preset("mine"),
        lambda: stage.studio.audition.play_id(1, restore=True),
    )
    for restore in restores:
        gone()
        restore()
        assert {knob: stage.value(knob) for knob in knobs} == mine
    other = make_stage(tmp_path / "elsewhere")
    take_drop(other.studio, [exported])
    assert {knob: other.value(knob) for knob in knobs} == mine
    assert other.find("referenceDrop").sound() == "dusty"


def test_controllers_turn_steers_and_blend(stage: Stage) -> None:
    for knob in ("steer_dub", "blend"):
        assert PARAMETERS[knob].midi
        stage.studio.instrument.set(knob, PARAMETERS[knob].from_unit(1.0))
    assert (stage.find("steerDub").value(), stage.find("blendSlider").value()) == (2.0, 1.0)


def test_the_grid_shows_what_was_really_composed(make_stage: Callable[..., Stage]) -> None:
    row = (0.0, 0.0, 1.0, 0.0) * 4
    stage = make_stage(renderer=FakeRenderer(composed=Pattern({"lead": row})))
    stage.find("barsBox").setValue(1)
    stage.generate()
    grid = stage.find("stepGrid")
    stage.wait(lambda: grid.suggested() == [None] * 6 + [row, None])
    typed(stage, "techno")
    stage.wait(lambda: grid.suggested() != [None] * 6 + [row, None])
    assert LoopRequest(prompt=stage.value("prompt")).prompt == "techno"


def test_nothing_of_it_is_cut_off_at_any_size(stage: Stage) -> None:
    typed(stage, "zzz")
    for width, height in ((1024, 700), (1280, 800), (1920, 1080)):
        stage.window.resize(width, height)
        stage.qtbot.wait(50)
        assert (stage.window.width(), stage.window.height()) == (width, height)
        for name in (*STEER_NAMES, "promptEdit", "negativePromptEdit", "referenceDrop", "blendSlider", "wordsHint"):
            control = stage.find(name)
            assert control.height() >= control.minimumHeight() and control.width() >= 40, (name, width)
            assert control.parentWidget().rect().contains(control.geometry()), (name, width)
        assert stage.find("swingSlider").width() >= 90
        assert stage.find("promptEdit").height() == 58
