"""What the knobs ask for otherwise than the loop that plays was made."""

from engine import LoopRequest
from loopgen_app.state.parameters import PARAMETERS, values_of

ALIKE = {"pad_": "Noise pad", "guidance_": "Guidance"}
"""Knobs whose names begin so are told as one."""


def differences(made: LoopRequest, asked: LoopRequest, *, with_seed: bool) -> tuple[str, ...]:
    """Labels of what `asked` wants otherwise than `made`, in the window's order; the seed only `with_seed`."""
    before, after = values_of(made), values_of(asked)
    changed = [knob for knob in PARAMETERS if before.get(knob) != after.get(knob) and (with_seed or knob != "seed")]
    return tuple(dict.fromkeys(_label(knob) for knob in changed))


def _label(knob: str) -> str:
    return next((label for beginning, label in ALIKE.items() if knob.startswith(beginning)), PARAMETERS[knob].label)
