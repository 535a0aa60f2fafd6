"""What a datagram says in OSC 1.0: messages, alone or in bundles. Whatever is no OSC is an `OscError` and no more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pythonosc.parsing import osc_types

MOST_BYTES: Final = 8192
MOST_MESSAGES: Final = 256
_BUNDLE: Final = b"#bundle\x00"
_HEAD: Final = len(_BUNDLE) + 8
"""Name and time tag of a bundle; times are not waited for: what is played live is played now."""

Value = float | int | str | bool | None

_PLAIN: Final[Mapping[str, Value]] = {"T": True, "F": False, "N": None}
_READERS: Final[Mapping[str, Callable[[bytes, int], tuple[Value, int]]]] = {
    "i": osc_types.get_int, "h": osc_types.get_int64, "f": osc_types.get_float, "d": osc_types.get_double,
    "s": osc_types.get_string, "S": osc_types.get_string,
}  # fmt: skip


class OscError(ValueError):
    """This is no OSC, or more of it than anybody sends by hand."""


@dataclass(frozen=True)
class OscMessage:
    """`address` begins with a slash; `values` are numbers, texts, booleans and None."""

    address: str
    values: tuple[Value, ...] = ()


def read_packet(packet: bytes) -> list[OscMessage]:
    """The messages of a datagram, in order. Raises `OscError`."""
    if not packet or len(packet) > MOST_BYTES or len(packet) % 4:
        raise OscError(f"{len(packet)} bytes are no OSC packet.")
    found: list[OscMessage] = []
    waiting = [packet]
    try:
        while waiting:
            part = waiting.pop()
            if part.startswith(_BUNDLE):
                waiting += reversed(_parts(part))
            else:
                found.append(_message(part))
            if len(found) + len(waiting) > MOST_MESSAGES:
                raise OscError("Too many messages in one packet.")
    except (osc_types.ParseError, ValueError, LookupError, TypeError, OverflowError) as error:
        raise OscError(str(error)) from error
    return found


def _parts(bundle: bytes) -> list[bytes]:
    parts, at = [], _HEAD
    while at < len(bundle):
        size, at = osc_types.get_int(bundle, at)
        if size <= 0 or size % 4 or at + size > len(bundle):
            raise OscError("A part of a bundle does not end inside of it.")
        parts.append(bundle[at : at + size])
        at += size
    return parts


def _message(packet: bytes) -> OscMessage:
    address, at = osc_types.get_string(packet, 0)
    if not address.startswith("/") or not address.isprintable():
        raise OscError("An address begins with a slash.")
    if at >= len(packet):  # older programs leave out that there is nothing
        return OscMessage(address)
    kinds, at = osc_types.get_string(packet, at)
    if not kinds.startswith(","):
        raise OscError("The kinds of values are missing.")
    values: list[Value] = []
    for kind in kinds[1:]:
        value, at = _value(kind, packet, at)
        values.append(value)
    return OscMessage(address, tuple(values))


def _value(kind: str, packet: bytes, at: int) -> tuple[Value, int]:
    if kind in _PLAIN:
        return _PLAIN[kind], at
    if kind not in _READERS:
        raise OscError(f"Values of kind {kind!r} are not taken.")
    return _READERS[kind](packet, at)
