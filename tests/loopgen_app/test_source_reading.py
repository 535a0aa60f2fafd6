"""Reading a source beside the window: what goes wrong is said, the newest file wins, the panel stays usable."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Stage
from fakes import FakeApplications, FakeBackground, sine_loop
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

import engine
from engine import LoopRequest, write_wav
from loopgen_app.making import reworking
from loopgen_app.state.source import ReadProblem, ReadRequest, Source, read

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def applications(monkeypatch: pytest.MonkeyPatch) -> FakeApplications:
    made = FakeApplications()
    made.install(lambda name, function: monkeypatch.setattr(engine, name, function, raising=False))
    return made


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three loops of 1 bar at 120 BPM."""
    paths = [tmp_path / f"{name}_120bpm.wav" for name in ("first", "second", "third")]
    for path in paths:
        write_wav(path, sine_loop(LoopRequest(tempo_bpm=120.0, bars=1)), 44_100)
    return paths


def drop(stage: Stage, path: Path) -> None:
    """Drop a file on the panel as the window system does."""
    stage.find("resultTabs").buttons()[1].click()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    field, key = stage.find("sourceDrop"), Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(field, QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, mime, LEFT, key))
    QApplication.sendEvent(field, QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, LEFT, key))


def settle(stage: Stage) -> None:
    """Until nothing is read and nothing is made."""
    stage.qtbot.waitUntil(
        lambda: stage.studio.reworking.reading is None and not stage.studio.generation.state.busy, timeout=20_000
    )


@pytest.mark.parametrize("before", [False, True])
def test_a_reader_that_breaks_is_one_sentence_and_the_panel_is_usable_again(
    stage: Stage, files: list[Path], monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    if before:
        drop(stage, files[0])
        settle(stage)

    def breaks(wish: ReadRequest) -> Source | ReadProblem:
        raise RuntimeError("a mistake of ours")

    with monkeypatch.context() as patch:
        patch.setattr(reworking, "read", breaks)
        drop(stage, files[1])
        assert stage.find("sourceNews").text() == "Reading second_120bpm.wav…"
        settle(stage)
    bar = stage.window.message_bar
    assert bar.isVisible()
    assert bar.text() == "second_120bpm.wav could not be read (RuntimeError). The log has details."
    assert "a mistake of ours" in stage.studio.folders.log.read_text()
    assert stage.find("sourceNews").text() == ""
    assert stage.find("sourceDrop").title() == ("first_120bpm.wav" if before else "Drop a loop here")
    assert stage.find("varyButton").isVisible() == before
    drop(stage, files[2])
    settle(stage)
    assert stage.find("sourceDrop").title() == "third_120bpm.wav"
    QTest.mouseClick(stage.find("varyButton"), LEFT)
    settle(stage)
    assert stage.studio.bank.loops()[0].name == "third_120bpm varied"


@pytest.fixture
def slow_first(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The reader stays in the first file until the gate, `slow_first()`, is opened; that tells what it has read."""
    gate, read_names = threading.Event(), []

    def slowly(wish: ReadRequest) -> Source | ReadProblem:
        read_names.append(wish.path.stem)
        if len(read_names) == 1:
            assert gate.wait(20)
        return read(wish)

    def open_gate() -> list[str]:
        gate.set()
        return read_names

    monkeypatch.setattr(reworking, "read", slowly)
    return open_gate


def test_the_newest_file_wins_and_one_that_waited_is_not_read(
    stage: Stage, files: list[Path], slow_first: Callable[[], list[str]]
) -> None:
    shown: list[str] = []
    work = stage.studio.reworking
    work.changed.connect(lambda: shown.append(work.source.loop.name) if work.source is not None else None)
    for path in files:
        drop(stage, path)
    names = slow_first()
    settle(stage)
    assert set(shown) == {"third_120bpm.wav"}
    # In which file the reader was already when the next came is the machine's to say; it was in one at the most.
    assert names[-1] == "third_120bpm" and len(names) <= 2


def test_a_loop_of_the_bank_is_not_replaced_by_a_file_that_was_still_to_be_read(
    stage: Stage, files: list[Path]
) -> None:
    stage.generate()
    studio, background = stage.studio, FakeBackground(held=True)
    row = studio.bank.loops()[0]
    work = reworking.Reworking(
        studio.instrument, studio.generation, studio.audition, studio.bank, studio.messages, background=background
    )
    work.open(files[0])
    work.open_banked(row.id)
    background.release()
    assert work.source is not None
    assert (work.source.loop.name, work.reading) == (row.name, None)
    work.open(files[1])
    background.release()
    assert work.source.loop.name == "second_120bpm.wav"
