"""A monkey at every control: nothing it does may raise, leak threads, or lose a loop."""

import gc
import os
import random
import threading
import time

import psutil
from conftest import Stage
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QMenu, QSpinBox, QWidget

SECONDS = float(os.environ.get("LOOPGEN_MONKEY_SECONDS", "6"))
KEYS = (
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Space,
    Qt.Key.Key_Delete, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Escape, Qt.Key.Key_A, Qt.Key.Key_7, Qt.Key.Key_Tab,
)  # fmt: skip


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
            elif widget.objectName() not in ("deviceButton", "guidanceMore", "revealButton", "noisePad", "dragTile"):
                QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=place())
        case 2 if not isinstance(widget, QAbstractButton | QComboBox) and widget.objectName() != "dragTile":
            QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=QPoint(widget.width() // 2, widget.height() // 2))
            for _ in range(4):
                QTest.mouseMove(widget, place())
            QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=place())
        case 3 if not isinstance(widget, QComboBox) and widget.objectName() not in ("guidanceMore", "deviceButton"):
            QTest.keyClick(widget, chance.choice(KEYS))
        case 4:
            chance.choice((stage.studio.instrument.undo, stage.studio.instrument.redo))()
        case 5 if isinstance(widget, QSpinBox):
            widget.setValue(chance.randint(widget.minimum(), widget.maximum()))


def test_nothing_a_monkey_does_breaks_the_window(stage: Stage) -> None:
    chance = random.Random(20261122)
    stage.find("barsBox").setValue(1)
    process = psutil.Process()
    acts, settled, threads = 0, 0, threading.active_count()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        act(stage, chance.choice(controls(stage)), chance)
        QApplication.processEvents()
        for menu in stage.window.findChildren(QMenu):
            if menu.isVisible():
                menu.close()
        stage.studio.instrument.set("bars", min(2, stage.value("bars")))
        acts += 1
        if not settled and time.monotonic() > end - SECONDS / 2:  # caches are full, heaps have their size
            gc.collect()
            settled = process.memory_info().rss
    stage.studio.composing.cancel()
    assert acts > 20
    assert "went wrong" not in stage.said()
    assert threading.active_count() <= threads + 1  # the bank's keeper starts with the first loop
    gc.collect()
    assert process.memory_info().rss - settled < 50e6
    for loop in stage.studio.bank.loops():
        audio, _ = stage.studio.bank.audio(loop.id)
        assert audio.shape[1] == loop.samples
