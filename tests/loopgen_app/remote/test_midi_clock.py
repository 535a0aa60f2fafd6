"""The window and a MIDI clock: one leads at a time, ports that vanish are told, its tempo is the knob's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Desk, Stage
from PySide6.QtGui import QAction

from loopgen_app.midi import MidiInput
from loopgen_app.remote.midi_clock import MidiClock

mido = pytest.importorskip("mido")


@pytest.fixture
def clock(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[MidiClock]:
    made = MidiClock(desk.studio)
    made.time = 0.0  # type: ignore[attr-defined]
    monkeypatch.setattr("loopgen_app.remote.midi_clock.time.monotonic", lambda: made.time)  # type: ignore[attr-defined]
    yield made
    made.close()


def tick(clock: MidiClock, count: int, tempo: float, port: str = "A", first: str = "") -> None:
    if first:
        clock.hear(port, mido.Message(first))
    for _ in range(count):
        clock.hear(port, mido.Message("clock"))
        clock.step()
        clock.time += 60 / tempo / 24  # type: ignore[attr-defined]


def test_off_at_first_and_then_what_plays_is_led_and_made_anew(clock: MidiClock, desk: Desk) -> None:
    first = desk.generate()
    desk.studio.playback.stop()
    tick(clock, 48, 132.0, first="start")
    assert not desk.studio.transport.state.playing
    clock.follow(True)
    tick(clock, 24, 132.0, first="start")
    assert desk.studio.transport.state.playing
    assert desk.studio.transport.state.bent_bpm == pytest.approx(132.0, abs=0.1)
    assert desk.studio.live_tempo.held
    tick(clock, 240, 132.0)
    assert desk.studio.instrument.value("tempo_bpm") == 132.0
    assert desk.said() == "The MIDI clock runs at 132 BPM."
    desk.service.finish()
    assert desk.studio.audition.current is not None
    assert desk.studio.audition.current.recipe.request == first.recipe.request.with_(tempo_bpm=132.0)
    clock.hear("A", mido.Message("stop"))
    clock.step()
    assert not desk.studio.transport.state.playing
    clock.follow(False)
    assert not desk.studio.live_tempo.held


def test_of_two_clocks_that_disagree_the_first_leads_until_it_is_quiet(clock: MidiClock) -> None:
    clock.follow(True)
    for _ in range(100):
        tick(clock, 1, 120.0, "A")
        clock.hear("B", mido.Message("clock"))
    assert clock.lock.follower.tempo_bpm == pytest.approx(120.0)
    clock.time += 3.0  # type: ignore[attr-defined]
    tick(clock, 48, 140.0, "B")
    assert clock.lock.follower.tempo_bpm == pytest.approx(140.0)


def test_a_port_that_never_stops_does_not_hold_up_the_window(clock: MidiClock) -> None:
    clock.follow(True)
    fed = 0

    def feed(*_: object) -> None:
        nonlocal fed
        fed += 1
        clock.hear("A", mido.Message("clock"))  # another comes while one is looked at
        assert fed < 100

    clock.hear("A", mido.Message("clock"))
    clock._leader, clock._led_at = "A", clock.time  # type: ignore[attr-defined]
    clock.lock.feed = feed  # type: ignore[method-assign]
    clock.step()
    assert fed == 1


def test_controllers_are_no_clock(clock: MidiClock) -> None:
    assert not clock.hear("A", mido.Message("control_change"))
    assert not clock.hear("A", mido.Message("note_on"))
    assert clock.hear("A", mido.Message("songpos", pos=16))


def test_a_clock_at_a_tempo_that_no_loop_has_is_followed_and_leaves_the_knob(clock: MidiClock, desk: Desk) -> None:
    desk.generate()
    clock.follow(True)
    tick(clock, 200, 30.0, first="start")
    assert desk.studio.instrument.value("tempo_bpm") == 126.0
    assert desk.studio.transport.state.bent_bpm == pytest.approx(30.0, abs=0.1)


class Ports:
    """Inputs of a computer, which come and go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names = ["Keys", "Drums"]
        self.open: list[str] = []
        monkeypatch.setattr(mido, "get_input_names", lambda: list(self.names))
        monkeypatch.setattr(mido, "get_output_names", lambda: list(self.names))
        monkeypatch.setattr(mido, "open_input", self._open)

    def _open(self, name: str, callback: object) -> "Ports.Port":
        self.open.append(name)
        return Ports.Port(self, name)

    def fail(self) -> list[str]:
        raise OSError("no MIDI")

    class Port:
        """One that was opened."""

        def __init__(self, ports: "Ports", name: str) -> None:
            self._ports, self._name = ports, name

        def close(self) -> None:
            self._ports.open.remove(self._name)


def test_a_controller_that_vanishes_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = Ports(monkeypatch)
    midi = MidiInput(lambda _port, _message: None)
    assert midi.vanished() == []
    assert midi.open() == "MIDI: Keys, Drums."
    assert midi.vanished() == []
    ports.names.remove("Keys")
    assert midi.vanished() == ["Keys"]
    assert midi.vanished() == []
    assert ports.open == []
    monkeypatch.setattr(mido, "get_input_names", ports.fail)
    assert midi.open() == "This system has no MIDI."


def test_the_menu_follows_sends_and_says_what_is_gone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ports = Ports(monkeypatch)
    control = stage.window.actions_.control
    assert control.follow is not None
    control.follow.trigger()
    assert stage.said() == "MIDI: Keys, Drums."
    assert control.follow.isChecked()
    assert stage.studio.settings.clock_in
    ports.names.remove("Drums")
    control._look_for_ports()
    assert stage.said() == "MIDI: Drums is gone."
    control._fill_targets()
    words = [action.text() for action in control._targets.actions()]
    assert words == ["Keys", "Nobody"]
    control.clock.out._command = ("no-such-program",)
    _named(control._targets.actions(), "Keys").trigger()
    assert stage.said() == "MIDI clock cannot be sent: No such file or directory."
    control.follow.trigger()
    assert not stage.studio.settings.clock_in


def _named(actions: list[QAction], words: str) -> QAction:
    return next(action for action in actions if action.text() == words)
