"""What can be said by OSC: an address for every knob and every button. None of them takes or gives a file."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from engine import PARTS, InvalidRequest
from loopgen_app.remote.osc_addresses import KNOB, PAD, PATTERN, ROOT
from loopgen_app.remote.osc_packets import OscMessage, Value
from loopgen_app.state.parameter import Parameter
from loopgen_app.state.parameters import PARAMETERS
from loopgen_app.state.pattern_edits import with_row
from loopgen_app.studio import Studio

CLOSED: Final = frozenset({"reference", "reference_name", "voices", "pattern"})
"""Knobs whose values are no numbers and no words; the pattern has addresses of its own, row by row."""


def settable() -> dict[str, Parameter]:
    """The knobs that OSC turns, by id."""
    return {knob.id: knob for knob in PARAMETERS.values() if knob.id not in CLOSED}


class OscCommands:
    """Carries out messages; call it from the window's thread. `obey` raises `InvalidRequest` with one sentence."""

    def __init__(self, studio: Studio, slots: Callable[[], list[int]]) -> None:
        self._studio, self._slots = studio, slots
        self._knobs = settable()
        composing, audition, playback = studio.composing, studio.audition, studio.playback
        self._buttons: Mapping[str, Callable[[], object]] = {
            "generate": composing.generate,
            "cancel": composing.cancel,
            "play": lambda: None if studio.transport.state.playing else audition.toggle_play(),
            "stop": playback.stop,
            "swap": audition.toggle_ab,
            "seed": studio.instrument.draw_seed,
            "corners": studio.instrument.reroll_corners,
            "undo": studio.instrument.undo,
            "redo": studio.instrument.redo,
        }

    def addresses(self) -> list[str]:
        """Every address there is."""
        rows = [PATTERN + part for part in PARTS]
        buttons = [ROOT + name for name in self._buttons]
        return [*buttons, f"{ROOT}bank", PAD, *rows, *(KNOB + knob for knob in self._knobs)]

    def obey(self, message: OscMessage) -> None:
        """Do what `message` says."""
        address, values = message.address, message.values
        name = address.removeprefix(ROOT)
        if name in self._buttons:
            self._buttons[name]()
        elif address.startswith(KNOB) and address.removeprefix(KNOB) in self._knobs:
            knob = self._knobs[address.removeprefix(KNOB)]
            self._studio.instrument.set(knob.id, knob_value(knob, values))
        elif address == PAD:
            x, y = (*values, None, None)[:2]
            self._studio.instrument.set_many({"pad_x": _number(x), "pad_y": _number(y), "pad_on": True}, "Noise pad")
        elif address.startswith(PATTERN) and address.removeprefix(PATTERN) in PARTS:
            self._set_row(address.removeprefix(PATTERN), values)
        elif name == "bank":
            self._play_slot(values)
        else:
            raise InvalidRequest(f"OSC: there is no {address[:80]}; Help lists what there is.")

    def _set_row(self, part: str, values: tuple[Value, ...]) -> None:
        row = tuple(_number(value) for value in values)
        instrument = self._studio.instrument
        instrument.set("pattern", with_row(instrument.value("pattern"), part, row or None))

    def _play_slot(self, values: tuple[Value, ...]) -> None:
        slots = self._slots()
        slot = values[0] if values else None
        if not isinstance(slot, int | float) or not 1 <= slot <= len(slots):
            raise InvalidRequest(f"OSC: the bank has slots 1 to {len(slots)}, from the top of its list.")
        self._studio.audition.play_id(slots[int(slot) - 1])


def knob_value(knob: Parameter, values: tuple[Value, ...]) -> Any:
    """What `values` mean for `knob`; nothing where nothing is asked for. Checked when it is set."""
    if knob.kind in _SINGLE:
        return _SINGLE[knob.kind](knob, values[0] if values else None)
    if knob.kind == "curve":
        return tuple(_number(value) for value in values) or None
    if knob.kind == "seeds":
        return tuple(round(_number(value)) for value in values)
    return values


def _number(value: Value) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidRequest("OSC: a number was expected.")
    return value


_SINGLE: Final[Mapping[str, Callable[[Parameter, Value], Any]]] = {
    "number": lambda _knob, value: _number(value),
    "whole": lambda _knob, value: round(_number(value)),
    "toggle": lambda _knob, value: bool(value) if isinstance(value, int | float) else value,
    "choice": lambda knob, value: None if value in ("", "any") and None in knob.choices else value,
    "text": lambda _knob, value: value,
}
