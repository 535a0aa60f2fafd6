"""Learn from my sounds, by hand: a real process, driven by its window with mouse and keys; the pack comes out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import Desk
from hand import drop
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from tiny import tiny_pack

from engine import LearningPlan, LearningTold, Pack
from loopgen_app.learning.child import LearningChild
from loopgen_app.learning.learner import Learner, base_of
from loopgen_app.panels.learn_files import PATH
from loopgen_app.panels.learn_window import LearnWindow
from loopgen_app.settings import Folders
from loopgen_app.state.learning import LearningState, WaitingRun
from loopgen_app.widgets.loss_curve import LossCurve

LONG = 900_000
"""Milliseconds that are waited at the most; a busy machine takes its time to start a process with torch."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """User data of the test's own, and a tiny pack that plays the part of the starter."""
    monkeypatch.setattr("engine.config.user_data", lambda: tmp_path / "data")
    monkeypatch.setattr("engine.packs.sharing.user_packs", lambda: tmp_path / "packs")
    monkeypatch.setattr("engine.packs.pack.user_packs", lambda: tmp_path / "packs")
    base = tiny_pack(tmp_path / "packs" / "base", clap=True)
    monkeypatch.setattr("loopgen_app.learning.learner.starter_pack", lambda: base)
    return tmp_path


def sounds(folder: Path, count: int = 5) -> Path:
    folder.mkdir()
    time = np.arange(88_200) / 44_100
    for number in range(count):
        beat = np.sin(2 * np.pi * (60 + 30 * number) * time) * np.exp(-9 * (time % 0.5))
        soundfile.write(folder / f"beat{number}_120bpm.wav", (0.5 * beat).astype(np.float32), 44_100)
    (folder / "holiday.wav").write_bytes(b"a photo, by mistake")
    return folder


def click(button: QPushButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def tick(window: LearnWindow, row: int) -> None:
    """Click the box of a file."""
    listed = window.files.files
    listed.scrollToItem(listed.item(row))
    place = listed.visualItemRect(listed.item(row))
    QTest.mouseClick(
        listed.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        QPoint(place.left() + 10, place.center().y()),
    )  # fmt: skip


def opened(desk: Desk) -> LearnWindow:
    return desk.show(LearnWindow(desk.studio))


@pytest.mark.slow
def test_a_folder_becomes_a_pack_by_hand(desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loopgen_app.learning.learner.REHEARSAL", 0.0)  # rendering loops takes its time
    window, learner = opened(desk), desk.studio.learner
    wait = desk.qtbot.waitUntil
    assert not window.start.isEnabled() and not window.pause.isEnabled()
    assert drop(window.files, [sounds(home / "mine")])
    wait(lambda: learner.state.phase == "looked", timeout=LONG)
    assert [told.usable for told in learner.state.files] == [True] * 5 + [False]
    assert window.files.files.item(5).text().endswith("refused") and "4 bars" not in window.files.files.item(0).text()
    tick(window, 2)
    left = window.files.files.item(2).data(PATH)
    assert learner.state.left_out == {left} and len(learner.state.usable) == 4
    window.minutes.setValue(0.1)
    QTest.keyClicks(window.name, "x")
    click(window.start)
    assert learner.state.phase == "learning" and not window.start.isEnabled()
    wait(lambda: len(learner.state.losses) > 3, timeout=LONG)
    click(window.pause)
    wait(lambda: learner.state.phase == "paused", timeout=LONG)
    run = learner.waiting()[0]
    plan = LearningPlan.read(run.folder)
    assert plan is not None and plan.left_out == (left,) and plan.name == "minex"

    again = Learner(Folders(home / "data"))  # as after a restart
    assert again.waiting() == [run]
    again.go_on(run)
    wait(lambda: again.state.phase in ("done", "failed"), timeout=LONG)
    assert again.state.phase == "done", again.state.words
    pack = Pack.open(again.state.pack)
    assert pack.name == "minex" and "adapter" in pack.components and again.waiting() == []
    again.close()


@pytest.mark.slow
def test_stopping_keeps_the_best_and_the_instrument_is_told(
    desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loopgen_app.learning.learner.REHEARSAL", 0.0)
    window, learner = opened(desk), desk.studio.learner
    learner.look(sounds(home / "mine"))
    desk.qtbot.waitUntil(lambda: learner.state.phase == "looked", timeout=LONG)
    click(window.start)
    desk.qtbot.waitUntil(lambda: len(learner.state.losses) > 2, timeout=LONG)
    click(window.finish)
    with desk.qtbot.waitSignal(learner.learnt, timeout=LONG):
        pass
    assert Pack.open(learner.state.pack).name == "mine"
    click(window.use)
    assert desk.studio.settings.pack == learner.state.pack


def test_too_few_sounds_and_bad_names_are_sentences(desk: Desk, home: Path) -> None:
    window, learner = opened(desk), desk.studio.learner
    files = tuple(LearningTold("file", path=f"/sounds/{n}.wav", bars=1, tempo_bpm=120.0, usable=True) for n in "abc")
    learner._set(LearningState("looked", "/sounds", files))
    window.name.setText("../evil")
    click(window.start)
    assert "cannot name a pack" in window.words.whole() and not (home / "data" / "learning").exists()
    learner.tick("/sounds/a.wav", False)
    window.name.setText("fine")
    click(window.start)
    assert "too few" in window.words.whole()
    learner.tick("/sounds/a.wav", True)
    assert len(learner.state.usable) == 3


def test_a_file_is_no_folder(desk: Desk, home: Path) -> None:
    window = opened(desk)
    one = sounds(home / "mine", 1) / "beat0_120bpm.wav"
    assert drop(window.files, [one])
    assert "one folder" in window.words.whole() and desk.studio.learner.state.phase == "idle"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit('boom')", "ended unexpectedly"),
        ('print(\'{"kind": "problem", "words": "No audio here."}\'); raise SystemExit(2)', "No audio here."),
        ("print('x' * 3_000_000); print('[]'); print('{\"kind\": \"step\"'); raise SystemExit(1)", "ended unexpect"),
        ("print('hello')", "ended before it was done"),
    ],
)
def test_a_child_that_misbehaves_is_a_sentence(desk: Desk, home: Path, code: str, words: str) -> None:
    import sys

    learner = Learner(Folders(home / "data"), command=(sys.executable, "-c", code))
    learner.look(home)
    desk.qtbot.waitUntil(lambda: learner.state.phase == "failed", timeout=LONG)
    assert words in learner.state.words
    learner.close()


def test_a_child_that_cannot_be_started_is_a_sentence(desk: Desk, home: Path) -> None:
    learner = Learner(Folders(home / "data"), command=(str(home / "no-such-program"),))
    learner.look(home)
    desk.qtbot.waitUntil(lambda: learner.state.phase == "failed", timeout=LONG)
    assert "cannot be started" in learner.state.words


def test_a_run_that_waits_can_be_forgotten(desk: Desk, home: Path) -> None:
    folder = home / "data" / "learning" / "old"
    folder.mkdir(parents=True)
    LearningPlan("/sounds", "/base", str(home / "packs" / "old"), "old").store(folder)
    (home / "data" / "learning" / "bad").mkdir()
    (home / "data" / "learning" / "bad" / "plan.json").write_text("{")
    window = opened(desk)
    assert desk.studio.learner.waiting() == [WaitingRun(folder, "old")] and window.runs.currentText() == "old"
    click(window.forget)
    assert not folder.exists() and not window.runs.isVisible()


def test_hearing_plays_the_latest_preview(desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = desk.generate()
    path = desk.studio.exports.export(made)
    window, learner = opened(desk), desk.studio.learner
    learner._set(LearningState("learning", previews=((1.0, str(path)),)))
    click(window.hear)
    assert desk.studio.audition.current is not None and desk.studio.audition.current.name == path.stem
    learner._set(LearningState("learning", previews=((1.0, str(home / "gone.wav")),)))
    click(window.hear)
    assert "gone.wav" in window.words.whole()


def test_a_pack_that_has_learnt_gives_its_base_to_learn_from(home: Path) -> None:
    base = home / "packs" / "base"
    assert base_of(str(base)) == base
    assert base_of(str(home / "nowhere")) == base
    other = tiny_pack(home / "packs" / "other", denoiser=False, seed=1)
    manifest = json.loads((other / "pack.json").read_text())
    manifest["components"]["adapter"] = manifest["components"]["codec"]
    for told, found in (({"name": "x", "hash": Pack.open(base).hash}, base), ({"name": []}, base), ("odd", base)):
        (other / "pack.json").write_text(json.dumps(manifest | {"base": told}))
        assert base_of(str(other)) == found


def test_what_is_told_becomes_a_state() -> None:
    state = LearningState("learning")
    lines: list[Callable[[], LearningTold]] = [
        lambda: LearningTold("doing", "Encoding"),
        lambda: LearningTold("remark", "The codec fits."),
        lambda: LearningTold("step", minutes=2.0, of_minutes=8.0, loss=0.5),
        lambda: LearningTold("held-out", minutes=2.0, folder=0.4, known=0.3, best=True),
        lambda: LearningTold("preview", minutes=2.0, path="/a.wav"),
    ]
    for line in lines:
        state = state.heard_of(line())
    assert (state.doing, state.remarks, state.fraction) == ("Encoding", ("The codec fits.",), 0.25)
    assert state.heard[0].best and state.previews == ((2.0, "/a.wav"),)
    assert state.heard_of(LearningTold("paused")).phase == "paused"
    assert state.ended("").phase == "failed" and LearningState("paused").ended("").phase == "paused"
    many = state
    for step in range(5000):
        many = many.heard_of(LearningTold("step", minutes=step / 60, of_minutes=100.0, loss=1.0))
    assert len(many.losses) <= 4000 and many.losses[-1][0] == pytest.approx(4999 / 60)


def test_the_curve_scales_to_what_it_shows(desk: Desk) -> None:
    curve = desk.show(LossCurve())
    assert curve.bounds() is None
    steps = [(minute / 10, 1.0 + (minute == 7) * 50.0) for minute in range(10)]
    curve.setCurves(steps, [(0.0, 0.9), (1.0, 0.6)], [(0.0, 0.7)], 2.0)
    assert curve.bounds() == (0.6, 1.0)  # one wild step does not squeeze the rest
    curve.grab()
    low, high = (curve._place((1.0, loss), (0.6, 1.0)) for loss in (0.6, 1.0))
    assert low.y() > high.y() and low.x() == pytest.approx(curve.width() / 2, abs=1)


def test_a_child_is_told_to_pause_when_its_window_closes(desk: Desk, home: Path, tmp_path: Path) -> None:
    import sys

    heard = tmp_path / "heard.txt"
    code = f"import sys; print('{{}}', flush=True); open({str(heard)!r}, 'w').write(sys.stdin.read())"
    child = LearningChild(["--look"], (sys.executable, "-c", code))
    told: list[Any] = []
    child.ended.connect(told.append)
    desk.qtbot.waitUntil(lambda: child._process.processId() > 0, timeout=LONG)
    desk.qtbot.wait(300)
    child.end()
    assert told == [] and (not heard.exists() or heard.read_text() == "pause\n")
