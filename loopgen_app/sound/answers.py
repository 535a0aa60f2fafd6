"""What the sound process says, believed as little as a file: a library that prints may say anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

Event = Literal["ready", "here", "opened", "loaded", "devices", "finished", "no_portaudio", "failed"]

_EVENTS: Final[tuple[Event, ...]] = get_args(Event)
_MAX_TEXT: Final = 1000
_MAX_DEVICES: Final = 256
_RATES: Final = (1_000, 1_000_000)


@dataclass(frozen=True)
class Answer:
    """One answer; what its `event` does not speak of is at its default.

    `order` is the one that "failed", with the reason in `message`; `path` names the loop that was "loaded"; `names`
    are the "devices"; a device was "opened" at `rate` Hz, and `missed` is the one that was wanted instead.
    """

    event: Event
    order: str = ""
    message: str = ""
    path: str = ""
    names: tuple[str, ...] = ()
    device: str = ""
    missed: str = ""
    rate: int = 0


def read_answer(told: Any) -> Answer | None:
    """The answer in a line of JSON that was read already; None where it is none."""
    if not isinstance(told, Mapping):
        return None
    event = next((known for known in _EVENTS if known == told.get("event")), None)
    rate = told.get("rate")
    whole_rate = rate if type(rate) is int and _RATES[0] <= rate <= _RATES[1] else 0
    if event is None or (event == "opened" and not whole_rate):
        return None
    texts = {name: _text(told.get(name)) for name in ("order", "message", "path", "device", "missed")}
    names = told.get("names")
    devices = tuple(filter(None, map(_text, names[:_MAX_DEVICES]))) if isinstance(names, list) else ()
    return Answer(event, names=devices, rate=whole_rate, **texts)


def _text(value: Any) -> str:
    return value[:_MAX_TEXT] if isinstance(value, str) else ""
