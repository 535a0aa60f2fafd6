"""The loop follows the hand on a machine that is slower than it: loops arrive, and the newest in the end."""

from conftest import Desk
from fakes import FakeService


def turned(desk: Desk, tempo: float) -> None:
    """A knob is turned, and the pause after which it is followed is over."""
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
