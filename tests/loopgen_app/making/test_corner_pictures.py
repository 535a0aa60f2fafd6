"""Pictures of the corners: made while nothing else is asked for, of the knobs as they are, never in the way."""

from concurrent.futures import Future
from typing import Any

from conftest import Desk

from engine import LIVE_STEPS, Cancelled, LoopRequest, Progress


def quiet(desk: Desk) -> None:
    """The hand has rested long enough."""
    assert desk.studio.corners._timer.isActive()
    desk.studio.corners._timer.stop()
    desk.studio.corners._look()


def look(desk: Desk) -> LoopRequest:
    """The worker has time for what is looked at; returns what it rendered."""
    task, future = desk.service.looks.pop()
    future.set_running_or_notify_cancel()
    future.set_result(task(desk.service.renderer, Progress(lambda _report: None)))
    return desk.service.renderer.rendered[-1]


def test_all_corners_are_drawn_one_after_the_other_at_live_steps(desk: Desk) -> None:
    desk.studio.instrument.set_many({"pad_on": True, "tempo_bpm": 100.0, "bars": 1}, "Test")
    assert desk.studio.corners.pictures() == (b"",) * 4
    quiet(desk)
    rendered = [look(desk) for _ in range(4)]
    assert tuple(request.seed for request in rendered) == desk.studio.instrument.value("pad_corners")
    assert {(request.tempo_bpm, request.noise, request.num_steps) for request in rendered} == {
        (100.0, None, LIVE_STEPS)
    }
    pictures = desk.studio.corners.pictures()
    assert all(pictures) and len(set(pictures)) > 1
    assert desk.service.looks == [] and desk.service.asked == []


def test_a_corner_that_is_rolled_is_drawn_alone_and_another_sound_draws_all_anew(desk: Desk) -> None:
    instrument, corners = desk.studio.instrument, desk.studio.corners
    instrument.set_many({"pad_on": True, "bars": 1}, "Test")
    quiet(desk)
    for _ in range(4):
        look(desk)
    instrument.set_corner(2, 99)
    assert [bool(each) for each in corners.pictures()] == [True, True, False, True]
    quiet(desk)
    assert look(desk).seed == 99 and desk.service.looks == []
    instrument.set("key", "Am")
    quiet(desk)
    assert corners.pictures() == (b"",) * 4 and len(desk.service.looks) == 1


def test_without_the_pad_and_while_a_loop_is_made_nothing_is_looked_at(desk: Desk) -> None:
    desk.studio.instrument.set("key", "Am")
    assert not desk.studio.corners._timer.isActive()
    desk.studio.instrument.set("pad_on", True)
    desk.studio.composing.generate()
    quiet(desk)
    assert desk.service.looks == []
    desk.service.finish()
    quiet(desk)
    assert len(desk.service.looks) == 1
    desk.studio.instrument.set("pad_x", 0.7)
    assert not desk.studio.corners._timer.isActive()  # where the point is changes no corner


def test_a_look_that_is_ended_is_taken_up_again_and_says_nothing(desk: Desk) -> None:
    desk.studio.instrument.set("pad_on", True)
    quiet(desk)
    future: Future[Any] = desk.service.looks.pop()[1]
    future.set_running_or_notify_cancel()
    future.set_exception(Cancelled("Cancelled."))
    assert desk.said() == ""
    desk.generate()
    quiet(desk)
    assert len(desk.service.looks) == 1
