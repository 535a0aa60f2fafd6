"""The window and Ableton Link: another process is the peer; with `aalink` installed, a third one is somebody else."""

import importlib.util
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Desk, Stage

from loopgen_app.remote.ableton_link import HOW_TO_HAVE_LINK, AbletonLink, link_is_there

log = logging.getLogger(__name__)
PLAIN = (sys.executable, str(Path(__file__).with_name("plain_link.py")))
OTHER = Path(__file__).with_name("link_peer.py")
needs_aalink = pytest.mark.skipif(
    importlib.util.find_spec("aalink") is None, reason="aalink (GPL-3.0-or-later) is not installed here"
)


def wait(link: AbletonLink, desk: Desk, condition: Callable[[], bool]) -> None:
    """Let the window's timer run until `condition`."""
    desk.qtbot.waitUntil(condition, timeout=60_000)


def others(link: AbletonLink, **order: object) -> None:
    """Let the others of the session do something."""
    assert link._process is not None
    link._process.send(order)


@pytest.fixture
def link(desk: Desk) -> Iterator[AbletonLink]:
    made = AbletonLink(desk.studio, is_there=lambda: True, command=PLAIN)
    yield made
    made.close()


def test_absent_it_says_in_a_sentence_how_to_have_it(desk: Desk) -> None:
    link = AbletonLink(desk.studio, is_there=lambda: False)
    link.switch(True)
    assert desk.said() == HOW_TO_HAVE_LINK
    assert HOW_TO_HAVE_LINK.count(".") == 1
    assert "GPL" in HOW_TO_HAVE_LINK
    assert not link.on
    assert not desk.studio.settings.link
    desk.studio.settings.link = True
    link.begin()  # it was installed once
    assert not link.on


def test_its_tempo_is_the_knobs_and_the_knob_is_its_tempo(link: AbletonLink, desk: Desk) -> None:
    first = desk.generate()
    desk.studio.playback.stop()
    link.switch(True)
    assert desk.studio.settings.link
    wait(link, desk, lambda: link.follower.tempo_bpm == 126.0)
    others(link, others=2)
    wait(link, desk, lambda: link.peers == 2)
    assert desk.said() == "Ableton Link: 2 others."
    others(link, others_play=True)
    wait(link, desk, lambda: desk.studio.transport.state.playing)
    assert desk.studio.live_tempo.held
    others(link, others_tempo=132.0)
    wait(link, desk, lambda: desk.studio.instrument.value("tempo_bpm") == 132.0)
    assert desk.studio.transport.state.bent_bpm == 132.0
    desk.service.finish()
    assert desk.studio.audition.current is not None
    assert desk.studio.audition.current.recipe.request == first.recipe.request.with_(tempo_bpm=132.0)
    desk.studio.instrument.set("tempo_bpm", 124.0)
    wait(link, desk, lambda: link.follower.tempo_bpm == 124.0)
    wait(link, desk, lambda: desk.studio.transport.state.bent_bpm == 124.0)
    link.switch(False)
    assert not desk.studio.live_tempo.held
    assert not link.on
    assert desk.said() == "Ableton Link is off; LoopGen keeps its own time."


def test_a_loop_that_is_restored_leaves_the_tempo_of_the_others(link: AbletonLink, desk: Desk) -> None:
    slow = desk.generate(tempo_bpm=90.0)
    desk.generate(tempo_bpm=126.0)
    link.switch(True)
    wait(link, desk, lambda: link.follower.tempo_bpm == 126.0)
    sent: list[object] = []
    assert link._process is not None
    link._process.send = sent.append  # type: ignore[method-assign]
    desk.studio.audition.play_id(slow.id, restore=True)
    desk.qtbot.wait(50)
    assert desk.studio.instrument.value("tempo_bpm") == 90.0
    assert sent == []


def test_play_starts_all_at_the_next_bar_and_stop_stops_all(link: AbletonLink, desk: Desk) -> None:
    desk.generate()
    desk.studio.playback.stop()
    link.switch(True)
    wait(link, desk, lambda: link.follower.tempo_bpm is not None)
    others(link, others=1)
    wait(link, desk, lambda: link.peers == 1)
    desk.studio.audition.toggle_play()
    assert desk.said() == "Starts with the next bar of Ableton Link."
    assert not desk.studio.transport.state.playing
    wait(link, desk, lambda: link.follower.running)
    assert link.follower.beat_at(time.monotonic()) is not None
    wait(link, desk, lambda: desk.studio.transport.state.playing)
    beat = link.follower.beat_at(time.monotonic())
    assert beat is not None
    assert beat > -0.2
    desk.studio.audition.toggle_play()
    wait(link, desk, lambda: not link.follower.running)
    others(link, others_play=True)
    wait(link, desk, lambda: desk.studio.transport.state.playing)
    others(link, others_play=False)
    wait(link, desk, lambda: not desk.studio.transport.state.playing)


def test_a_loop_that_plays_when_link_is_switched_on_goes_on(link: AbletonLink, desk: Desk) -> None:
    desk.generate()
    assert desk.studio.transport.state.playing
    link.switch(True)
    wait(link, desk, lambda: link.follower.running)
    assert desk.studio.transport.state.playing
    assert not link.lock.waiting


def test_two_others_that_do_not_agree_are_told_once(link: AbletonLink, desk: Desk) -> None:
    link.switch(True)
    wait(link, desk, lambda: link.follower.tempo_bpm is not None)
    said = [desk.said()]
    desk.studio.messages.said.connect(lambda message: said.append(message.text))
    for turn in range(12):
        others(link, others_tempo=120.0 + 10 * (turn % 2))
        tempo = 120.0 + 10 * (turn % 2)
        wait(link, desk, lambda tempo=tempo: link.follower.tempo_bpm == tempo)  # type: ignore[misc]
    assert said.count("Ableton Link: its tempo is pulled to and fro; two others do not agree on it.") == 1


def test_a_process_that_dies_or_cannot_load_it_is_told_and_play_plays(desk: Desk) -> None:
    desk.generate()
    desk.studio.playback.stop()
    gone = AbletonLink(desk.studio, is_there=lambda: True, command=[sys.executable, "-c", "pass"])
    gone.switch(True)
    wait(gone, desk, lambda: not gone.on)
    assert desk.said() == "Ableton Link has ended."
    telling = "print('{\"trouble\": \"no such symbol.\"}'); print('{\"time\": 1}'); print('noise')"
    broken = AbletonLink(desk.studio, is_there=lambda: True, command=[sys.executable, "-c", telling])
    broken.switch(True)
    wait(broken, desk, lambda: not broken.on)
    assert desk.said() == "Ableton Link has ended: no such symbol."
    desk.studio.audition.toggle_play()
    assert desk.studio.transport.state.playing
    nowhere = AbletonLink(desk.studio, is_there=lambda: True, command=["no-such-program"])
    nowhere.switch(True)
    assert desk.said() == "Ableton Link cannot be started: No such file or directory."
    assert not desk.studio.settings.link


def test_the_menu_has_it_and_one_clock_leads_at_a_time(stage: Stage) -> None:
    control = stage.window.actions_.control
    control.link._is_there, control.link._command = (lambda: True), PLAIN
    if control.follow is not None:
        control.follow.trigger()
    control.together.trigger()
    assert control.link.on
    assert control.together.isChecked()
    assert not stage.studio.settings.clock_in
    stage.wait(lambda: control.link.follower.tempo_bpm is not None)
    others(control.link, others=1)
    stage.wait(lambda: control.together.text() == "Ableton Link (1 other)")
    if control.follow is not None:
        control.follow.trigger()
        assert not control.link.on
        assert not control.together.isChecked()


@pytest.mark.skipif(link_is_there(), reason="aalink is installed here")
def test_without_aalink_the_menu_says_how_to_have_it(stage: Stage) -> None:
    together = stage.window.actions_.control.together
    assert together.toolTip() == HOW_TO_HAVE_LINK
    together.trigger()
    assert not together.isChecked()
    assert stage.said() == HOW_TO_HAVE_LINK


@needs_aalink
def test_another_process_is_met_over_the_network_and_both_agree(
    desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    """Loopback multicast; the phase of the two sessions apart, in ms, is said."""
    desk.generate()
    desk.studio.playback.stop()
    command = [sys.executable, str(OTHER), "121"]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdin is not None
    assert other.stdout is not None
    readings: list[dict[str, float]] = []

    def tell(name: str, value: object) -> None:
        assert other.stdin is not None
        other.stdin.write(json.dumps([name, value]) + "\n")
        other.stdin.flush()

    def told() -> dict[str, float]:
        assert other.stdout is not None
        readings.append(json.loads(other.stdout.readline()))
        return readings[-1]

    assert told()["tempo"] == pytest.approx(121.0, abs=0.01)
    link = AbletonLink(desk.studio)
    try:
        link.switch(True)
        wait(link, desk, lambda: link.peers == 1)
        wait(link, desk, lambda: link.follower.tempo_bpm == pytest.approx(121.0, abs=0.01))
        tell("tempo", 132.0)
        wait(link, desk, lambda: link.follower.tempo_bpm == pytest.approx(132.0, abs=0.01))
        wait(link, desk, lambda: desk.studio.instrument.value("tempo_bpm") == 132.0)
        tell("playing", True)
        wait(link, desk, lambda: desk.studio.transport.state.playing)
        desk.studio.instrument.set("tempo_bpm", 128.0)
        wait(link, desk, lambda: told()["tempo"] == pytest.approx(128.0, abs=0.01))
        off = []
        for _ in range(40):
            theirs, ours = told(), link.follower.beat_at(readings[-1]["time"])
            assert ours is not None
            off.append(((ours - theirs["beat"] + 2) % 4 - 2) * 60_000 / 128.0)
            desk.qtbot.wait(40)
        apart = f"{max(map(abs, off)):.2f} ms at most"
        record_property("sessions apart", apart)
        log.info("sessions apart: %s", apart)
        assert sorted(map(abs, off))[len(off) // 2] < 2.0
        desk.studio.playback.stop()
        wait(link, desk, lambda: not told()["playing"])
    finally:
        link.close()
        other.communicate(input="", timeout=20)
