"""The tempo knob turns what plays, and a true render of the same loop follows on the beat."""

from typing import Any

import pytest
from conftest import Desk


class Ears:
    """What the sound process is told."""

    def __init__(self, desk: Desk) -> None:
        self.said: list[dict[str, Any]] = []
        supervisor = desk.studio.playback._supervisor
        supervisor._send = lambda **order: self.said.append(order)  # type: ignore[method-assign]

    def speeds(self) -> list[tuple[int, float]]:
        return [(order["id"], order["speed"]) for order in self.said if order["do"] == "speed"]

    def last_cue(self) -> dict[str, Any]:
        return [order for order in self.said if order["do"] == "cue"][-1]


@pytest.fixture
def ears(desk: Desk) -> Ears:
    return Ears(desk)


def turn(desk: Desk, tempo: float) -> None:
    """Turn the knob, and let what is part of the change happen."""
    desk.studio.instrument.set("tempo_bpm", tempo)
    live = desk.studio.live_tempo
    if live._soon.isActive():
        live._soon.stop()
        live.follow()


def rest(desk: Desk) -> None:
    """The hand rests."""
    live = desk.studio.live_tempo
    assert live._rest.isActive()
    live._rest.stop()
    live.make_anew()


def test_what_plays_is_bent_at_once_and_made_anew_when_the_hand_rests(desk: Desk, ears: Ears) -> None:
    first = desk.generate()
    for tempo in (128.0, 130.0, 140.0):
        turn(desk, tempo)
    assert ears.speeds() == [(first.id, tempo / 126.0) for tempo in (128.0, 130.0, 140.0)]
    assert desk.studio.transport.state.bent_bpm == 140.0
    assert len(desk.service.renderer.rendered) == 1
    rest(desk)
    desk.service.finish()
    anew = desk.studio.audition.current
    assert anew is not None
    assert anew.recipe.request == first.recipe.request.with_(tempo_bpm=140.0)
    assert ears.last_cue() == {"do": "cue", "id": anew.id, "every": 4}  # on the beat, not in the middle of one
    assert desk.studio.transport.state.bent_bpm is None


def test_while_the_render_waits_for_its_beat_the_knob_turns_both(desk: Desk, ears: Ears) -> None:
    first = desk.generate()
    turn(desk, 140.0)
    rest(desk)
    desk.service.finish()
    anew = desk.studio.audition.current
    assert anew is not None
    assert desk.studio.transport.state.pending_id == anew.id
    ears.said.clear()
    turn(desk, 147.0)
    assert dict(ears.speeds()) == {first.id: 147.0 / 126.0, anew.id: 147.0 / 140.0}


def test_back_at_its_own_tempo_a_loop_plays_as_it_is_and_is_not_made_again(desk: Desk, ears: Ears) -> None:
    first = desk.generate()
    turn(desk, 140.0)
    turn(desk, 126.0)
    assert ears.speeds()[-1] == (first.id, 1.0)
    assert desk.studio.transport.state.bent_bpm is None
    rest(desk)
    assert len(desk.service.renderer.rendered) == 1
    assert not desk.studio.generation.state.busy


def test_a_loop_that_is_restored_plays_as_it_is(desk: Desk, ears: Ears) -> None:
    first = desk.generate()
    desk.generate(tempo_bpm=150.0, seed_locked=True)
    desk.studio.live_tempo._stay()
    ears.said.clear()
    desk.studio.audition.play_id(first.id, restore=True)
    assert not desk.studio.live_tempo._soon.isActive()
    assert ears.speeds() == []


def test_stopped_or_switched_off_or_led_by_a_clock_the_knob_is_for_the_next_loop_alone(
    desk: Desk, ears: Ears
) -> None:
    desk.generate()
    desk.studio.playback.stop()
    turn(desk, 140.0)
    desk.studio.playback.play()
    desk.studio.instrument.set("live_tempo", False)
    turn(desk, 141.0)
    desk.studio.instrument.set("live_tempo", True)
    desk.studio.live_tempo.held = True
    turn(desk, 142.0)
    assert ears.speeds() == []


def test_what_is_being_made_is_not_displaced_by_a_turn_of_the_tempo(desk: Desk) -> None:
    desk.generate()
    desk.studio.composing.generate()
    turn(desk, 140.0)
    rest(desk)
    desk.service.finish()
    assert [request.tempo_bpm for request in desk.service.renderer.rendered] == [126.0, 126.0]


def test_a_loop_that_is_chosen_meanwhile_is_not_displaced_by_the_render(desk: Desk) -> None:
    first = desk.generate()
    desk.generate(seed=99, seed_locked=True)
    turn(desk, 140.0)
    rest(desk)
    assert desk.studio.generation.state.busy
    desk.studio.audition.play_id(first.id)
    assert not desk.studio.generation.state.busy
    desk.service.finish()
    assert desk.studio.audition.current is not None
    assert desk.studio.audition.current.id == first.id


def test_what_was_asked_for_since_is_not_cancelled_by_what_is_heard(desk: Desk) -> None:
    first = desk.generate()
    turn(desk, 140.0)
    rest(desk)
    desk.studio.composing.generate()
    desk.studio.audition.play_id(first.id)
    assert desk.studio.generation.state.busy


def test_the_tempo_stays_through_stop_and_a_new_sound_device(desk: Desk, ears: Ears) -> None:
    first = desk.generate()
    turn(desk, 140.0)
    desk.studio.playback.stop()
    turn(desk, 147.0)
    assert ears.speeds()[-1] == (first.id, 147.0 / 126.0)
    ears.said.clear()
    from loopgen_app.sound.answers import Answer

    desk.studio.playback._supervisor._take_opened(Answer("opened", device="card", rate=44100), 0.0)
    assert ears.speeds() == [(first.id, 147.0 / 126.0)]


def test_the_transport_says_that_what_plays_is_stretched(desk: Desk) -> None:
    from loopgen_app.panels.transport_panel import TransportPanel

    panel = TransportPanel(desk.studio)
    desk.show(panel)
    desk.generate()
    turn(desk, 140.0)
    assert panel.detail.whole().startswith("140 BPM · 4 bars   stretched from 126")
