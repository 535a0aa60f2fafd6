"""What is done when there is nothing else to do: it gives way to everything, and ends in one outcome."""

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import Any

import pytest
from fakes import FakeRenderer

from engine.errors import Cancelled, LoopGenError
from engine.progress import Progress
from engine.rendering.looks import Look, attempt
from engine.rendering.service import GenerationService, ServiceEvents
from engine.requests import LoopRequest

SOON = 60


@pytest.fixture
def service() -> Iterator[GenerationService]:
    made = GenerationService(FakeRenderer, ServiceEvents())
    yield made
    made.close()


def render(seed: int) -> Any:
    return lambda renderer, progress: renderer.render(LoopRequest(seed=seed, num_steps=4), progress=progress)


def test_an_idle_service_does_it_and_the_next_look_too(service: GenerationService) -> None:
    assert service.look(render(3)).result(SOON).request.seed == 3
    assert service.look(render(4)).result(SOON).request.seed == 4


def test_whatever_is_asked_ends_a_look_between_two_steps() -> None:
    stepped, go_on = threading.Event(), threading.Event()

    def hold(_step: int) -> None:
        stepped.set()
        assert go_on.wait(SOON)

    made: list[int] = []
    told = threading.Event()

    def take(_job: int, loop: Any) -> None:
        made.append(loop.request.seed)
        told.set()

    renderer = FakeRenderer(hold)
    service = GenerationService(lambda: renderer, ServiceEvents(on_loop=take))
    looked = service.look(render(3))
    assert stepped.wait(SOON)
    service.submit(LoopRequest(seed=8, num_steps=1))
    go_on.set()
    with pytest.raises(Cancelled):
        looked.result(SOON)
    assert told.wait(SOON)
    assert made == [8] and [request.seed for request in renderer.rendered] == [8]
    service.close()


def test_one_that_waits_is_cancelled_by_the_next_and_by_the_end() -> None:
    hold = threading.Event()

    def load() -> FakeRenderer:
        assert hold.wait(SOON)
        return FakeRenderer()

    service = GenerationService(load, ServiceEvents())
    first = service.look(render(1))
    second = service.look(render(2))
    assert first.cancelled()
    hold.set()
    assert second.result(SOON).request.seed == 2
    service.close()
    last = Look(render(3))
    last.end()
    with pytest.raises(CancelledError):
        last.outcome.result(0)
    assert not last.waiting


def test_without_a_renderer_and_with_one_that_fails_it_ends_in_one_sentence() -> None:
    look = Look(render(1))
    look.run(None, LoopGenError("No model."))
    with pytest.raises(LoopGenError, match="No model"):
        look.outcome.result(0)

    def fail(_renderer: object, _progress: Progress) -> None:
        raise ZeroDivisionError("by zero")

    broken = Look(fail)
    broken.run(FakeRenderer(), LoopGenError("No model."))
    with pytest.raises(LoopGenError, match="could not be looked at: ZeroDivisionError"):
        broken.outcome.result(0)
    assert isinstance(attempt(lambda: int("x"), "It failed"), LoopGenError)
    assert attempt(lambda: 5, "It failed") == 5
