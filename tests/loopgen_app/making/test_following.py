"""The loop follows the hand on a machine that is slower than it: loops arrive, and the newest in the end."""

from dataclasses import replace

from conftest import Desk
from fakes import FakeService

from engine import LIVE_STEPS, QUALITY_STEPS


def turned(desk: Desk, tempo: float) -> None:
    """A knob is moved long after it was moved before, and the pause after which it is followed is over."""
    desk.studio.composing._rest.stop()
    desk.studio.instrument.set("tempo_bpm", tempo)
    desk.studio.composing._timer.stop()
    desk.studio.composing._follow()


def tempi(service: FakeService) -> list[float]:
    return [request.tempo_bpm for request in service.renderer.rendered]


def test_while_a_knob_is_turned_without_end_every_second_run_arrives(desk: Desk) -> None:
    desk.generate()
    desk.studio.instrument.set("follow", True)
    for tempo in range(90, 120):
        turned(desk, tempo)
        if tempo % 3 == 2:  # the machine has made a loop in the time of three turns
            desk.service.finish()
    assert len(desk.service.renderer.rendered) == 1 + 10
    while desk.studio.generation.state.busy or desk.studio.composing._stale:
        desk.studio.composing._follow()
        desk.service.finish()
    assert tempi(desk.service)[-1] == 119.0
    assert desk.studio.audition.current is not None
    assert desk.studio.audition.current.recipe.request.tempo_bpm == 119.0


def test_a_run_that_is_nearly_done_is_left_to_finish_and_one_that_has_begun_is_not(desk: Desk) -> None:
    desk.generate()
    desk.studio.instrument.set("follow", True)
    turned(desk, 100)
    desk.service.step(8)
    turned(desk, 101)
    desk.service.finish()
    assert tempi(desk.service) == [126.0, 100.0]
    turned(desk, 102)
    desk.service.step(7)
    turned(desk, 103)
    desk.service.finish()
    assert tempi(desk.service) == [126.0, 100.0, 103.0]


def test_a_press_on_generate_never_waits(desk: Desk) -> None:
    desk.generate()
    desk.studio.instrument.set("follow", True)
    turned(desk, 100)
    desk.service.step(15)
    desk.generate(tempo_bpm=140.0)
    assert tempi(desk.service) == [126.0, 140.0]


def turn(desk: Desk, scale: float) -> None:
    """A knob is moved in an event of its own, soon after it was moved before, and followed."""
    desk.studio.instrument.set("guidance_scale", scale)
    desk.qtbot.wait(1)
    desk.studio.composing._timer.stop()
    desk.studio.composing._follow()


def follow(desk: Desk) -> None:
    desk.generate()
    desk.studio.instrument.set("follow", True)
    desk.service.renderer.rendered.clear()
    desk.studio.composing._rest.setInterval(600_000)  # a slow machine must not look like a hand at rest


def rest(desk: Desk) -> None:
    """The hand has been at rest for long enough."""
    desk.studio.composing._rest.stop()
    desk.studio.composing._rest.timeout.emit()
    desk.qtbot.waitUntil(lambda: not desk.studio.composing._timer.isActive())
    desk.service.finish()


def made(desk: Desk) -> list[tuple[int, float]]:
    return [(request.num_steps, request.guidance_scale) for request in desk.service.renderer.rendered]


def test_under_a_hand_it_is_the_sampler_of_what_settles_in_fewer_steps(desk: Desk) -> None:
    desk.service.renderer.info = replace(desk.service.renderer.info, progressive=True)
    desk.service.ready()
    follow(desk)
    for scale in (2.0, 2.1):
        turn(desk, scale)
        desk.service.finish()
    rest(desk)
    asked = [(request.sampler, request.num_steps) for request in desk.service.renderer.rendered]
    assert asked[-2:] == [("euler", LIVE_STEPS), ("euler", QUALITY_STEPS)]


def test_while_a_knob_is_turned_loops_are_quick_and_the_last_is_made_once_more_in_full_quality(desk: Desk) -> None:
    follow(desk)
    turn(desk, 2.0)  # one move: nobody knows yet that it is turned
    for scale in (2.1, 2.2, 2.3):
        turn(desk, scale)
        desk.service.finish()
    assert made(desk) == [(LIVE_STEPS, 2.1), (LIVE_STEPS, 2.2), (LIVE_STEPS, 2.3)]
    rest(desk)
    assert made(desk)[3:] == [(QUALITY_STEPS, 2.3)]
    rest(desk)
    assert len(made(desk)) == 4


def test_what_is_changed_at_once_is_made_in_full_quality_at_once(desk: Desk) -> None:
    follow(desk)
    desk.studio.instrument.set_many({"tempo_bpm": 133.0, "guidance_scale": 2.0, "bars": 1}, "Preset")
    desk.studio.composing._timer.stop()
    desk.studio.composing._follow()
    desk.service.finish()
    rest(desk)
    assert made(desk) == [(QUALITY_STEPS, 2.0)]


def test_generate_while_a_knob_comes_to_rest_is_the_last_word(desk: Desk) -> None:
    follow(desk)
    for scale in (2.0, 2.1, 2.2):
        turn(desk, scale)
    desk.generate()
    assert made(desk)[-1] == (QUALITY_STEPS, 2.2)
    assert not desk.studio.composing._rest.isActive() and not desk.studio.composing._timer.isActive()
    before = len(made(desk))
    rest(desk)
    assert len(made(desk)) == before
