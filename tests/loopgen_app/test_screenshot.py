"""`loopgen --screenshot`: a picture of a given size with a loop in it, or one line about why not."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Stage
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from loopgen_app.screenshot import ScreenshotError, parse_size, take
from loopgen_app.state.session import Session, save_session

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("size", [(1024, 700), (1280, 800), (1920, 1080)])
def test_the_picture_has_the_size_asked_for_and_a_loop_in_it(
    stage: Stage, tmp_path: Path, size: tuple[int, int]
) -> None:
    session = tmp_path / "set.loopgen"
    save_session(session, Session({"prompt": "warm dub", "tempo_bpm": 99.5}))
    target = tmp_path / "window.png"
    take(stage.application, target, QSize(*size), session)
    image = QImage(str(target))
    assert (image.width(), image.height()) == size
    assert stage.renderer.rendered[0].tempo_bpm == 99.5
    colours = {image.pixel(x, y) for x in range(0, size[0], 9) for y in range(0, size[1], 9)}
    assert len(colours) > 50


def test_nothing_is_cut_off_at_any_size(stage: Stage) -> None:
    stage.generate()
    stage.studio.messages.complain("The disk is full; free some space or choose another folder. " * 2, "Retry", int)
    for size in (QSize(1024, 700), QSize(1280, 800), QSize(1920, 1080)):
        stage.window.resize(size)
        stage.qtbot.wait(50)
        assert stage.window.size() == size
        for name in ("bpmDial", "noisePad", "stepGrid", "generateButton", "exportButton", "spectrogramView"):
            control = stage.find(name)
            hint = control.minimumSizeHint()
            assert control.height() >= hint.height() - 1, (name, size)
            assert control.width() >= hint.width() - 1, (name, size)
            assert stage.window.rect().contains(control.mapTo(stage.window, control.rect().bottomRight())), (
                name,
                size,
            )
        assert stage.find("bpmDial").height() >= stage.find("bpmDial").sizeHint().height() - 1


def test_a_target_that_cannot_be_written_is_an_error(stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(ScreenshotError, match="could not be written"):
        take(stage.application, tmp_path / "no" / "folder.png", QSize(1280, 800))


@pytest.mark.parametrize("text", ["", "x", "12", "99999x3", "axb", "-5x7"])
def test_sizes_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ScreenshotError, match="1280x800"):
        parse_size(text)


def test_without_a_pack_the_command_says_so_in_one_line_and_leaves_no_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "engine", "--pack", str(tmp_path), "--screenshot", str(tmp_path / "x.png")]
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert "pack" in result.stderr
    assert not (tmp_path / "x.png").exists()


def test_no_thread_or_process_outlives_a_window(make_stage: Callable[..., Stage]) -> None:
    import threading

    before = set(threading.enumerate())
    stage = make_stage()
    stage.studio.playback.start()
    stage.generate()
    pid = stage.studio.playback._supervisor.pid
    assert pid is not None
    stage.window.close()
    stage.wait(lambda: set(threading.enumerate()) <= before)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
