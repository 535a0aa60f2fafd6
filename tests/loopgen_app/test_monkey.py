"""A monkey at every control, menu and drop: nothing it does may raise, leak threads, or lose a loop.

`LOOPGEN_MONKEY_SECONDS` (default 6) says for how long.
"""

import gc
import os
import random
import threading
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
from conftest import Stage
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QFileDialog, QMenu, QSpinBox, QWidget

from engine import compose, mel_spectrogram, read_source
from loopgen_app.drops import take_drop

SECONDS = float(os.environ.get("LOOPGEN_MONKEY_SECONDS", "6"))
KEYS = (
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Space,
    Qt.Key.Key_Delete, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Escape, Qt.Key.Key_A, Qt.Key.Key_7, Qt.Key.Key_Tab,
)  # fmt: skip


SIZES = ((1024, 700), (1280, 800), (1920, 1080))
WAITS_FOR_A_HAND = ("…", "Quit", "Show in folder", "Connect controllers")
"""What opens a dialog, another program, or ends it all."""

IMPORTED = (compose, mel_spectrogram, read_source)
"""What the window imports when it is first needed: hundreds of megabytes that are no leak."""


def menu_actions(stage: Stage) -> list[QAction]:
    menus = [action.menu() for action in stage.window.menuBar().actions()]
    found = [action for menu in menus if isinstance(menu, QMenu) for action in menu.actions()]
    return [
        action
        for action in found
        if action.isEnabled() and action.text() and not action.menu()
        if not any(words in action.text() for words in WAITS_FOR_A_HAND)
    ]


def drops(stage: Stage, folder: Path) -> list[Path]:
    (folder / "notes.txt").write_text("no sound")
    (folder / "empty.wav").touch()
    exports = sorted(stage.studio.exports.folder.glob("*"))[-5:] if stage.studio.exports.folder.exists() else []
    return [folder, folder / "notes.txt", folder / "empty.wav", *exports]


def act_on_window(stage: Stage, chance: random.Random, folder: Path) -> None:
    match chance.randrange(4):
        case 0 | 1:
            chance.choice(menu_actions(stage)).trigger()
        case 2:
            take_drop(stage.studio, [chance.choice(drops(stage, folder))])
        case 3:
            stage.window.resize(*chance.choice(SIZES))


def controls(stage: Stage) -> list[QWidget]:
    found = [widget for widget in stage.window.findChildren(QWidget) if widget.isVisible() and widget.isEnabled()]
    return [widget for widget in found if widget.focusPolicy() != Qt.FocusPolicy.NoFocus and widget.height() > 4]


def act(stage: Stage, widget: QWidget, chance: random.Random) -> None:
    def place() -> QPoint:
        return QPoint(chance.randrange(widget.width()), chance.randrange(widget.height()))

    match chance.randrange(6):
        case 0 | 1:
            # Comboboxes and device menus open windows of their own, which would wait for a hand that never comes.
            if isinstance(widget, QComboBox):
                widget.setCurrentIndex(chance.randrange(widget.count()))
            elif widget.objectName() not in ("deviceButton", "revealButton", "noisePad", "dragTile"):
                QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=place())
        case 2 if not isinstance(widget, QAbstractButton | QComboBox) and widget.objectName() != "dragTile":
            QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=QPoint(widget.width() // 2, widget.height() // 2))
            for _ in range(4):
                QTest.mouseMove(widget, place())
            QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=place())
        case 3 if not isinstance(widget, QComboBox) and widget.objectName() != "deviceButton":
            QTest.keyClick(widget, chance.choice(KEYS))
        case 4:
            chance.choice((stage.studio.instrument.undo, stage.studio.instrument.redo))()
        case 5 if isinstance(widget, QSpinBox):
            widget.setValue(chance.randint(widget.minimum(), widget.maximum()))


def test_nothing_a_monkey_does_breaks_the_window(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")  # it would wait for a hand
    chance = random.Random(20261122)
    said: Counter[str] = Counter()
    stage.studio.messages.said.connect(lambda message: said.update([message.text]))
    stage.find("barsBox").setValue(1)
    assert stage.studio.sessions.save(tmp_path / "monkey.loopgen")  # or Save would ask for a name
    process = psutil.Process()
    acts, settled, threads = 0, 0, threading.active_count()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if chance.random() < 0.1:
            act_on_window(stage, chance, tmp_path)
        else:
            act(stage, chance.choice(controls(stage)), chance)
        QApplication.processEvents()
        for menu in stage.window.findChildren(QMenu):
            if menu.isVisible():
                menu.close()
        stage.studio.instrument.set("bars", min(2, stage.value("bars")))
        stage.renderer.requests.clear()  # the fake remembers all, which is no leak of the window's
        stage.renderer.rendered.clear()
        acts += 1
        if not settled and time.monotonic() > end - SECONDS / 2:  # caches are full, heaps have their size
            gc.collect()
            settled = process.memory_info().rss
    stage.studio.composing.cancel()
    gc.collect()
    grown, loops = process.memory_info().rss - settled, len(stage.studio.bank.loops())
    print(f"\n{acts} acts, {loops} loops, {said.total()} messages; grown by {grown / 1e6:.1f} MB")  # noqa: T201
    assert acts > 20
    assert not [text for text in said if "went wrong" in text or "could not be kept" in text]
    assert "unexpected" not in stage.studio.folders.log.read_text()
    # The bank's keeper starts with the first loop, the reader of sources with the first drop.
    assert threading.active_count() <= threads + 2
    assert grown < 50e6
    for loop in stage.studio.bank.loops():
        audio, _ = stage.studio.bank.audio(loop.id)
        assert audio.shape[1] == loop.samples
