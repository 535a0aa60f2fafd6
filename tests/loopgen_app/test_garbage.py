"""Where garbage with a QObject in it ends: in the window's thread, whoever makes more of it."""

import gc
import threading
from collections.abc import Callable, Iterator

import pytest
from conftest import Stage
from PySide6.QtCore import QObject, Qt
from pytestqt.qtbot import QtBot

from loopgen_app.garbage import GarbageCollector


class Knot:
    """A cycle that holds a QObject."""

    def __init__(self, ended: list[int]) -> None:
        self.me, self.object = self, QObject()
        self.object.destroyed.connect(lambda: ended.append(threading.get_ident()), Qt.ConnectionType.DirectConnection)


def ends_while_a_thread_allocates() -> list[int]:
    """The threads in which ten knots ended while another than this one made garbage."""
    ended: list[int] = []
    gc.collect()
    for _ in range(10):
        Knot(ended)

    def allocate() -> None:
        kept = [[number] for number in range(200_000)]
        del kept

    worker = threading.Thread(target=allocate)
    worker.start()
    worker.join()
    return ended


@pytest.fixture
def collector(qapp: QObject) -> Iterator[GarbageCollector]:
    made = GarbageCollector(qapp)
    yield made
    made.close()


def test_python_alone_ends_it_in_the_thread_that_allocates(qapp: QObject) -> None:
    ended = ends_while_a_thread_allocates()
    assert len(ended) == 10 and set(ended) != {threading.get_ident()}


def test_it_ends_in_the_thread_of_the_window(collector: GarbageCollector, qtbot: QtBot) -> None:
    ended = ends_while_a_thread_allocates()
    assert ended == []
    kept = [[number] for number in range(5000)]  # so that a look is due
    qtbot.waitUntil(lambda: len(ended) == 10, timeout=20_000)
    assert set(ended) == {threading.get_ident()} and len(kept) == 5000


def test_generations_are_collected_when_they_are_due(collector: GarbageCollector) -> None:
    gc.collect()
    collector.look()
    assert gc.get_count()[1] == 0  # nothing was due
    kept = []
    for _ in range(gc.get_threshold()[1] + 1):
        kept.append([[number] for number in range(gc.get_threshold()[0] + 100)])
        collector.look()
    assert gc.get_count()[1] == len(kept) > gc.get_threshold()[1]
    collector.look()
    assert gc.get_count()[1] == 0 and gc.get_count()[2] == 1


def test_a_window_collects_and_the_last_that_closes_leaves_it_to_python(make_stage: Callable[..., Stage]) -> None:
    assert gc.isenabled()
    first, second = make_stage(), make_stage()
    assert not gc.isenabled()
    first.window.close()
    assert not gc.isenabled()
    second.window.close()
    assert gc.isenabled() and gc.get_freeze_count() == 0
