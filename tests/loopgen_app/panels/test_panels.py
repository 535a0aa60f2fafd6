"""Panels on a desk without window, threads and sound: what each shows, and what it asks for."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import Desk
from fakes import FakeApplications, sine_loop
from hand import LEFT
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from engine import LIVE_STEPS, QUALITY_STEPS, LoopRequest, SourceLoop
from loopgen_app.panels.shape_panel import ShapePanel
from loopgen_app.panels.source_panel import SourcePanel
from loopgen_app.panels.source_tempo_row import faithful
from loopgen_app.panels.transport_panel import TransportPanel
from loopgen_app.panels.view_panel import ViewPanel
from loopgen_app.panels.words_panel import WordsPanel
from loopgen_app.state.source import Source


def press(panel: QWidget, name: str) -> None:
    button = panel.findChild(QWidget, name)
    assert button is not None, name
    QTest.mouseClick(button, LEFT)


# ---- shape ----


def test_the_numbers_of_a_loop_are_turned(desk: Desk) -> None:
    panel, value = desk.show(ShapePanel(desk.studio)), desk.studio.instrument.value
    panel.bars.setValue(8)
    panel.key.setCurrentText("Am")
    press(panel, "engineFold")
    live, quality = panel.findChild(QWidget, "stepsPreset").buttons()  # type: ignore[union-attr]
    for button, steps in ((live, LIVE_STEPS), (quality, QUALITY_STEPS)):
        QTest.mouseClick(button, LEFT)
        assert value("num_steps") == panel.engine.steps.value() == steps
    assert (value("bars"), value("key")) == (8, "Am")
    before = value("seed")
    press(panel, "seedDice")
    assert panel.engine.seed.value() == value("seed") != before
    press(panel, "seedLock")
    assert value("seed_locked") is True


def test_live_takes_two_evaluations_where_the_pack_has_them(desk: Desk) -> None:
    panel, value = desk.show(ShapePanel(desk.studio)), desk.studio.instrument.value
    live, quality = panel.findChild(QWidget, "stepsPreset").buttons()  # type: ignore[union-attr]
    QTest.mouseClick(live, LEFT)
    assert value("sampler") == "euler"  # this pack has not
    renderer = desk.service.renderer
    renderer.info = replace(renderer.info, progressive=True)
    desk.service.ready()
    desk.studio.instrument.set("sampler", "heun")
    QTest.mouseClick(quality, LEFT)
    assert value("sampler") == "heun"
    QTest.mouseClick(live, LEFT)
    assert (value("num_steps"), value("sampler")) == (LIVE_STEPS, "progressive")
    assert desk.studio.instrument.request().evaluated_steps == 2
    QTest.mouseClick(quality, LEFT)
    assert (value("num_steps"), value("sampler")) == (QUALITY_STEPS, "euler")


def test_two_evaluations_are_shown_as_such_however_many_steps_are_set(desk: Desk) -> None:
    panel, instrument = desk.show(ShapePanel(desk.studio)), desk.studio.instrument
    steps, preset = panel.engine.steps, panel.engine.quality
    instrument.set_many({"num_steps": 9, "sampler": "progressive"}, "as a recipe does")
    assert (steps.value(), steps.isEnabled(), preset.value()) == (2, False, LIVE_STEPS)
    assert panel.engine.summary().startswith("Live")
    instrument.set("num_steps", QUALITY_STEPS)
    assert (steps.value(), preset.value()) == (2, LIVE_STEPS)
    instrument.set("sampler", "midpoint")
    assert (steps.value(), steps.isEnabled(), preset.value()) == (QUALITY_STEPS, True, QUALITY_STEPS)
    assert panel.engine.summary().startswith("Quality")


def test_taps_are_the_tempo(desk: Desk) -> None:
    panel = desk.show(ShapePanel(desk.studio))
    moments = iter([10.0, 10.48, 10.96])
    panel.dial._clock = lambda: next(moments)
    for _ in range(3):
        press(panel, "tapButton")
    assert desk.studio.instrument.value("tempo_bpm") == 125.0


# ---- words ----


def test_words_that_the_pack_does_not_know_are_told(desk: Desk) -> None:
    panel = desk.show(WordsPanel(desk.studio))
    QTest.keyClicks(panel.prompt, "warm house")
    assert panel.hint.whole() == ""
    panel.prompt.setText("zither")
    assert panel.hint.whole() == "No word here is known to this pack: zither"
    panel.prompt.setText("house:9")
    assert panel.hint.whole() and desk.studio.instrument.value("prompt") == "house:9"


def test_a_word_is_finished_and_what_was_asked_is_found_again(desk: Desk) -> None:
    panel, studio = desk.show(WordsPanel(desk.studio)), desk.studio
    panel.activateWindow()
    panel.prompt.setFocus()
    desk.qtbot.waitUntil(panel.prompt.hasFocus)
    QTest.keyClicks(panel.prompt, "war")
    QTest.keyClick(panel.prompt, Qt.Key.Key_Tab)
    assert studio.instrument.value("prompt") == "warm"
    QTest.keyClick(panel.prompt, Qt.Key.Key_Return)
    studio.instrument.set("prompt", "")
    menu = panel.history_menu()
    assert [action.text() for action in menu.actions()] == ["warm"]
    menu.actions()[0].trigger()
    assert panel.prompt.text() == "warm" == studio.instrument.value("prompt")


def test_tags_are_wanted_by_a_click_and_avoided_by_a_right_click(desk: Desk) -> None:
    panel, value = desk.show(WordsPanel(desk.studio)), desk.studio.instrument.value
    QTest.mouseClick(panel.chips.chip("house"), LEFT)
    QTest.mouseClick(panel.chips.chip("acid"), Qt.MouseButton.RightButton)
    assert (value("tags"), value("negative_tags")) == (("house",), ("acid",))
    desk.studio.instrument.undo()
    assert panel.chips.chip("acid").state() == "off" and panel.chips.chip("house").state() == "yes"


# ---- transport ----


def test_the_transport_tells_what_plays_and_where(desk: Desk) -> None:
    panel, studio = desk.show(TransportPanel(desk.studio)), desk.studio
    assert (panel.title.whole(), panel.detail.whole(), panel.play.isEnabled()) == (
        "LoopGen", "nothing to play yet", False,
    )  # fmt: skip
    desk.generate(prompt="warm dub", tempo_bpm=130.0, bars=2, key="Am")
    assert (panel.title.whole(), panel.detail.whole()) == ("warm dub", "130 BPM · 2 bars · Am")
    studio.playback.ticked.emit(5.2)
    assert panel.position.text() == "2.2"
    studio.playback.ticked.emit(8.0)  # the loop begins again
    assert panel.position.text() == "1.1"
    assert panel.play.isChecked() and panel.play.accessibleName() == "Stop"
    press(panel, "playButton")
    assert not studio.transport.state.playing and panel.play.accessibleName() == "Play"


def test_a_loop_that_waits_is_told_to_come_at_the_next_beat_or_bar(desk: Desk) -> None:
    panel = desk.show(TransportPanel(desk.studio))
    desk.generate()
    desk.studio.instrument.set("swap_at", "bar")
    desk.generate()
    assert panel.detail.whole().endswith("from the next bar")


def test_devices_and_buffers_are_chosen_in_the_menu_and_remembered(desk: Desk) -> None:
    panel, settings = desk.show(TransportPanel(desk.studio)), desk.studio.settings
    menu = panel.device_menu()
    names = [action.text() for action in menu.actions()]
    assert "System default" in names
    (buffers,) = [action.menu() for action in menu.actions() if action.text() == "Buffer"]
    assert [action.isChecked() for action in buffers.actions()] == [False, False, True, False]
    buffers.actions()[0].trigger()
    assert settings.buffer_frames == 256
    desk.studio.transport.update(health="no_device", message="No sound device was found.")
    assert "No sound device" in panel.device.toolTip()


# ---- view ----


def test_an_empty_view_says_what_to_do_and_a_busy_one_how_far_it_is(desk: Desk) -> None:
    panel = desk.show(ViewPanel(desk.studio))
    assert panel.view.words() == "Press Generate"
    desk.studio.composing.generate()
    desk.service.step(4)
    assert panel.view.words() == "Making your loop"
    desk.service.finish()
    assert (panel.view.words(), panel.view.beats()) == ("", 16)


def test_the_readout_tells_beat_time_and_tone(desk: Desk) -> None:
    panel = desk.show(ViewPanel(desk.studio))
    desk.generate(tempo_bpm=120.0, bars=4)
    panel.view.hovered.emit(9.5, 40.0)
    readout = panel.view.readout
    assert readout.startswith("3.2   4.75 s") and "Hz" in readout and "dB" in readout
    panel.view.hovered.emit(-1.0, -1.0)
    assert panel.view.readout == ""


# ---- source ----


@pytest.mark.parametrize(
    ("error", "words"),
    [(0.004, "Comes back as it was"), (0.03, "Comes back nearly as it was"), (0.2, "Comes back changed")],
)
def test_how_well_a_loop_comes_back_is_told_in_words(error: float, words: str) -> None:
    assert faithful(error) == words


def test_a_source_is_measured_when_nothing_else_is_to_do_and_its_numbers_are_in_the_tip(
    desk: Desk, applications: FakeApplications
) -> None:
    panel, work = desk.show(SourcePanel(desk.studio)), desk.studio.reworking
    request = LoopRequest(tempo_bpm=120.0, bars=2)
    work._show(Source(SourceLoop.from_audio(sine_loop(request), 44_100, request, "groove.wav")), None)
    assert panel.drop.title() == "groove.wav" and panel.vary.isEnabled() and panel.tempo_row.error.text() == ""
    desk.service.finish()
    assert panel.tempo_row.error.text() == "Comes back as it was" and "0.4 % off" in panel.tempo_row.error.toolTip()
    assert panel.stretch.text() == "Stretch to 126"
    desk.studio.instrument.set("tempo_bpm", 59.0)
    assert not panel.stretch.isEnabled() and "half to twice" in panel.stretch.toolTip()
    panel.strength.setValue(0.25)
    assert panel.vary.text() == "Vary 25 %"


def test_nothing_is_measured_while_a_loop_is_made(desk: Desk, applications: FakeApplications) -> None:
    request = LoopRequest(tempo_bpm=120.0, bars=2)
    desk.studio.composing.generate()
    loop = SourceLoop.from_audio(np.asarray(sine_loop(request)), 44_100, request, "groove.wav")
    desk.studio.reworking._show(Source(loop), None)
    desk.service.finish()
    assert len(desk.service.renderer.rendered) == 1 and applications.inverted == []
