"""The door to background work: everything is told in the window's thread, the newest wins, nothing dies unheard."""

import ast
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from conftest import Stage
from fakes import FakeBackground
from pytestqt.qtbot import QtBot

import loopgen_app
from engine import LoopGenError, LoopRequest, Pattern
from loopgen_app.background import Background, WindowBackground
from loopgen_app.making.pictures import Pictures
from loopgen_app.making.scores import Scores

PATIENCE = 10.0  # seconds until a test that hangs fails; nothing waits that long when all is well


class Listener:
    """What was told, in order, and on which threads."""

    def __init__(self, qtbot: QtBot) -> None:
        self.told: list[Any] = []
        self.threads: set[threading.Thread] = set()
        self._qtbot = qtbot

    def done(self, outcome: Any) -> None:
        self.told.append(outcome)
        self.threads.add(threading.current_thread())

    def failed(self, error: Exception) -> None:
        self.done((type(error), str(error)))

    def wait(self, count: int) -> None:
        self._qtbot.waitUntil(lambda: len(self.told) >= count, timeout=1000 * round(PATIENCE))


@pytest.fixture
def listener(qtbot: QtBot) -> Listener:
    return Listener(qtbot)


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[WindowBackground]:
    background = WindowBackground()
    yield background
    background.close()


@pytest.fixture(params=["threads", "fake"])
def background(request: pytest.FixtureRequest, window: WindowBackground) -> Background:
    """Both must keep the contract."""
    return window if request.param == "threads" else FakeBackground()


class Held:
    """Work that waits for the test."""

    def __init__(self) -> None:
        self.begun, self.gate = threading.Event(), threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        assert self.gate.wait(PATIENCE)
        return "held"


def fail(error: Exception) -> None:
    raise error


def test_results_are_told_in_the_windows_thread_in_the_order_of_asking(
    background: Background, listener: Listener
) -> None:
    line = background.line("sums")
    for number in range(50):
        line.start(partial(pow, number, 2), listener.done, listener.failed)
    listener.wait(50)
    assert listener.told == [number**2 for number in range(50)]
    assert listener.threads == {threading.main_thread()}


def test_work_is_done_beside_the_window(window: WindowBackground, listener: Listener) -> None:
    for name in ("one", "other"):
        window.line(name).start(lambda: threading.current_thread().name, listener.done, listener.failed)
    listener.wait(2)
    assert sorted(listener.told) == ["one", "other"]


def test_errors_come_back_too_and_the_line_goes_on(
    background: Background, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    line = background.line("reader")
    for error in (RuntimeError("oops"), LoopGenError("The disk is full.")):
        line.start(partial(fail, error), listener.done, listener.failed)
    line.start(lambda: 7, listener.done, listener.failed)
    listener.wait(3)
    assert listener.told == [(RuntimeError, "oops"), (LoopGenError, "The disk is full."), 7]
    assert listener.threads == {threading.main_thread()}
    assert [record.getMessage() for record in caplog.records] == ["reader failed"]  # the other is the user's to read


def test_where_the_newest_wins_what_was_overtaken_is_not_told_and_what_waited_not_done(
    window: WindowBackground, listener: Listener
) -> None:
    line, held, begun = window.line("pictures", newest=True), Held(), []
    line.start(held, listener.done, listener.failed)
    assert held.begun.wait(PATIENCE)
    for number in range(5):
        line.start(lambda number=number: begun.append(number) or number, listener.done, listener.failed)
    held.gate.set()
    listener.wait(1)
    window.tell(partial(listener.done, "after"))
    listener.wait(2)
    assert (listener.told, begun) == ([4, "after"], [4])


def test_a_result_that_is_there_but_untold_is_overtaken_too(window: WindowBackground, listener: Listener) -> None:
    line, again = window.line("pictures", newest=True), Held()
    line.start(lambda: "old", listener.done, listener.failed)
    again.gate.set()
    line.start(again, listener.done, listener.failed)  # no event was taken since: the old one was not told yet
    listener.wait(1)
    assert listener.told == ["held"]


@pytest.mark.parametrize("error", [None, RuntimeError("late")])
def test_what_was_cancelled_is_never_told(
    window: WindowBackground, listener: Listener, error: Exception | None
) -> None:
    line, held, begun = window.line("reader"), Held(), []

    def do() -> None:
        held()
        if error is not None:
            raise error

    running = line.start(do, listener.done, listener.failed)
    waiting = line.start(lambda: begun.append(1), listener.done, listener.failed)
    line.start(lambda: "last", listener.done, listener.failed)
    assert held.begun.wait(PATIENCE)
    running.cancel()
    waiting.cancel()
    held.gate.set()
    listener.wait(1)
    assert (listener.told, begun) == (["last"], [])


@pytest.mark.parametrize(("newest", "finished"), [(False, [1, 2, 3]), (True, [])])
def test_closing_does_what_waits_but_where_the_newest_wins_and_tells_nothing(
    qtbot: QtBot, listener: Listener, newest: bool, finished: list[int]
) -> None:
    background, held, done = WindowBackground(), Held(), []
    line = background.line("bank", newest=newest)
    line.start(held, listener.done, listener.failed)
    assert held.begun.wait(PATIENCE)
    for number in (1, 2, 3):
        line.start(partial(done.append, number), listener.done, listener.failed)
    closing = threading.Thread(target=background.close)
    closing.start()
    qtbot.waitUntil(lambda: background._closed, timeout=5000)
    if newest:
        qtbot.waitUntil(lambda: not line._waiting, timeout=5000)
    held.gate.set()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    line.start(partial(done.append, 4), listener.done, listener.failed)
    qtbot.wait(1)  # lets every event that waits happen
    assert (done, listener.told) == (finished, [])


def test_a_future_of_another_thread_is_followed_to_its_end(background: Background, listener: Listener) -> None:
    futures: list[Future[int]] = [Future() for _ in range(4)]
    works = [background.follow(future, listener.done, listener.failed) for future in futures]
    works[0].cancel()

    def end() -> None:
        futures[0].set_result(0)
        futures[1].cancel()
        futures[2].set_exception(LoopGenError("Too quiet."))
        futures[3].set_result(3)

    if isinstance(background, FakeBackground):
        end()
    else:
        threading.Thread(target=end).start()
    listener.wait(2)
    assert listener.told == [(LoopGenError, "Too quiet."), 3]
    assert listener.threads == {threading.main_thread()}


def test_a_message_of_the_midi_library_turns_its_knob_in_the_windows_thread(stage: Stage) -> None:
    studio, threads = stage.studio, []
    studio.midi.on_learned = lambda _knob, _source: threads.append(threading.current_thread())
    studio.midi.learn("guidance_scale")
    message = SimpleNamespace(type="control_change", channel=0, control=7, value=100)
    library = threading.Thread(target=stage.window.actions_.control._hear_midi, args=("Keys", message))
    library.start()
    library.join()
    assert threads == []  # not on the library's thread
    stage.wait(lambda: bool(threads))
    assert (threads, studio.midi.source_of("guidance_scale")) == ([threading.main_thread()], "1/7")


def test_no_other_module_of_the_window_opens_a_door_of_its_own() -> None:
    """The pipes of the sound process and OSC are read by threads that know no Qt, and asked by the window's timers;
    the clock that is sent and the peer of Ableton Link are processes of their own."""
    folder = Path(loopgen_app.__file__).parent
    doors = {"Thread", "ThreadPoolExecutor", "QThread", "QThreadPool", "QRunnable", "QueuedConnection"}
    found = {}
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_text())
        words = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        words |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        if words & doors:
            found[path.relative_to(folder).as_posix()] = words & doors
    plain = {"Thread"}
    assert found == {
        "background.py": {"Thread", "QueuedConnection"},
        "sound/process.py": plain,
        "remote/osc_listener.py": plain,
        "remote/clock_child.py": plain,
        "remote/link_child.py": plain,
    }


def test_the_held_fake_does_nothing_before_it_is_released() -> None:
    background, told = FakeBackground(held=True), []
    newest, each = background.line("a", newest=True), background.line("b")
    for number in (1, 2):
        newest.start(lambda number=number: number, told.append, fail)
        each.start(lambda number=10 * number: number, told.append, fail)
    assert told == []
    background.release()
    assert told == [10, 2, 20]


def test_a_picture_that_is_being_drawn_is_not_drawn_twice_and_one_that_failed_is_tried_again(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    background, drawn, asked = FakeBackground(held=True), [], []

    def draw(audio: np.ndarray, *_: object) -> str:
        asked.append(audio.shape)
        if len(asked) == 1:
            raise ZeroDivisionError
        return "picture"

    monkeypatch.setattr("loopgen_app.making.pictures.draw", draw)
    pictures = Pictures(background)
    pictures.drawn.connect(lambda key, picture: drawn.append((key, picture)))
    for _ in range(2):
        for _ in range(3):
            assert pictures.ask(5, np.zeros((2, 9)), 44100, 4) is None
        background.release()
    assert asked == [(2, 9)] * 2
    assert drawn == [(5, "picture")]
    assert pictures.ask(5, np.zeros((2, 9)), 44100, 4) == "picture"


def test_a_score_that_fails_shows_nothing_and_the_next_is_written(
    qtbot: QtBot,
) -> None:
    written: list[tuple[int, Pattern]] = []
    score = Pattern({"kick": (1.0,) + (0.0,) * 15})

    def write(request: LoopRequest) -> Pattern:
        if request.seed == 1:
            raise ZeroDivisionError
        return score

    scores = Scores(lambda: write, FakeBackground())
    scores.written.connect(lambda request, pattern: written.append((request.seed, pattern)))
    for seed in (1, 2):
        scores.ask(LoopRequest(seed=seed))
    assert written == [(1, Pattern()), (2, score)]
