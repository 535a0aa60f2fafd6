"""The generation service in strict order: newest wins, one outcome per id, the worker survives everything."""

import logging
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fakes import FakeRenderer, sine_loop

from engine.audio.io import AudioFile
from engine.errors import AudioFileError, Cancelled, LoopGenError, PackError
from engine.loop import Loop
from engine.progress import Progress, StepReport
from engine.rendering.service import GenerationService, ServiceEvents
from engine.requests import LoopRequest
from engine.vocabulary import EMBEDDING_DIM, VOICE_DIM

PATIENCE = 10.0  # seconds until a test that hangs fails; nothing waits that long when all is well


class Recorder:
    """Collects events in order and lets a test wait until a given one was heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []
        self.loops: dict[int, Loop] = {}
        self.errors: dict[int, LoopGenError] = {}
        self.threads: set[threading.Thread] = set()
        self._news = threading.Condition()
        self.events = ServiceEvents(
            on_ready=lambda info: self._note("ready", info.name),
            on_unavailable=lambda error: self._note("unavailable", str(error)),
            on_progress=lambda id, report: self._note("progress", id, report.step),
            on_loop=self._loop,
            on_result=lambda id, result: self._note("result", id, result),
            on_error=self._error,
            on_cancelled=lambda id: self._note("cancelled", id),
        )

    def _loop(self, id: int, loop: Loop) -> None:
        self.loops[id] = loop
        self._note("loop", id)

    def _error(self, id: int, error: LoopGenError) -> None:
        self.errors[id] = error
        self._note("error", id)

    def _note(self, *event: Any) -> None:
        with self._news:
            self.threads.add(threading.current_thread())
            self.heard.append(event)
            self._news.notify_all()

    def wait(self, *event: Any) -> None:
        with self._news:
            assert self._news.wait_for(lambda: event in self.heard, PATIENCE), (event, self.heard)

    def outcomes(self, id: int) -> list[str]:
        return [event[0] for event in self.heard if event[0] in ("loop", "error", "cancelled") and event[1] == id]


class Gate:
    """Stops a fake renderer before its first step until it is opened."""

    def __init__(self) -> None:
        self.reached, self._open = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, step: int) -> None:
        if step == 1:
            self.reached.release()
            assert self._open.acquire(timeout=PATIENCE)

    def wait(self) -> None:
        assert self.reached.acquire(timeout=PATIENCE)

    def open(self) -> None:
        self._open.release()


def _request(seed: int = 0) -> LoopRequest:
    return LoopRequest(tempo_bpm=240, bars=1, seed=seed, num_steps=3)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def test_a_request_becomes_progress_and_a_loop(recorder: Recorder) -> None:
    service = GenerationService(FakeRenderer, recorder.events)
    id = service.submit(_request(5))
    recorder.wait("loop", id)
    service.close()
    assert recorder.heard == [("ready", "fake"), *(("progress", id, step) for step in (1, 2, 3)), ("loop", id)]
    np.testing.assert_array_equal(recorder.loops[id].audio, sine_loop(_request(5)))
    assert {thread.name for thread in recorder.threads} == {"generation"}


def test_the_newest_request_wins(recorder: Recorder) -> None:
    gate = Gate()
    renderer = FakeRenderer(before_step=gate)
    service = GenerationService(lambda: renderer, recorder.events)
    running = service.submit(_request(1))
    gate.wait()
    queued = service.submit(_request(2))
    newest = service.submit(_request(3))
    gate.open()
    gate.wait()
    gate.open()
    recorder.wait("loop", newest)
    service.close()
    assert [event for event in recorder.heard if event[0] != "progress"] == [
        ("ready", "fake"), ("cancelled", running), ("cancelled", queued), ("loop", newest),
    ]  # fmt: skip
    assert [request.seed for request in renderer.requests] == [1, 3]  # the queued one was never begun
    assert not [event for event in recorder.heard if event[0] == "progress" and event[1] != newest]


def test_all_of_a_batch_come_in_order_and_a_new_request_ends_the_rest(recorder: Recorder) -> None:
    gate = Gate()
    service = GenerationService(lambda: FakeRenderer(before_step=gate), recorder.events)
    old = service.submit(_request(9))
    gate.wait()
    first, second, third = service.submit_batch([_request(1), _request(2), _request(3)])
    for _ in range(3):
        gate.open()
        gate.wait()
    newest = service.submit(_request(4))  # while the third of the batch runs
    gate.open()
    gate.wait()
    gate.open()
    recorder.wait("loop", newest)
    service.close()
    assert [event for event in recorder.heard if event[0] in ("loop", "cancelled")] == [
        ("cancelled", old), ("loop", first), ("loop", second), ("cancelled", third), ("loop", newest),
    ]  # fmt: skip
    assert [recorder.loops[id].request.seed for id in (first, second, newest)] == [1, 2, 4]


def test_cancel_between_steps_gives_no_loop(recorder: Recorder) -> None:
    service: GenerationService

    def cancel_after_two(id: int, report: StepReport) -> None:
        if report.step == 2:
            service.cancel()

    events = ServiceEvents(on_progress=cancel_after_two, on_loop=recorder.events.on_loop,
                           on_cancelled=recorder.events.on_cancelled)  # fmt: skip
    service = GenerationService(FakeRenderer, events)
    id = service.submit(LoopRequest(num_steps=200, bars=1))
    recorder.wait("cancelled", id)
    service.close()
    assert recorder.outcomes(id) == ["cancelled"]


def test_a_job_cancelled_as_it_finishes_reports_no_loop(recorder: Recorder) -> None:
    """The renderer does not notice in time and returns a loop all the same."""

    class Deaf(FakeRenderer):
        def render(self, request: LoopRequest, **kwargs: Any) -> Loop:
            loop = super().render(request)
            service.cancel()
            return loop

    service = GenerationService(Deaf, recorder.events)
    id = service.submit(_request())
    recorder.wait("cancelled", id)
    service.close()
    assert recorder.outcomes(id) == ["cancelled"]


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (PackError("The pack is damaged."), "The pack is damaged."),
        (ValueError("shapes 3 and 4"), "could not be rendered: ValueError: shapes 3 and 4"),
        (MemoryError(), "not enough memory"),
        (KeyError(), "no details"),
    ],
)
def test_whatever_goes_wrong_becomes_a_sentence_and_the_worker_lives(
    recorder: Recorder, failure: Exception, sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    failing = [failure]

    def fail_once(step: int) -> None:
        if failing:
            raise failing.pop()

    with caplog.at_level(logging.ERROR):
        service = GenerationService(lambda: FakeRenderer(before_step=fail_once), recorder.events)
        bad = service.submit(_request())
        recorder.wait("error", bad)
        good = service.submit(_request())
        recorder.wait("loop", good)
        service.close()
    assert sentence in str(recorder.errors[bad]) and "\n" not in str(recorder.errors[bad])
    assert recorder.outcomes(bad) == ["error"]
    # What was not meant for the user has its traceback in the log.
    assert ("Traceback" in caplog.text) == (not isinstance(failure, LoopGenError))


def test_a_listener_that_fails_does_not_stop_the_worker(recorder: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    def fail(id: int, report: StepReport) -> None:
        raise ZeroDivisionError

    events = ServiceEvents(on_progress=fail, on_loop=recorder.events.on_loop)
    with caplog.at_level(logging.ERROR):
        service = GenerationService(FakeRenderer, events)
        id = service.submit(_request())
        recorder.wait("loop", id)
        service.close()
    assert "listener" in caplog.text


def test_without_a_model_every_request_says_so_until_one_is_loaded(recorder: Recorder) -> None:
    def load() -> FakeRenderer:
        raise PackError("There is no pack.")

    service = GenerationService(load, recorder.events)
    ids = service.submit_batch([_request(1), _request(2)])
    recorder.wait("error", ids[1])
    service.replace_renderer(FakeRenderer)
    good = service.submit(_request())
    recorder.wait("loop", good)
    service.close()
    assert recorder.heard[0] == ("unavailable", "There is no pack.")
    assert [str(recorder.errors[id]) for id in ids] == ["There is no pack."] * 2


def test_a_renderer_that_cannot_be_loaded_leaves_the_old_one(recorder: Recorder) -> None:
    def load() -> FakeRenderer:
        raise OSError("disk error")

    service = GenerationService(FakeRenderer, recorder.events)
    service.replace_renderer(load)
    id = service.submit(_request())
    recorder.wait("loop", id)
    service.close()
    assert [event[0] for event in recorder.heard].count("unavailable") == 1


def test_queued_requests_take_the_new_renderer_and_the_running_one_keeps_its_own(recorder: Recorder) -> None:
    gate = Gate()
    old, new = FakeRenderer(before_step=gate), FakeRenderer()
    service = GenerationService(lambda: old, recorder.events)
    first, second = service.submit_batch([_request(1), _request(2)])
    gate.wait()
    service.replace_renderer(lambda: new)
    gate.open()
    recorder.wait("loop", second)
    service.close()
    assert [r.seed for r in old.rendered] == [1] and [r.seed for r in new.rendered] == [2]
    assert recorder.outcomes(first) == recorder.outcomes(second) == ["loop"]


def test_closing_ends_every_request_and_the_thread(recorder: Recorder) -> None:
    gate = Gate()
    renderer = FakeRenderer(before_step=gate)
    service = GenerationService(lambda: renderer, recorder.events)
    ids = service.submit_batch([_request(seed) for seed in range(4)])
    gate.wait()
    closer = threading.Thread(target=service.close)
    closer.start()
    gate.open()
    closer.join(PATIENCE)
    assert not closer.is_alive() and renderer.thread is not None and not renderer.thread.is_alive()
    assert [recorder.outcomes(id) for id in ids] == [["cancelled"]] * 4
    with pytest.raises(RuntimeError, match="closed"):
        service.submit(_request())
    service.close()  # twice is fine


def test_closing_from_a_listener_does_not_wait_for_itself(recorder: Recorder) -> None:
    closed = threading.Event()

    def close(id: int, loop: Loop) -> None:
        service.close()
        closed.set()

    service = GenerationService(FakeRenderer, ServiceEvents(on_loop=close))
    service.submit(_request())
    assert closed.wait(PATIENCE)
    service.close()


def test_many_hands_at_once_still_give_one_outcome_per_id(recorder: Recorder) -> None:
    service = GenerationService(FakeRenderer, recorder.events)
    ids: list[int] = []
    lock = threading.Lock()

    def hammer(act: Callable[[], tuple[int, ...]]) -> None:
        for _ in range(25):
            got = act()
            with lock:
                ids.extend(got)

    def batch() -> tuple[int, ...]:
        return service.submit_batch([_request(1), _request(2)])

    def cancel() -> tuple[int, ...]:
        service.cancel()
        return ()

    threads = [threading.Thread(target=hammer, args=[act]) for act in (batch, batch, cancel)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    last = service.submit(_request(3))
    recorder.wait("loop", last)
    service.close()
    assert len(ids) == len(set(ids)) == 100 and last == 101
    assert all(len(recorder.outcomes(id)) == 1 for id in ids)


def test_the_fake_renderer_honours_its_contract() -> None:
    renderer = FakeRenderer()
    request = LoopRequest(tempo_bpm=126.5, bars=2, seed=3, key="Am", num_steps=4)
    reports: list[StepReport] = []
    loop = renderer.render(request, progress=Progress(reports.append))
    assert loop.audio.shape == (2, round(8 * 60 / 126.5 * 44100)) and loop.audio.dtype == np.float32
    assert [(r.step, r.alpha) for r in reports] == [(1, 0.25), (2, 0.5), (3, 0.75), (4, 1.0)]
    np.testing.assert_array_equal(renderer.render(request).audio, loop.audio)
    assert loop.true_peak_dbtp < -6
    with pytest.raises(Cancelled):
        renderer.render(request, progress=Progress(cancelled=lambda: True))


def test_a_task_runs_on_the_worker_with_progress_and_is_replaced_by_what_is_newer() -> None:
    recorder, gate = Recorder(), Gate()
    service = GenerationService(FakeRenderer, recorder.events)

    def work(renderer: Any, progress: Progress) -> list[float]:
        counted = progress.over(4)
        loops = [renderer.render(LoopRequest(bars=1, num_steps=2, seed=seed), progress=counted) for seed in (1, 2)]
        return [float(loop.latent[0, 0]) for loop in loops]

    def held(renderer: Any, progress: Progress) -> None:
        gate(1)
        progress.step(1, 2, 0.5)

    done = service.submit_task(work)
    recorder.wait("result", done, [1.0, 2.0])
    told = [event for event in recorder.heard if event[:2] == ("progress", done)]
    assert told == [("progress", done, step) for step in (1, 2, 3, 4)]
    stopped = service.submit_task(held)
    gate.wait()
    newer = service.submit(LoopRequest(bars=1, num_steps=1))
    gate.open()
    recorder.wait("loop", newer)
    assert recorder.outcomes(stopped) == ["cancelled"]
    service.close()
    assert threading.current_thread() not in recorder.threads


def test_a_sound_is_heard_between_jobs_and_the_newest_wins() -> None:
    gate, recorder = Gate(), Recorder()
    renderer = FakeRenderer(before_step=gate)
    service = GenerationService(lambda: renderer, recorder.events)
    loud, quiet = (AudioFile(np.full((1, 4000), level, np.float32), 8000) for level in (0.5, 0.25))
    job = service.submit(LoopRequest(num_steps=2))
    gate.wait()
    first, second = service.embed_sound(lambda: loud), service.embed_sound(lambda: quiet)
    assert first.cancelled() and not second.done()
    gate.open()
    assert second.result(PATIENCE)[:2] == (0.25, 0.0)
    recorder.wait("loop", job)
    service.close()


def test_what_cannot_be_heard_is_a_sentence_and_the_worker_goes_on() -> None:
    service = GenerationService(FakeRenderer, ServiceEvents())
    silence = service.embed_sound(lambda: AudioFile(np.zeros((2, 100), np.float32), 44100))
    with pytest.raises(AudioFileError, match="silent"):
        silence.result(PATIENCE)

    def broken() -> AudioFile:
        raise ValueError("oops")

    with pytest.raises(LoopGenError, match="could not be heard: ValueError: oops"):
        service.embed_sound(broken).result(PATIENCE)
    assert len(service.embed_sound(lambda: AudioFile(np.ones((1, 9), np.float32), 8000)).result(PATIENCE)) == 512
    service.close()


def test_sounds_of_several_parts_wait_beside_each_other() -> None:
    gate, recorder = Gate(), Recorder()
    renderer = FakeRenderer(before_step=gate)
    service = GenerationService(lambda: renderer, recorder.events)
    loud, quiet = (AudioFile(np.full((1, 4000), level, np.float32), 8000) for level in (0.5, 0.25))
    service.submit(LoopRequest(num_steps=2))
    gate.wait()
    heard = [service.embed_sound(lambda: loud, "kick"), service.embed_sound(lambda: quiet, "snare")]
    character, older = service.embed_sound(lambda: quiet), heard[1]
    heard[1] = service.embed_sound(lambda: loud, "snare")
    assert older.cancelled() and not heard[0].cancelled() and not character.cancelled()
    gate.open()
    assert [voice.result(PATIENCE)[0] for voice in heard] == [0.5, 0.5]
    assert len(heard[0].result()) == VOICE_DIM and len(character.result(PATIENCE)) == EMBEDDING_DIM
    service.close()
