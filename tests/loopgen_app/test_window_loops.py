"""What comes out: generating, playing, keeping, exporting, dropping, restoring."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import Stage
from fakes import FakeRenderer, sine_loop
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from engine import PARTS, Cancelled, LoopGenError, LoopRequest, Pattern, Recipe, join_loops, read_audio, write_wav
from loopgen_app.drops import take_drop
from loopgen_app.making.composing import along
from loopgen_app.panels.pattern_panel import PatternPanel
from loopgen_app.widgets.step_grid import StepGrid


class HeldRenderer(FakeRenderer):
    """Waits at its first step until it is let go."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.reached = threading.Event()
        super().__init__(self._hold)

    def _hold(self, step: int) -> None:
        if step == 2:
            self.reached.set()
            assert self.gate.wait(20)


def test_the_first_press_plays_a_loop(stage: Stage) -> None:
    view = stage.find("spectrogramView")
    assert view.words() == "Press Generate"
    assert not stage.find("playButton").isEnabled()
    stage.generate()
    assert stage.studio.transport.state.playing
    assert stage.find("playButton").isChecked()
    stage.wait(lambda: view.beats() == 16)
    assert view.words() == ""
    assert stage.find("loopBank").count() == 1


def test_what_is_heard_is_what_was_rendered(stage: Stage) -> None:
    stage.generate()
    current = stage.studio.audition.current
    assert current is not None
    assert np.array_equal(current.audio, sine_loop(stage.renderer.rendered[-1]))


def test_generating_shows_progress_cancel_works_and_the_transport_goes_on(make_stage: Callable[..., Stage]) -> None:
    renderer = HeldRenderer()
    renderer.gate.set()
    stage = make_stage(renderer=renderer)
    stage.generate()
    renderer.gate.clear()
    renderer.reached.clear()
    stage.find("generateButton").click()
    assert stage.find("cancelButton").isEnabled()
    assert renderer.reached.wait(20)
    stage.wait(lambda: stage.studio.generation.state.step == 1)
    assert "step 1 of 16" in stage.window._state_label.text()
    stage.find("cancelButton").click()
    assert not stage.studio.generation.state.busy
    assert stage.studio.transport.state.playing
    renderer.gate.set()
    stage.find("playButton").click()
    assert not stage.studio.transport.state.playing
    stage.generate()
    assert len(renderer.rendered) == 2


def test_the_newest_request_wins_and_an_old_one_never_arrives(make_stage: Callable[..., Stage]) -> None:
    renderer = HeldRenderer()
    stage = make_stage(renderer=renderer)
    stage.find("promptEdit").setText("old")
    stage.find("generateButton").click()
    assert renderer.reached.wait(20)
    stage.find("promptEdit").setText("new")
    stage.find("generateButton").click()
    renderer.gate.set()
    stage.wait(lambda: not stage.studio.generation.state.busy)
    assert [loop.name for loop in stage.studio.bank.loops()] == ["new"]
    assert stage.studio.audition.current is not None
    assert stage.studio.audition.current.recipe.request.prompt == "new"


def test_a_batch_lands_in_the_bank_and_its_first_plays(stage: Stage) -> None:
    stage.find("variationsBox").setValue(4)
    stage.generate()
    loops = stage.studio.bank.loops()
    assert len({loop.seed for loop in loops}) == 4
    assert stage.studio.audition.current is not None
    assert stage.studio.audition.current.id == loops[-1].id


def test_an_engine_that_fails_says_why_and_the_loop_keeps_playing(make_stage: Callable[..., Stage]) -> None:
    trouble: list[Exception] = []

    def fail(_step: int) -> None:
        if trouble:
            raise trouble[0]

    stage = make_stage(renderer=FakeRenderer(fail))
    stage.generate()
    trouble.append(LoopGenError("The pack lost its voice."))
    stage.generate()
    assert stage.said() == "The pack lost its voice."
    assert stage.window.message_bar.isVisible()
    assert stage.window.message_bar.text() == stage.said()
    assert stage.studio.transport.state.playing
    trouble[0] = Cancelled("no")
    stage.find("generateButton").click()


def test_an_exception_in_a_slot_is_one_message_and_the_window_lives(stage: Stage) -> None:
    sys.excepthook(ZeroDivisionError, ZeroDivisionError("division"), None)
    assert "ZeroDivisionError" in stage.said()
    assert "loop keeps playing" in stage.said()
    stage.generate()


def test_stop_and_play_and_a_b(stage: Stage) -> None:
    stage.generate()
    stage.generate()
    newer, older = stage.studio.bank.loops()
    stage.studio.audition.toggle_ab()
    assert stage.studio.audition.current is not None
    assert stage.studio.audition.current.id == older.id
    stage.studio.audition.toggle_ab()
    assert stage.studio.audition.current.id == newer.id


def test_the_bank_plays_by_arrow_keys_stars_renames_filters_and_deletes_with_undo(stage: Stage) -> None:
    for prompt in ("one", "two", "three"):
        stage.find("promptEdit").setText(prompt)
        stage.generate()
    bank = stage.find("loopBank")
    assert [bank.model().index(row, 0).data() for row in range(3)] == ["three", "two", "one"]
    QTest.keyClick(bank, Qt.Key.Key_Down)
    assert stage.studio.audition.current is not None
    assert stage.studio.audition.current.name == "two"
    QTest.keyClick(bank, Qt.Key.Key_F)
    assert stage.studio.bank.loops("favourites")[0].name == "two"
    bank.model().setData(bank.model().index(0, 0), "Opener")
    assert stage.studio.bank.loops()[0].name == "Opener"
    stage.find("bankFilter").setText("opener 126")
    assert bank.count() == 1
    stage.find("bankFilter").setText("")
    bank.setCurrentIndex(bank.model().index(2, 0))
    QTest.keyClick(bank, Qt.Key.Key_Delete)
    assert bank.count() == 2
    stage.window.message_bar._act()
    assert bank.count() == 3
    stage.find("bankShow").buttons()[1].click()
    assert bank.count() == 1


def test_the_loop_follows_the_pad_while_it_plays(stage: Stage) -> None:
    stage.generate()
    pad = stage.find("noisePad")
    pad.setFocus()
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=pad.rect().center())
    stage.wait(lambda: len(stage.renderer.rendered) == 2 and not stage.studio.generation.state.busy)
    assert stage.renderer.rendered[-1].num_steps == 4
    QTest.mouseMove(pad, pad.rect().center() / 2)
    stage.wait(lambda: len(stage.renderer.rendered) >= 3 and not stage.studio.generation.state.busy)
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=pad.rect().center() / 2)
    stage.wait(lambda: stage.renderer.rendered[-1].num_steps == 16 and not stage.studio.generation.state.busy)
    last = stage.renderer.rendered[-1]
    assert last.noise is not None
    assert (last.noise.x, last.noise.y) == (stage.value("pad_x"), stage.value("pad_y"))
    assert stage.studio.audition.current is not None
    assert stage.studio.audition.current.recipe.request == last


def test_with_follow_every_knob_is_heard_with_the_same_seed(stage: Stage) -> None:
    stage.generate()
    seed = stage.renderer.rendered[-1].seed
    stage.find("guidanceSlider").setValue(4.0)
    stage.find("followButton").click()
    stage.find("guidanceSlider").setValue(5.0)
    stage.wait(lambda: len(stage.renderer.rendered) == 2)
    assert (stage.renderer.rendered[-1].guidance_scale, stage.renderer.rendered[-1].seed) == (5.0, seed)


def test_a_path_on_the_pad_becomes_one_evolving_file(stage: Stage) -> None:
    stage.find("barsBox").setValue(1)
    stage.find("noisePad").pathDrawn.emit([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)])
    stage.wait(lambda: stage.studio.composing.motion is not None)
    points = [request.noise for request in stage.renderer.rendered]
    assert [(p.x, p.y) for p in points if p] == along([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)], 8)
    heard = stage.studio.audition.current
    assert heard is not None
    one = sine_loop(stage.renderer.rendered[0]).shape[1]
    assert heard.beats == 32
    assert heard.audio.shape == (2, 8 * one)
    stage.find("motionButton").click()
    path = stage.studio.exports.last
    assert path is not None
    file = read_audio(path)
    assert file.audio.shape[1] == 8 * one
    assert file.metadata.beats == 32


def test_joints_are_crossfades_around_the_bar_and_elsewhere_nothing_changes() -> None:
    rng = np.random.default_rng(0)
    parts = [rng.uniform(-1, 1, (2, 1000)).astype(np.float32) for _ in range(3)]
    joined = join_loops(parts, 50)
    assert joined.shape == (2, 3000)
    for index, part in enumerate(parts):
        assert np.array_equal(joined[:, index * 1000 + 50 : index * 1000 + 950], part[:, 50:950])
    same = join_loops([parts[0]] * 3, 50)
    assert np.array_equal(same, np.tile(parts[0], 3))


def test_export_drop_and_restored_state_are_equal(
    stage: Stage, make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    stage.studio.instrument.set_many(
        {
            "prompt": "warm dub",
            "tempo_bpm": 133.37,
            "key": "Am",
            "bars": 2,
            "pattern": Pattern(rows={"kick": (1.0, 0.0, 0.0, 0.0) * 4}),
            "muted": ("bass",),
            "swing": 0.2,
            "curve_brightness": (0.25, 0.75),
            "tags": ("dub_techno",),
            "guidance_pattern": 2.0,
        },
        "x",
    )
    stage.generate()
    stage.find("exportButton").click()
    path = stage.studio.exports.last
    assert path is not None
    assert path.name.startswith("warm-dub_133.37bpm_Am_2bars_seed")
    with soundfile.SoundFile(path) as written:
        assert "133.37" in written.extra_info
    other = make_stage(tmp_path / "elsewhere")
    take_drop(other.studio, [path])
    mine, theirs = stage.studio.instrument.values(), other.studio.instrument.values()
    assert {k: v for k, v in mine.items() if theirs[k] != v} == {}
    assert other.studio.instrument.request() == stage.studio.instrument.request()
    current = other.studio.audition.current
    assert current is not None
    assert np.abs(current.audio - sine_loop(stage.renderer.rendered[-1])).max() < 2.0**-22
    other.window.actions_.undo.trigger()
    assert other.value("prompt") == ""


def test_the_drag_tile_hands_over_a_complete_lasting_file(stage: Stage) -> None:
    tile = stage.find("dragTile")
    dragged: list[Path] = []
    tile.start_drag = lambda _tile, path, _picture: dragged.append(path)
    tile.resize(300, 52)
    stage.generate()
    for _ in range(2):
        QTest.mousePress(tile, Qt.MouseButton.LeftButton, pos=tile.rect().center())
        QTest.mouseMove(tile, QPoint(4, 4))
        QTest.mouseRelease(tile, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    assert len(dragged) == 2
    assert dragged[0] == dragged[1]
    audio = read_audio(dragged[0])
    assert audio.audio.shape[1] == sine_loop(stage.renderer.rendered[-1]).shape[1]
    assert Recipe.from_json(audio.metadata.comment or "").request == stage.renderer.rendered[-1]
    stage.find("copyPathButton").click()
    assert QGuiApplication.clipboard().text() == str(dragged[0])


@pytest.mark.parametrize("kind", ["wav16", "wav24", "wav32f", "flac16", "flac", "aiff16", "aiff24"])
def test_every_format_is_exported_and_read_back(stage: Stage, kind: str) -> None:
    stage.studio.settings.export_format = kind
    stage.generate()
    stage.find("exportButton").click()
    path = stage.studio.exports.last
    assert path is not None
    file = read_audio(path)
    expected = sine_loop(stage.renderer.rendered[-1])
    step = 2.0**-15 if "16" in kind else 0.0 if kind == "wav32f" else 2.0**-23
    assert np.abs(file.audio - expected).max() <= step
    assert file.metadata.tempo_bpm == 126.0
    assert Recipe.from_json(file.metadata.comment or "").request == stage.renderer.rendered[-1]


def test_all_shown_loops_are_exported_to_a_folder(stage: Stage, tmp_path: Path) -> None:
    stage.find("variationsBox").setValue(3)
    stage.generate()
    stage.window.bank.export_all_to(tmp_path / "out")
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert len(files) == 3
    assert all(name.endswith(".wav") for name in files)


def test_a_disk_that_will_not_have_it_is_one_sentence(stage: Stage, tmp_path: Path) -> None:
    stage.generate()
    blocker = tmp_path / "blocker"
    blocker.write_text("no folder")
    stage.studio.settings.export_folder = str(blocker / "out")
    stage.find("exportButton").click()
    assert "cannot be made" in stage.said()
    assert stage.studio.transport.state.playing


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.txt", b"hello", "no audio file"),
        ("clip.mp4", b"\0" * 50, "no audio file"),
        ("empty.wav", b"", "Cannot read"),
        ("cut.wav", b"RIFF\x00\x10\x00\x00WAVEfmt ", "Cannot read"),
        ("strange.loopgen", b"{", "not a LoopGen session"),
    ],
)
def test_wrong_drops_are_one_clear_sentence(
    stage: Stage, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    take_drop(stage.studio, [path])
    assert words in stage.said()
    assert name in stage.said()


def test_folders_words_and_foreign_audio_are_answered(stage: Stage, tmp_path: Path) -> None:
    take_drop(stage.studio, [tmp_path])
    assert "is a folder" in stage.said()
    take_drop(stage.studio, [])
    assert "Only files" in stage.said()
    foreign = tmp_path / "loop.wav"
    write_wav(foreign, sine_loop(LoopRequest(bars=1)), 44100, tempo_bpm=98.5, beats=4)
    take_drop(stage.studio, [foreign])
    assert "carries no recipe" in stage.said()
    stage.window.message_bar._act()
    assert stage.value("tempo_bpm") == 98.5


def test_a_second_window_finds_everything_again(make_stage: Callable[..., Stage], tmp_path: Path) -> None:
    first = make_stage(tmp_path / "same")
    first.find("promptEdit").setText("kept")
    first.find("bpmDial").setValue(101.5)
    first.generate()
    first.window.close()
    second = make_stage(tmp_path / "same")
    assert second.find("promptEdit").text() == "kept"
    assert second.find("bpmDial").value() == 101.5
    assert second.find("loopBank").count() == 1
    assert second.studio.audition.current is not None
    assert not second.studio.transport.state.playing
    assert second.said() == ""
    second.wait(lambda: second.studio.generation.state.model == "ready")
    second.generate()
    seeds = [loop.seed for loop in second.studio.bank.loops()]
    assert len(set(seeds)) == len(seeds) == 2  # the loop of these knobs is there: another one was made


def test_after_a_crash_the_session_is_back_and_said_so(make_stage: Callable[..., Stage], tmp_path: Path) -> None:
    first = make_stage(tmp_path / "same")
    first.find("promptEdit").setText("precious")
    first.wait(
        lambda: (
            "precious" in first.studio.folders.autosave.read_text()
            if first.studio.folders.autosave.exists()
            else False
        )
    )
    first.studio.sessions._lock.release()  # as the end of its process does
    second = make_stage(tmp_path / "same")
    assert second.find("promptEdit").text() == "precious"
    assert "ended unexpectedly" in second.said()


def test_sessions_and_presets_are_saved_and_opened(stage: Stage, tmp_path: Path) -> None:
    sessions = stage.studio.sessions
    stage.find("bpmDial").setValue(140)
    path = tmp_path / "set.loopgen"
    assert sessions.save(path)
    stage.find("bpmDial").setValue(80)
    sessions.save_preset("slow ../one")
    assert sessions.open(path)
    assert stage.find("bpmDial").value() == 140.0
    assert stage.studio.settings.recent == [str(path)]
    assert "slow one" in sessions.presets()
    sessions.apply_preset("slow one")
    assert stage.find("bpmDial").value() == 80.0
    assert not sessions.open(tmp_path / "missing.loopgen")
    assert "missing.loopgen" in stage.said()


def test_a_sound_that_is_dropped_on_a_row_is_the_voice_of_its_part(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "clap.wav"
    write_wav(path, np.full((2, 4000), 0.5, np.float32), 44_100)
    grid = stage.window.findChild(StepGrid)
    assert grid is not None
    row = PARTS.index("snare")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    place = grid.mapTo(stage.window, grid.cell_center(row, 3).toPoint())
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    stage.window.dropEvent(QDropEvent(QPointF(place), copy, mime, left, none))
    stage.wait(lambda: "snare" in stage.value("voices"))
    assert stage.value("voices")["snare"][0] == pytest.approx(0.5, abs=1e-3) and grid.look.kept[row]
    assert "snare sounds like clap" in stage.said()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    menu = stage.window.findChild(PatternPanel).row_menu.fill_menu(PARTS.index("kick"))
    next(action for action in menu.actions() if action.text().startswith("Sound like")).trigger()
    stage.wait(lambda: set(stage.value("voices")) == {"snare", "kick"})
