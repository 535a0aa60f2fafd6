"""Files that leave the window and come back: what is dropped is heard, and only recipes that fit are believed."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import Stage
from fakes import FakeRenderer, sine_loop
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine import FORMATS, LoopRequest, NoisePad, Recipe, read_audio, write_wav
from engine.audio.chunks import acid_chunk, info_chunk, with_chunks

RATE = 44_100


def drop(stage: Stage, path: Path) -> None:
    """Drop a file on the window as a file manager does, and wait for what is said to it."""
    before = stage.studio.messages.last
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    told = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(stage.window, QDragEnterEvent(QPoint(20, 20), *told))
    QApplication.sendEvent(stage.window, QDropEvent(QPointF(20, 20), *told, QEvent.Type.Drop))
    stage.wait(lambda: stage.studio.messages.last is not before)


def exported(stage: Stage) -> Path:
    """The file that the button Export writes."""
    QTest.mouseClick(stage.find("exportButton"), Qt.MouseButton.LeftButton)
    path = stage.studio.exports.last
    assert path is not None
    return path


def settle(stage: Stage) -> None:
    """Wait until nothing is made, and nothing more is begun by what was turned."""
    stage.wait(lambda: not stage.studio.composing._timer.isActive() and not stage.studio.generation.state.busy)


def draw_motion(stage: Stage) -> None:
    """Draw from the upper left of the pad to its lower right with Shift held, and wait for the loops."""
    pad = stage.find("noisePad")
    shift = Qt.KeyboardModifier.ShiftModifier
    begin, end = QPoint(pad.width() // 4, pad.height() // 4), QPoint(pad.width() * 3 // 4, pad.height() * 3 // 4)
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, shift, begin)
    for step in range(1, 9):
        QTest.mouseMove(pad, begin + (end - begin) * step / 8)
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, shift, end)
    stage.wait(lambda: stage.studio.composing.motion is not None)


@pytest.mark.parametrize("button", ["motionButton", "exportButton"])
@pytest.mark.parametrize("kind", ["wav16", "flac", "aiff24"])
def test_a_motion_is_written_in_the_chosen_format_with_a_recipe_of_its_whole_length(
    stage: Stage, kind: str, button: str
) -> None:
    stage.studio.settings.export_format = kind
    stage.find("barsBox").setValue(1)
    draw_motion(stage)
    QTest.mouseClick(stage.find(button), Qt.MouseButton.LeftButton)
    path = stage.studio.exports.last
    assert path is not None and path.suffix == FORMATS[kind].suffix
    assert "_8bars_" in path.name and "motion" in path.name
    file = read_audio(path)
    recipe = Recipe.from_json(file.metadata.comment or "")
    assert (recipe.kind, recipe.bars, recipe.beats) == ("motion", 8, 32)
    assert recipe.fits(file.audio.shape[1], RATE)
    assert file.audio.shape[1] == 8 * sine_loop(stage.renderer.rendered[0]).shape[1]
    assert recipe.request == stage.renderer.rendered[0]
    assert recipe.origin is not None and len(recipe.origin.points) == 8


def test_a_motion_that_is_dropped_back_is_banked_with_all_its_bars(
    stage: Stage, make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    stage.find("barsBox").setValue(2)
    draw_motion(stage)
    path = exported(stage)
    other = make_stage(tmp_path / "elsewhere")
    drop(other, path)
    row = other.studio.bank.loops()[0]
    assert (row.bars, row.kind) == (16, "motion")
    assert row.samples / row.sample_rate == pytest.approx(row.bars * 4 * 60 / row.tempo_bpm, abs=1e-3)
    heard = other.studio.audition.current
    assert heard is not None and heard.beats == 64
    noise = stage.renderer.rendered[0].noise
    assert noise is not None
    assert (other.value("pad_on"), other.value("pad_x"), other.value("pad_y")) == (True, noise.x, noise.y)
    assert "motion on the pad" in other.find("loopBank").model().data(other.find("loopBank").model().index(0, 0), 3)


def test_a_loop_of_the_pad_that_is_dropped_while_another_plays_is_heard_and_not_made_anew(stage: Stage) -> None:
    stage.find("barsBox").setValue(1)
    stage.studio.instrument.set_many({"pad_on": True, "pad_x": 0.2, "pad_y": 0.7, "pad_corners": (5, 6, 7, 8)}, "x")
    stage.generate()
    path, made = exported(stage), stage.renderer.rendered[-1]
    assert made.noise == NoisePad((5, 6, 7, 8), 0.2, 0.7)
    stage.studio.instrument.set_many({"pad_x": 0.9, "pad_y": 0.1, "pad_corners": (1, 2, 3, 4)}, "y")
    settle(stage)
    assert stage.studio.transport.state.playing
    rendered, rows = len(stage.renderer.requests), len(stage.studio.bank.loops())
    drop(stage, path)
    dropped = stage.studio.audition.current
    assert dropped is not None and dropped.name == path.stem
    settle(stage)
    assert len(stage.renderer.requests) == rendered
    assert len(stage.studio.bank.loops()) == rows + 1
    current = stage.studio.audition.current
    assert current is not None and current.id == dropped.id
    assert np.abs(current.audio - sine_loop(made)).max() < 2.0**-22
    knobs = ("pad_on", "pad_x", "pad_y", "pad_corners")
    assert tuple(map(stage.value, knobs)) == (True, 0.2, 0.7, (5, 6, 7, 8))
    assert stage.studio.instrument.request() == made
    stage.studio.instrument.set("pad_x", 0.6)  # the pad is followed as before
    stage.wait(lambda: len(stage.renderer.requests) == rendered + 1)


def test_settings_that_are_restored_from_the_bank_make_nothing_anew(stage: Stage) -> None:
    stage.find("barsBox").setValue(1)
    stage.find("variationsBox").setValue(2)
    stage.studio.instrument.set("pad_on", True)
    stage.generate()
    second = stage.studio.bank.loops()[0]
    stage.studio.instrument.set("pad_x", 0.1)
    settle(stage)
    rendered = len(stage.renderer.requests)
    restore = next(a for a in stage.window.bank.row_menu(second.id).actions() if a.text() == "Restore its settings")
    restore.trigger()
    settle(stage)
    assert len(stage.renderer.requests) == rendered
    current = stage.studio.audition.current
    assert current is not None and current.id == second.id
    assert stage.studio.instrument.request() == current.recipe.request  # with corners that no knob had


@pytest.mark.parametrize("kind", ["wav24", "flac"])
def test_the_path_that_is_copied_is_that_of_the_file_that_was_exported(stage: Stage, kind: str) -> None:
    stage.studio.settings.export_format = kind
    stage.generate()
    path = exported(stage)
    stage.studio.settings.export_format = "wav16"  # what was exported stays what it is
    QTest.mouseClick(stage.find("copyPathButton"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == str(path)
    assert [file.name for file in stage.studio.exports.folder.iterdir()] == [path.name]
    assert path.name in stage.said()


def test_the_path_of_a_batch_is_copied_and_one_that_is_gone_is_written_anew(stage: Stage, tmp_path: Path) -> None:
    stage.generate()
    stage.window.bank.export_all_to(tmp_path / "out")
    (path,) = (tmp_path / "out").iterdir()
    QTest.mouseClick(stage.find("copyPathButton"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == str(path)
    assert not stage.studio.exports.folder.exists()
    path.unlink()
    QTest.mouseClick(stage.find("copyPathButton"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == str(stage.studio.exports.folder / path.name)


def wav_of(path: Path, audio: np.ndarray, comment: str, *chunks: bytes) -> Path:
    """A WAV as another program writes it that keeps comments."""
    write_wav(path, audio, RATE, is_loop=False)
    path.write_bytes(with_chunks(path.read_bytes(), [*chunks, info_chunk({"ICMT": comment})]))
    return path


RECIPE = Recipe(LoopRequest(tempo_bpm=126.0, bars=4), "fake", "0" * 64)


@pytest.mark.usefixtures("applications")
@pytest.mark.parametrize(
    ("share", "tempo"), [(0.5, 126.0), (126 / 140, 140.0)], ids=["cut to half", "stretched to 140"]
)
def test_a_loop_of_ours_that_was_cut_or_stretched_elsewhere_is_taken_as_what_it_is(
    stage: Stage, tmp_path: Path, share: float, tempo: float
) -> None:
    audio = sine_loop(RECIPE.request.with_(seed=3))
    changed = audio[:, : round(audio.shape[1] * share)]
    path = wav_of(tmp_path / "changed.wav", changed, RECIPE.to_json(), acid_chunk(tempo, 16))
    stage.find("bpmDial").setValue(99.0)
    drop(stage, path)
    assert stage.studio.bank.loops() == []
    assert stage.value("tempo_bpm") == 99.0
    assert "not as long any more" in stage.said()
    stage.wait(lambda: stage.studio.reworking.reading is None)
    settle(stage)
    source = stage.studio.reworking.source
    assert source is not None and source.recipe is None
    request = source.loop.request
    assert request.bars * 240 / request.tempo_bpm == pytest.approx(changed.shape[1] / RATE, abs=1e-3)


@pytest.mark.usefixtures("applications")
@pytest.mark.parametrize(
    "comment",
    ['{"prompt": "lofi beat", "seed": 12}', "{}", '{"bars": 2}', "[" * 200_000,
     json.dumps({"leads_to": {"tempo_bpm": 90}, "pack": {}})],
    ids=["prompt", "empty", "bars", "deep", "half"],
)  # fmt: skip
def test_a_foreign_comment_is_no_recipe(stage: Stage, tmp_path: Path, comment: str) -> None:
    path = wav_of(tmp_path / "other_90bpm.wav", sine_loop(LoopRequest(tempo_bpm=90.0, bars=2)), comment)
    drop(stage, path)
    assert "carries no recipe of a loop" in stage.said()
    assert stage.studio.bank.loops() == []
    stage.wait(lambda: stage.studio.reworking.reading is None)
    settle(stage)
    source = stage.studio.reworking.source
    assert source is not None and (source.loop.request.tempo_bpm, source.loop.request.bars) == (90.0, 2)


def test_a_recipe_of_the_schema_before_is_restored(stage: Stage, tmp_path: Path) -> None:
    request = RECIPE.request.with_(prompt="warm dub", key="Am")
    before = {"request": request.to_dict(), "pack": {"name": "fake", "hash": "0"}, "knobs": {"muted": ["bass"]}}
    drop(stage, wav_of(tmp_path / "before.wav", sine_loop(request), json.dumps(before)))
    assert "Restored everything" in stage.said()
    assert (stage.value("prompt"), stage.value("key"), stage.value("muted")) == ("warm dub", "Am", ("bass",))
    assert stage.studio.bank.loops()[0].bars == 4


def test_a_motion_of_the_bank_is_no_single_loop_to_rework(stage: Stage) -> None:
    stage.find("barsBox").setValue(1)
    draw_motion(stage)
    path = exported(stage)
    drop(stage, path)
    row = stage.studio.bank.loops()[0]
    stage.studio.reworking.open_banked(row.id)
    assert "several loops in a row" in stage.find("sourceNews").text()


def test_a_loop_that_was_on_its_way_for_the_pad_does_not_take_the_place_of_a_dropped_one(
    make_stage: Callable[..., Stage],
) -> None:
    gate, reached = threading.Event(), threading.Event()
    gate.set()

    def hold(_step: int) -> None:
        reached.set()
        assert gate.wait(20)

    stage = make_stage(renderer=FakeRenderer(hold))
    stage.wait(lambda: stage.studio.generation.state.model == "ready")
    stage.find("barsBox").setValue(1)
    stage.generate()
    path = exported(stage)
    gate.clear()
    reached.clear()
    stage.studio.instrument.set("pad_on", True)
    stage.wait(reached.is_set)
    drop(stage, path)
    gate.set()
    settle(stage)
    current = stage.studio.audition.current
    assert current is not None and current.name == path.stem
    assert stage.studio.bank.loops()[0].name == path.stem
    assert not stage.value("pad_on")
