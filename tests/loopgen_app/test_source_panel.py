"""The source panel: what is dropped, at which tempo it is read, and what is made of it."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import Stage
from fakes import FakeApplications, FakeRenderer, sine_loop
from foreign_loops import RATE, opened, settle
from PySide6.QtCore import QSize

import engine
from engine import LoopRequest, Origin, write_wav


def test_an_empty_panel_says_what_can_be_dropped(stage: Stage) -> None:
    stage.find("resultTabs").buttons()[1].click()
    assert stage.find("sourceDrop").title() == "Drop a loop here"
    assert not stage.find("sourceWave").isVisible()
    assert not stage.find("varyButton").isVisible()


def test_a_dropped_loop_shows_its_wave_tempo_and_round_trip(
    stage: Stage, applications: FakeApplications, loop_at: Callable[..., Path]
) -> None:
    opened(stage, loop_at())
    assert stage.find("sourcePanel").isVisible()
    assert stage.find("sourceWave").isVisible()
    assert stage.find("sourceTempo").value() == 120.0
    assert stage.find("sourceErrorLabel").text() == "Comes back as it was"
    assert "0.4 % off" in stage.find("sourceErrorLabel").toolTip()
    source = applications.inverted[0]
    assert (source.request.bars, source.audio.shape[1]) == (2, 4 * RATE)


def test_half_double_and_typed_tempi_read_the_file_again(
    stage: Stage, applications: FakeApplications, loop_at: Callable[..., Path]
) -> None:
    opened(stage, loop_at())
    for button, tempo, bars in (("sourceHalfButton", 60.0, 1), ("sourceDoubleButton", 120.0, 2)):
        stage.find(button).click()
        settle(stage)
        source = stage.studio.reworking.source
        assert source is not None
        assert (source.loop.request.tempo_bpm, source.loop.request.bars) == (tempo, bars)
    stage.find("sourceDoubleButton").click()
    settle(stage)
    assert stage.find("sourceTempo").value() == 240.0
    assert not stage.find("sourceDoubleButton").isEnabled()
    stage.find("sourceTempo").setValue(60.0)
    settle(stage)
    assert [loop.request.bars for loop in applications.inverted] == [2, 1, 2, 4, 1]


def test_what_is_not_whole_bars_can_be_trimmed_or_fitted_and_nothing_is_lost(
    stage: Stage, applications: FakeApplications, loop_at: Callable[..., Path], tmp_path: Path
) -> None:
    opened(stage, loop_at("good_120bpm.wav"))
    odd = tmp_path / "odd_120bpm.wav"
    write_wav(odd, sine_loop(LoopRequest(tempo_bpm=120.0, bars=3))[:, : 5 * RATE], RATE)
    opened(stage, odd)
    assert "lasts 10.00 beats" in stage.find("sourceNews").text()
    assert stage.studio.reworking.source is not None
    assert stage.studio.reworking.source.loop.name == "good_120bpm.wav"
    assert stage.find("sourceTrimButton").text() == "Trim to 2"
    assert stage.find("sourceFitButton").text() == "Fit 96"
    assert stage.find("sourceDrop").title() == "odd_120bpm.wav"
    assert stage.find("sourceTempo").value() == 120.0
    stage.find("sourceBackButton").click()
    assert stage.find("sourceDrop").title() == "good_120bpm.wav"
    assert stage.find("varyButton").isEnabled()
    opened(stage, odd)
    stage.find("sourceFitButton").click()
    settle(stage)
    assert stage.studio.reworking.source.loop.request.tempo_bpm == pytest.approx(96.0)
    assert not stage.find("sourceTrimButton").isVisible()
    stage.find("sourceTempo").setValue(120.0)
    settle(stage)
    stage.find("sourceTrimButton").click()
    settle(stage)
    assert stage.studio.reworking.source.loop.audio.shape[1] == 4 * RATE


@pytest.mark.parametrize(
    ("name", "audio", "words"),
    [
        ("still_120bpm.wav", np.zeros((2, 4 * RATE), np.float32), "is silent"),
        ("short_120bpm.wav", np.full((2, RATE // 4), 0.1, np.float32), "less than a bar"),
        ("long_120bpm.wav", np.full((1, 130 * RATE), 0.1, np.float32), "at most 120 s"),
        ("noise.wav", np.random.default_rng(0).normal(0, 0.1, (2, 5 * RATE)).astype(np.float32), "Type it"),
    ],
)
def test_sound_that_is_no_loop_is_one_sentence_in_place(
    stage: Stage, tmp_path: Path, name: str, audio: np.ndarray, words: str
) -> None:
    path = tmp_path / name
    write_wav(path, audio, RATE)
    opened(stage, path)
    assert words in stage.find("sourceNews").text()
    assert name in stage.find("sourceNews").text()
    assert stage.find("sourceTempo").isEnabled()
    assert not stage.find("varyButton").isEnabled()
    assert stage.studio.reworking.source is None


def test_channels_numbers_and_tempi_out_of_the_question_are_said_in_place(
    stage: Stage, applications: FakeApplications, tmp_path: Path, loop_at: Callable[..., Path]
) -> None:
    import soundfile

    for name, audio, words in (
        ("nan.wav", np.full((4 * RATE, 2), np.nan, np.float32), "samples of nan"),
        ("surround.wav", np.full((4 * RATE, 6), 0.1, np.float32), "6 channels"),
    ):
        soundfile.write(tmp_path / name, audio, RATE, subtype="FLOAT")
        opened(stage, tmp_path / name)
        assert words in stage.find("sourceNews").text()
    mono = tmp_path / "mono_120bpm.wav"
    write_wav(mono, sine_loop(LoopRequest(tempo_bpm=120.0, bars=1))[:1], RATE)
    opened(stage, mono)
    assert applications.inverted[-1].audio.shape == (2, 2 * RATE)
    stage.find("sourceTempo").setValue(10.0)
    settle(stage)
    assert "40 to 240 BPM" in stage.find("sourceNews").text()
    assert not stage.find("varyButton").isEnabled()
    stage.find("sourceBackButton").click()
    assert stage.find("sourceTempo").value() == 120.0
    assert stage.find("varyButton").isEnabled()


def test_a_tempo_that_cannot_be_heard_can_be_typed(
    stage: Stage, applications: FakeApplications, tmp_path: Path
) -> None:
    path = tmp_path / "noise.wav"
    write_wav(path, np.random.default_rng(0).normal(0, 0.1, (2, 4 * RATE)).astype(np.float32), RATE)
    opened(stage, path)
    assert stage.find("sourceTempo").text() == "tempo?"
    stage.find("sourceTempo").setValue(120.0)
    settle(stage)
    assert applications.inverted[-1].request.bars == 2


def test_a_variation_lands_in_the_bank_with_its_recipe_plays_and_can_be_undone(
    stage: Stage, applications: FakeApplications, loop_at: Callable[..., Path]
) -> None:
    stage.generate()
    before = stage.studio.audition.current
    opened(stage, loop_at())
    stage.find("variationStrength").setValue(0.3)
    stage.find("variationKeepBox").buttons()[1].click()
    stage.find("varyButton").click()
    assert stage.find("reworkCancelButton").isVisible()
    settle(stage)
    name, told = applications.calls[0]
    assert (name, told["strength"], told["keep"]) == ("vary", 0.3, "rhythm")
    row = stage.studio.bank.loops()[0]
    assert row.name == "groove_120bpm varied"
    assert row.recipe.origin == Origin(
        "vary", source="groove_120bpm.wav", strength=0.3, keep="rhythm", noise_seed=told["seed"]
    )
    current = stage.studio.audition.current
    assert current is not None
    assert current.id == row.id
    assert stage.studio.transport.state.playing
    assert len(applications.inverted) == 1  # its noise was known from the measurement
    stage.window.message_bar._act()
    assert stage.find("loopBank").count() == 1
    assert stage.studio.audition.current is not None and before is not None
    assert stage.studio.audition.current.id == before.id


def test_stretching_goes_to_the_tempo_of_the_dial_within_half_and_twice(
    stage: Stage, applications: FakeApplications, loop_at: Callable[..., Path]
) -> None:
    opened(stage, loop_at())
    stage.find("bpmDial").setValue(90.0)
    assert stage.find("stretchButton").text() == "Stretch to 90"
    stage.find("stretchButton").click()
    settle(stage)
    row = stage.studio.bank.loops()[0]
    assert (row.tempo_bpm, row.bars, row.samples) == (90.0, 2, round(8 * 60 / 90 * RATE))
    stage.find("bpmDial").setValue(59.0)
    assert not stage.find("stretchButton").isEnabled()
    assert "half to twice" in stage.find("stretchButton").toolTip()


def test_an_exported_loop_keeps_its_seed_but_a_variation_of_it_does_not(
    stage: Stage, applications: FakeApplications
) -> None:
    stage.generate()
    for known in (True, False):
        stage.find("exportButton").click()
        path = stage.studio.exports.last
        assert path is not None
        opened(stage, path)
        source = stage.studio.reworking.source
        assert source is not None
        assert (source.noise_seed is not None) == known
        stage.find("varyButton").click()
        settle(stage)


def test_work_shows_its_steps_and_is_cancelled_while_the_loop_plays_on(
    make_stage: Callable[..., Stage], applications: FakeApplications, loop_at: Callable[..., Path]
) -> None:
    gate, reached = threading.Event(), threading.Event()
    gate.set()

    def hold(step: int) -> None:
        if step == 3:
            reached.set()
            assert gate.wait(20)

    stage = make_stage(renderer=FakeRenderer(hold))
    stage.wait(lambda: stage.studio.generation.state.model == "ready")
    stage.generate()
    opened(stage, loop_at())
    gate.clear()
    reached.clear()
    stage.find("varyButton").click()
    assert reached.wait(20)
    stage.wait(lambda: stage.find("sourceNews").text() == "Varying: step 2 of 4")
    stage.find("reworkCancelButton").click()
    gate.set()
    assert not stage.find("reworkCancelButton").isVisible()
    assert stage.studio.transport.state.playing
    stage.generate()
    assert stage.find("loopBank").count() == 2


def test_an_error_of_the_engine_is_said_and_the_source_stays(
    stage: Stage, applications: FakeApplications, loop_at: Callable[..., Path]
) -> None:
    opened(stage, loop_at())

    def fail(_step: int) -> None:
        raise engine.PackError("The pack lost its voice.")

    stage.renderer.before_step = fail
    stage.find("varyButton").click()
    settle(stage)
    assert stage.said() == "The pack lost its voice."
    assert stage.find("varyButton").isEnabled()
    assert stage.find("sourceErrorLabel").text() == "Comes back as it was"
    assert "0.4 % off" in stage.find("sourceErrorLabel").toolTip()


@pytest.mark.parametrize("size", [(1024, 700), (1280, 800), (1920, 1080)])
def test_everything_of_the_source_is_in_the_window(
    stage: Stage, applications: FakeApplications, loop_at: Callable[..., Path], size: tuple[int, int]
) -> None:
    opened(stage, loop_at("a name that is much longer than there is room for_120bpm.wav"))
    stage.find("transitionSetA").click()
    stage.find("transitionSetB").click()
    stage.find("sourceTempo").setValue(97.0)
    settle(stage)
    assert stage.find("sourceTrimButton").isVisible()
    stage.studio.messages.complain("The disk is full; free some space or choose another folder. " * 2, "Retry", int)
    stage.window.resize(QSize(*size))
    stage.qtbot.wait(50)
    assert stage.window.size() == QSize(*size)
    for name in (
        "sourceWave",
        "sourceTempo",
        "sourceFitButton",
        "sourceNews",
        "variationKeepBox",
        "varyButton",
        "toCornerButton",
        "transitionButton",
    ):
        control = stage.find(name)
        assert control.width() >= control.minimumSizeHint().width() - 1, name
        assert control.height() >= min(30, control.minimumSizeHint().height()), name
        assert stage.window.rect().contains(control.mapTo(stage.window, control.rect().bottomRight())), name
