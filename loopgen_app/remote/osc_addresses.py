"""Where OSC messages go."""

from typing import Final

ROOT: Final = "/loopgen/"
KNOB: Final = f"{ROOT}knob/"
PATTERN: Final = f"{ROOT}pattern/"
PAD: Final = f"{ROOT}pad"


def is_turned(address: str) -> bool:
    """Whether this is something that is turned, rather than a button that is pressed and let go."""
    return address.startswith((KNOB, PATTERN)) or address == PAD
