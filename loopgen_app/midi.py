"""MIDI learn: a controller turns a knob."""

import importlib.util
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from loopgen_app.state.instrument import Instrument
from loopgen_app.state.parameters import PARAMETERS

log = logging.getLogger(__name__)
PICK_UP = 0.04
"""A controller takes hold of a knob once it comes this near to it (a share of the range): no jumps."""


class ControlMessage(Protocol):
    """The part of `mido.Message` that is used."""

    type: str
    channel: int
    control: int
    value: int


class MidiMap:
    """Maps (channel, controller) to knobs, in pick-up mode. Feed it messages in the window's thread."""

    def __init__(self, instrument: Instrument, mapping: dict[str, str]) -> None:
        self._instrument = instrument
        self.mapping = mapping
        self._learning: str | None = None
        self._held: dict[str, float] = {}
        self.on_learned: Callable[[str, str], object] = lambda _knob, _source: None

    def learn(self, knob: str) -> None:
        """The next controller that moves will turn `knob`; raises KeyError when the knob cannot be learned."""
        if not PARAMETERS[knob].midi:
            raise KeyError(knob)
        self._learning = knob

    @property
    def learning(self) -> str | None:
        """The knob that waits for a controller."""
        return self._learning

    def stop_learning(self) -> None:
        """Wait no more."""
        self._learning = None

    def forget(self, knob: str) -> None:
        """No controller turns `knob` any more."""
        for source in [source for source, known in self.mapping.items() if known == knob]:
            del self.mapping[source]

    def source_of(self, knob: str) -> str | None:
        """The controller of `knob` as "channel/controller", or None."""
        return next((source for source, known in self.mapping.items() if known == knob), None)

    def feed(self, message: ControlMessage) -> None:
        """Take a message; everything but control changes is ignored."""
        if message.type != "control_change":
            return
        source = f"{message.channel + 1}/{message.control}"
        if self._learning is not None:
            knob, self._learning = self._learning, None
            self.forget(knob)
            self.mapping[source] = knob
            self._held.pop(source, None)
            self.on_learned(knob, source)
        knob_id = str(self.mapping.get(source, ""))
        if knob_id in PARAMETERS and PARAMETERS[knob_id].midi:
            self._turn(source, knob_id, message.value / 127)

    def _turn(self, source: str, knob_id: str, position: float) -> None:
        knob = PARAMETERS[knob_id]
        before, self._held[source] = self._held.get(source), position
        if knob.kind == "toggle":
            if position >= 0.5 and (before is None or before < 0.5):
                self._instrument.set(knob_id, not self._instrument.value(knob_id))
            return
        if knob.kind == "curve":
            self._instrument.set(knob_id, (round(position, 3),))
            return
        present = knob.to_unit(self._instrument.value(knob_id))
        crossed = before is not None and min(before, position) <= present <= max(before, position)
        if crossed or abs(position - present) <= PICK_UP:
            self._instrument.set(knob_id, knob.from_unit(position))


def midi_is_there() -> bool:
    """Whether ports can be opened at all; where they cannot, menus say nothing of them."""
    return all(importlib.util.find_spec(name) is not None for name in ("mido", "rtmidi"))


class MidiInput:
    """Opens the computer's MIDI inputs; messages arrive on a thread of the MIDI library."""

    def __init__(self, on_message: Callable[[str, Any], object]) -> None:
        self._on_message = on_message
        self._ports: list[Any] = []
        self.names: list[str] = []

    def open(self) -> str:
        """Open every input; returns one line about how that went."""
        try:
            import mido  # noqa: PLC0415 - ports are looked for when they are wanted

            self.names = names = mido.get_input_names()
            self._ports = [mido.open_input(name, callback=partial(self._on_message, name)) for name in names]
        except ImportError:
            return "This computer has no python-rtmidi, by which MIDI comes in."
        except (OSError, SystemError, RuntimeError) as error:  # rtmidi: no sequencer on this system
            log.info("MIDI: %s", error)
            return "This system has no MIDI."
        return f"MIDI: {', '.join(names)}." if names else "No MIDI controller is connected."

    def vanished(self) -> list[str]:
        """Names of inputs that were open and are no longer there; they are closed, and told once."""
        if not self._ports:
            return []
        try:
            import mido  # noqa: PLC0415

            there = mido.get_input_names()
        except (ImportError, OSError, SystemError, RuntimeError):
            there = []
        gone = [name for name in self.names if name not in there]
        if gone:
            self.close()
        return gone

    def close(self) -> None:
        """Close all inputs."""
        for port in self._ports:
            port.close()
        self._ports = []


def outputs() -> list[str]:
    """Names of the computer's MIDI outputs; none where it has no MIDI."""
    try:
        import mido  # noqa: PLC0415

        return list(mido.get_output_names())
    except (ImportError, OSError, SystemError, RuntimeError) as error:
        log.info("MIDI: %s", error)
        return []
