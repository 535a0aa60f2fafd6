"""What should not have come: one sentence in place, the loop plays on, nothing is lost, the log has the details."""

import errno
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import Stage
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from engine import starter_pack
from loopgen_app.application import Application
from loopgen_app.drops import take_drop
from loopgen_app.settings import Folders, Settings


@pytest.fixture
def playing(stage: Stage) -> Stage:
    """A window in which a loop plays."""
    stage.generate()
    assert stage.studio.transport.state.playing
    return stage


def sentence(stage: Stage) -> str:
    """What the window says, which must be one sentence in its place while the loop plays on."""
    bar = stage.window.message_bar
    assert bar.isVisible() and bar.text() == stage.said()
    assert stage.studio.transport.state.playing
    assert "\n" not in bar.text() and "Traceback" not in bar.text() and len(bar.text()) < 200
    assert bar.text() in stage.studio.folders.log.read_text()
    return bar.text()


def drop(stage: Stage, mime: QMimeData) -> None:
    """Let go of something over the window, as a desktop does."""
    event = QDropEvent(
        QPointF(20, 20), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    before = stage.studio.messages.last
    stage.window.dropEvent(event)
    stage.wait(lambda: stage.studio.messages.last is not before)


def files(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def hours(path: Path) -> None:
    """A file whose header says three hours, with nothing behind it but zeros that take no room."""
    with soundfile.SoundFile(path, "w", 8000, 1, "PCM_U8") as file:
        file.write(np.zeros(8000))
    size = 3 * 3600 * 8000
    data = bytearray(path.read_bytes()[:44])
    data[4:8], data[40:44] = (size + 36).to_bytes(4, "little"), size.to_bytes(4, "little")
    with path.open("wb") as raw:
        raw.write(data)
        raw.truncate(size + 44)


def cut(path: Path) -> None:
    soundfile.write(path, np.zeros((44100, 2)), 44100)
    path.write_bytes(path.read_bytes()[:36])


WRONG: list[tuple[str, Callable[[Path], object], str]] = [
    ("song.txt", lambda path: path.write_text("la la"), "no audio file"),
    ("clip.mp4", lambda path: path.write_bytes(b"\0\0\0\x18ftypmp42" * 9), "no audio file"),
    ("empty.wav", lambda path: path.write_bytes(b""), "Cannot read"),
    ("cut.wav", cut, "Cannot read"),
    ("text.wav", lambda path: path.write_text("RIFF la la"), "Cannot read"),
    ("hours.wav", hours, "10800 s long"),
    ("folder", lambda path: path.mkdir(), "is a folder"),
    ("folder.wav", lambda path: path.mkdir(), "is a folder"),
    ("gone.wav", lambda path: None, "no audio file"),
    ("six.wav", lambda path: soundfile.write(path, np.zeros((800, 6)), 44100), "6 channels"),
    ("newer.loopgen", lambda path: path.write_text('{"loopgen_session": 9, "knobs": {}}'), "newer LoopGen"),
    ("bad.loopgen", lambda path: path.write_text('{"loopgen_session": 1}'), "damaged"),
    ("bytes.loopgen", lambda path: path.write_bytes(bytes(range(256))), "not a LoopGen session"),
]


@pytest.mark.parametrize(("name", "make", "words"), WRONG, ids=[name for name, _, _ in WRONG])
def test_wrong_drops_are_one_sentence_and_change_nothing(
    playing: Stage, tmp_path: Path, name: str, make: Callable[[Path], object], words: str
) -> None:
    before = playing.studio.instrument.values()
    make(tmp_path / name)
    drop(playing, files(tmp_path / name))
    assert words in sentence(playing)
    assert name in sentence(playing)
    assert playing.studio.instrument.values() == before
    assert len(playing.studio.bank.loops()) == 1


def test_words_that_are_dropped_are_refused(playing: Stage) -> None:
    mime = QMimeData()
    mime.setText("https://example.org/loop.wav")
    drop(playing, mime)
    assert sentence(playing).startswith("Only files can be dropped")


def test_192_khz_and_ten_minutes_are_taken_without_holding_up_the_window(playing: Stage, tmp_path: Path) -> None:
    high = tmp_path / "high.wav"
    tone = np.sin(np.arange(192_000 * 2) / 20)
    soundfile.write(high, tone, 192_000)
    drop(playing, files(high))
    assert "opened as a source" in sentence(playing)
    playing.wait(lambda: playing.studio.reworking.reading is None)
    long = tmp_path / "long.wav"
    soundfile.write(long, np.zeros(8000 * 590), 8000, subtype="PCM_U8")
    reads: list[str] = []
    playing.studio.reworking.open = lambda path: reads.append(path.name)  # type: ignore[method-assign, assignment]
    take_drop(playing.studio, [long])
    assert reads == ["long.wav"]  # what it sounds like is read beside the window


def refuse(number: int) -> Callable[..., Any]:
    def fail(*_values: object) -> Any:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "cannot be")]
)
def test_a_disk_that_is_full_or_read_only_is_said_and_leaves_no_file(
    playing: Stage, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    tile = playing.find("dragTile")
    with monkeypatch.context() as patch:
        patch.setattr("engine.files.os.fsync", refuse(number))
        for act in (playing.find("exportButton").click, tile._file_maker, playing.find("copyPathButton").click):
            playing.studio.messages.say("x")
            act()
            assert words in sentence(playing)
        playing.window.bank.export_all_to(playing.studio.exports.folder)
        assert words in sentence(playing)
        assert not playing.studio.sessions.save(playing.studio.folders.root / "set.loopgen")
        assert words in sentence(playing)
    assert not [path for path in playing.studio.folders.root.rglob("*") if path.suffix in (".wav", ".part")]
    playing.find("exportButton").click()
    assert sentence(playing).startswith("Exported")


def test_a_bank_whose_disk_is_full_says_so_and_the_loop_is_heard_and_can_be_exported(playing: Stage) -> None:
    bank = playing.studio.bank
    pages = bank._db.execute("PRAGMA page_count").fetchone()[0]
    bank._db.execute(f"PRAGMA max_page_count={pages}")
    playing.generate()
    assert "full" in sentence(playing)
    current = playing.studio.audition.current
    assert current is not None and current.id < 0
    assert playing.studio.transport.state.pending_id == current.id
    playing.find("exportButton").click()
    assert sentence(playing).startswith("Exported")
    bank._db.execute("PRAGMA max_page_count=100000")
    playing.generate()
    assert len(bank.loops()) == 2


@pytest.mark.parametrize("damage", ["noise", "cut"])
def test_a_damaged_bank_is_kept_aside_and_said(make_stage: Callable[..., Stage], tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "same"
    first = make_stage(folder)
    first.generate()
    first.window.close()
    path = Folders(folder).bank
    if damage == "noise":
        path.write_bytes(np.random.default_rng(1).bytes(50_000))
    else:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    second = make_stage(folder)
    assert "kept as loops.damaged" in second.said()
    assert second.window.message_bar.isVisible()
    assert len(list(path.parent.glob("loops.damaged-*.sqlite"))) == 1
    second.generate()
    assert len(second.studio.bank.loops()) == 1
    assert second.studio.transport.state.playing


def test_a_loop_whose_sound_is_damaged_says_so_and_the_others_play(playing: Stage) -> None:
    playing.generate()
    bank, audition = playing.studio.bank, playing.studio.audition
    audition._kept.clear()
    bank._db.execute("UPDATE sounds SET flac = zeroblob(100) WHERE loop_id = 1")
    audition.play_id(1)
    assert "damaged in the bank" in sentence(playing)
    audition.play_id(2)
    assert audition.current is not None and audition.current.id == 2


def test_a_pack_that_vanished_is_named_and_the_starter_pack_plays(
    qtbot: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = Folders(tmp_path / "data")
    folders.root.mkdir()
    folders.settings.write_bytes(Settings(pack=str(tmp_path / "gone")).to_json())
    loaded: list[Path] = []

    def load(folder: Path) -> object:
        loaded.append(folder)
        raise KeyError("stop here")

    monkeypatch.setattr("loopgen_app.application.load_pack", load)
    application = Application(["loopgen"], folders=folders)
    said: list[str] = []
    application.studio.messages.said.connect(lambda message: said.append(message.text))
    last = application.studio.messages.last
    assert last is not None and "The pack gone is no longer in" in last.text
    application.show()
    qtbot.waitUntil(lambda: application.studio.generation.state.model == "failed", timeout=20_000)  # type: ignore[attr-defined]
    assert loaded == [starter_pack()]
    assert any("could not be loaded" in text for text in said)
    application.window.close()
    application.window.deleteLater()


def test_a_pack_that_vanishes_while_it_plays_leaves_the_loop_and_says_why_another_cannot_be_opened(
    playing: Stage, tmp_path: Path
) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(starter_pack(), pack, ignore=lambda _folder, names: [n for n in names if n.endswith("tensors")])
    shutil.rmtree(pack)
    playing.studio.generation.open_pack(pack)
    playing.wait(lambda: playing.studio.generation.state.model == "ready")
    assert "pack" in sentence(playing)
    playing.generate()  # the one before is still there
    assert len(playing.studio.bank.loops()) == 2


def test_an_exception_in_a_slot_of_any_signal_is_one_sentence(playing: Stage) -> None:
    def fail(*_values: object) -> None:
        raise ZeroDivisionError("division by zero")

    signals = (
        playing.find("bpmDial").valueChanged, playing.studio.playback.ticked, playing.studio.generation.made,
        playing.find("noisePad").positionChanged,
    )  # fmt: skip
    for signal in signals:
        signal.connect(fail)
        playing.studio.messages.say("x")
        playing.find("bpmDial").setValue(playing.find("bpmDial").value() + 1)
        playing.find("noisePad").setPosition(playing.find("noisePad").position()[0] / 2, 0.5)
        playing.generate()
        playing.studio.playback.ticked.emit(1.0)
        signal.disconnect(fail)
        assert "Something went wrong inside (ZeroDivisionError)" in sentence(playing)
    assert "division by zero" in playing.studio.folders.log.read_text()
    playing.generate()
    assert len(playing.studio.bank.loops()) >= 6


def test_an_exception_in_a_thread_is_one_sentence_too(playing: Stage) -> None:
    def fail() -> None:
        raise ZeroDivisionError("division by zero")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    playing.wait(lambda: "ZeroDivisionError" in playing.said())
    assert "the loop keeps playing" in sentence(playing)


def test_a_mistake_in_keeping_a_loop_ends_the_wait_for_it(playing: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_values: object, **_named: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(playing.studio.bank, "add", fail)
    playing.generate()
    assert sentence(playing) == "The loop could not be kept (ZeroDivisionError). The log has details."


def test_one_picture_that_fails_is_not_the_last(playing: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("loopgen_app.making.pictures.draw", lambda *_: 1 / 0)
        playing.generate()
        playing.wait(lambda: "pictures failed" in playing.studio.folders.log.read_text())
    playing.generate()
    current = playing.studio.audition.current
    assert current is not None
    playing.wait(lambda: current.id in playing.studio.pictures._kept)
