"""The loop follows the hand on a machine that is slower than it: loops arrive, and the newest in the end."""

from conftest import Desk, Stage
from fakes import FakeService

from engine import LIVE_STEPS, QUALITY_STEPS
from loopgen_app.making.composing import REST_MILLISECONDS


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


def steps(stage: Stage) -> list[int]:
    return [request.num_steps for request in stage.renderer.rendered]


def follow(stage: Stage) -> None:
    stage.generate()
    stage.studio.instrument.set("follow", True)
    stage.studio.transport.update(playing=True)
    stage.renderer.rendered.clear()


def test_while_a_knob_is_turned_loops_are_quick_and_the_last_is_made_once_more_in_full_quality(stage: Stage) -> None:
    follow(stage)
    for turn in range(20):
        stage.studio.instrument.set("guidance_scale", 2.0 + turn / 10)
        stage.qtbot.wait(REST_MILLISECONDS // 10)
    stage.wait(lambda: steps(stage)[-1:] == [QUALITY_STEPS])
    assert set(steps(stage)[:-1]) == {LIVE_STEPS} and len(steps(stage)) > 2
    assert stage.renderer.rendered[-1].guidance_scale == stage.renderer.rendered[-2].guidance_scale == 3.9
    stage.qtbot.wait(2 * REST_MILLISECONDS)
    assert steps(stage).count(QUALITY_STEPS) == 1


def test_what_is_changed_at_once_is_made_in_full_quality_at_once(stage: Stage) -> None:
    follow(stage)
    stage.studio.instrument.set_many({"tempo_bpm": 133.0, "guidance_scale": 2.0, "bars": 1}, "Preset")
    stage.wait(lambda: bool(steps(stage)))
    stage.qtbot.wait(2 * REST_MILLISECONDS)
    assert steps(stage) == [QUALITY_STEPS]


def test_generate_while_a_knob_comes_to_rest_is_the_last_word(stage: Stage) -> None:
    follow(stage)
    for turn in range(8):
        stage.studio.instrument.set("guidance_scale", 2.0 + turn / 10)
        stage.qtbot.wait(REST_MILLISECONDS // 10)
    stage.wait(lambda: LIVE_STEPS in steps(stage))
    stage.renderer.rendered.clear()
    stage.generate()
    stage.qtbot.wait(2 * REST_MILLISECONDS)
    assert steps(stage) == [QUALITY_STEPS]
