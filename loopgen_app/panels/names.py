"""Object names of the controls of knobs: what style sheets, tests and accessibility tools find them by."""

from typing import Final

from engine import CURVES, PARTS, STEERS
from loopgen_app.state.parameters import GUIDED

OBJECT_NAMES: Final[dict[str, str]] = {
    "prompt": "promptEdit",
    "negative_prompt": "negativePromptEdit",
    "reference": "referenceDrop",
    "blend": "blendSlider",
    **{f"steer_{steer}": f"steer{steer.capitalize()}" for steer in STEERS},
    "tags": "tagChips",
    "pattern": "stepGrid",
    "compose": "composeButton",
    "swing": "swingSlider",
    "tempo_bpm": "bpmDial",
    "bars": "barsBox",
    "key": "keyBox",
    "guidance_scale": "guidanceSlider",
    **{f"guidance_{condition}": f"guidance{condition.title()}Slider" for condition in GUIDED},
    "temperature": "temperatureSlider",
    "repeat": "repeatSlider",
    "learnt": "learntSlider",
    **{f"mix_{part}": f"mixSlider_{part}" for part in PARTS},
    "num_steps": "stepsBox",
    "sampler": "samplerBox",
    "schedule": "scheduleBox",
    "seed": "seedBox",
    "seed_locked": "seedLock",
    **{f"curve_{curve}": f"{curve}Knob" for curve in CURVES},
    "pad_on": "padToggle",
    "level_db": "levelSlider",
    "metronome": "metronomeButton",
    "count_in": "countInBox",
    "swap_at": "swapBox",
    "follow": "followButton",
    "variations": "variationsBox",
}
"""By knob; knobs without a control of their own have none."""
