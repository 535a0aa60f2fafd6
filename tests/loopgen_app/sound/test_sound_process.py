"""One run of the sound process: what it says waits in order, and its end is survived."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loopgen_app.sound.process import SoundProcess
from loopgen_app.sound.status import StatusBlock

ECHO = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"


@pytest.fixture
def run() -> Iterator[Callable[[str], SoundProcess]]:
    """Starts Python on a few lines."""
    started: list[SoundProcess] = []

    def start(code: str) -> SoundProcess:
        started.append(SoundProcess([sys.executable, "-c", code]))
        return started[-1]

    yield start
    for process in started:
        process.end()


def finished(process: SoundProcess) -> None:
    """All that it says was read."""
    for thread in process._threads:
        thread.join(20)
        assert not thread.is_alive()


def test_answers_wait_in_order_and_what_a_library_prints_is_none(run: Callable[[str], SoundProcess]) -> None:
    process = run("print('{\"a\": 1}'); print('ALSA lib: oh dear'); print('{\"a\": 2}')")
    finished(process)
    assert process.answers() == [{"a": 1}, {"a": 2}]
    assert process.answers() == []


def test_orders_reach_it_one_a_line(run: Callable[[str], SoundProcess]) -> None:
    process = run(ECHO)
    for number in range(3):
        process.send({"do": "gain", "to": number})
    assert process._process.stdin is not None
    process._process.stdin.close()
    finished(process)
    assert [answer["to"] for answer in process.answers()] == [0, 1, 2]


def test_an_order_to_a_process_that_is_gone_is_dropped(run: Callable[[str], SoundProcess]) -> None:
    process = run("")
    finished(process)
    process._process.wait(20)
    for _ in range(3):
        process.send({"do": "play"})
    assert process.ended and process.answers() == []


def test_a_process_that_hangs_is_ended(run: Callable[[str], SoundProcess]) -> None:
    process = run("import signal\nsignal.pause()")
    assert not process.ended and process.pid > 0
    process.end()
    assert process.ended and not any(thread.is_alive() for thread in process._threads)


def test_modules_that_lie_where_the_user_stands_are_none_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "numpy", "engine", "loopgen_app"):
        (tmp_path / f"{name}.py").write_text("print('\"foreign\"'); raise SystemExit")
    monkeypatch.chdir(tmp_path)
    StatusBlock(tmp_path / "status", create=True)
    process = SoundProcess([sys.executable, "-m", "loopgen_app.sound.child", str(tmp_path / "status")])
    process.send({"do": "answer"})
    process.send({"do": "quit"})
    finished(process)
    assert process.answers() == [{"event": "ready"}, {"event": "here"}]
    process.end()
