"""Controllers turn knobs: learn, pick-up, toggles. Messages come from mido's parser, no port is needed."""

import pytest

from loopgen_app.midi import MidiMap
from loopgen_app.state.instrument import Instrument

mido = pytest.importorskip("mido")


def turn(midi: MidiMap, control: int, value: int, channel: int = 0) -> None:
    for message in mido.parse_all([0xB0 + channel, control, value]):
        midi.feed(message)


def test_a_learned_controller_picks_the_knob_up_without_a_jump() -> None:
    instrument, mapping = Instrument(), {}
    midi = MidiMap(instrument, mapping)
    midi.learn("guidance_scale")
    turn(midi, 7, 100)
    assert mapping == {"1/7": "guidance_scale"}
    assert instrument.value("guidance_scale") == 3.0
    turn(midi, 7, 60)
    assert instrument.value("guidance_scale") == 3.0
    turn(midi, 7, 20)
    assert instrument.value("guidance_scale") == pytest.approx(1.6)
    turn(midi, 7, 127)
    turn(midi, 7, 0)
    assert instrument.value("guidance_scale") == 0.0


def test_learning_anew_forgets_the_old_controller_and_other_messages_do_nothing() -> None:
    instrument, mapping = Instrument(), {}
    midi = MidiMap(instrument, mapping)
    learned = []
    midi.on_learned = lambda knob, source: learned.append((knob, source))
    for control in (1, 2):
        midi.learn("pad_x")
        turn(midi, control, 64, channel=3)
    assert mapping == {"4/2": "pad_x"}
    assert learned == [("pad_x", "4/1"), ("pad_x", "4/2")]
    for message in mido.parse_all([0x90, 60, 100]):
        midi.feed(message)
    midi.forget("pad_x")
    assert midi.source_of("pad_x") is None
    with pytest.raises(KeyError):
        midi.learn("prompt")


def test_buttons_toggle_and_knobs_set_curves() -> None:
    instrument = Instrument()
    midi = MidiMap(instrument, {"1/1": "metronome", "1/2": "curve_loudness", "1/3": "gone"})
    turn(midi, 1, 127)
    turn(midi, 1, 0)
    assert instrument.value("metronome") is True
    turn(midi, 1, 127)
    assert instrument.value("metronome") is False
    turn(midi, 2, 127)
    assert instrument.value("curve_loudness") == (1.0,)
    turn(midi, 3, 5)
