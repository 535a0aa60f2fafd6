"""Every knob of the instrument, declared once; widget, preset, session, MIDI and request are derived from here."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine import (
    CURVES,
    KEYS,
    MAX_SEED,
    MAX_STEER,
    PARTS,
    SAMPLERS,
    SCHEDULES,
    STEERS,
    LoopRequest,
    NoisePad,
    Pattern,
)
from loopgen_app.state.parameter import Parameter

LIVE_STEPS, QUALITY_STEPS = 4, 16
"""The two presets of the steps box: heard within a beat, or as good as it gets."""

SWAP_AT = ("beat", "bar")
GUIDED = {"tags": "Tags", "pattern": "Pattern", "curves": "Curves", "clap": "Prompt"}

STEERED = {
    "bright": "Brighter; to the left darker.",
    "dense": "More notes; to the left fewer.",
    "hard": "Harder and more driving; to the left softer.",
    "dub": "Deeper in echo and room; to the left drier.",
    "acid": "More acid; to the left less of it.",
    "lo_fi": "Dustier and rougher; to the left cleaner.",
}

_MAKE = (
    Parameter(
        "prompt", "Prompt", "text", "", high=1000, field="prompt", name="promptEdit",
        tip="What it should sound like, in a few words. Enter generates, Tab ends a word, Up brings earlier prompts, "
        "Ctrl+Up and Ctrl+Down weigh the phrase at the cursor (acid:1.3).",
    ),
    Parameter(
        "negative_prompt", "Without", "text", "", high=1000, field="negative_prompt", name="negativePromptEdit",
        tip="What it should not sound like.",
    ),
    Parameter(
        "reference", "Reference", "embedding", (), field="reference", name="referenceDrop",
        tip="Drop an audio file or a loop of the bank: its character is taken on. Click to choose a file.",
    ),
    Parameter("reference_name", "Name of the reference", "text", "", high=200, tip="Shown in its field."),
    Parameter(
        "blend", "Blend", "number", LoopRequest.blend, "", 0.0, 1.0, 0.01, 2, field="blend", name="blendSlider",
        midi=True, tip="Where words and a reference are both given: 0 is the words alone, 1 the sound alone.",
    ),
    *(
        Parameter(
            f"steer_{steer}", steer.replace("_", "-").capitalize(), "number", 0.0, "", -MAX_STEER, MAX_STEER, 0.1, 1,
            field=f"steer.{steer}", name=f"steer{steer.capitalize()}", midi=True,
            tip=f"{STEERED[steer]} Double-click for 0.",
        )
        for steer in STEERS
    ),
    Parameter("tags", "Tags", "words", (), field="tags", name="tagChips", tip="Words the model knows for certain."),
    Parameter("negative_tags", "Without tags", "words", (), field="negative_tags", tip="Tags to stay away from."),
    Parameter(
        "pattern", "Pattern", "pattern", Pattern(), field="pattern", name="stepGrid",
        tip="Which part plays when. A part without a row is free.",
    ),
    Parameter("muted", "Muted parts", "words", (), choices=PARTS, tip="Parts asked to be silent."),
    Parameter(
        "voices", "Voices", "voices", {}, field="voices",
        tip="Which parts keep their sound, and which; the others sound as the seed says.",
    ),
    Parameter("compose", "Compose free parts", "toggle", True, field="compose", name="composeButton",
              tip="On: parts without a row get one written from the seed. Off: the model is left alone with them."),
    Parameter(
        "swing", "Swing", "number", 0.0, low=0.0, high=0.5, step=0.01, decimals=2, name="swingSlider", midi=True,
        tip="Delays every second sixteenth by this fraction of a step.",
    ),
)  # fmt: skip

_HOW = (
    Parameter(
        "tempo_bpm", "Tempo", "number", 126.0, "BPM", 40.0, 240.0, 1.0, 2, field="tempo_bpm", name="bpmDial",
        midi=True, tip="Exact tempo. Wheel or drag, Shift for hundredths, double-click to type, T to tap.",
    ),
    Parameter("bars", "Bars", "whole", 4, "bars", 1, 16, field="bars", name="barsBox", midi=True, tip="Loop length."),
    Parameter("key", "Key", "choice", None, choices=(None, *KEYS), field="key", name="keyBox", tip="Key, or any."),
    Parameter(
        "guidance_scale", "Guidance", "number", 3.0, "", 0.0, 10.0, 0.1, 1, field="guidance_scale",
        name="guidanceSlider", midi=True,
        tip="How closely to follow what was asked: 0 ignores it, 1 follows, above 1 insists.",
    ),
    *(
        Parameter(
            f"guidance_{condition}", label, "number", 1.0, "x", 0.0, 10.0, 0.1, 1, field=f"guidance.{condition}",
            name=f"guidance{condition.title()}Slider", midi=True,
            tip=f"Weight of the {label.lower()} next to the master guidance; 1 is as the master says.",
        )
        for condition, label in GUIDED.items()
    ),
    Parameter(
        "temperature", "Temperature", "number", LoopRequest.temperature, "", 0.0, 1.5, 0.05, 2, field="temperature",
        name="temperatureSlider", midi=True, tip="Low is clean and close to the usual, high is wild.",
    ),
    Parameter(
        "repeat", "Repeat", "number", LoopRequest.repeat, "", 0.0, 1.0, 0.05, 2, field="repeat",
        name="repeatSlider", midi=True,
        tip="How much of the noise comes again with what strikes: every hit its own sound, or all the same.",
    ),
    Parameter(
        "num_steps", "Steps", "whole", QUALITY_STEPS, "", 1, 256, field="num_steps", name="stepsBox", midi=True,
        tip="Sampling steps: Live is heard within a beat, Quality takes its time.",
    ),
    Parameter("sampler", "Sampler", "choice", "euler", choices=SAMPLERS, field="sampler", name="samplerBox",
              tip="Integration rule of the denoiser."),
    Parameter("schedule", "Schedule", "choice", "linear", choices=SCHEDULES, field="schedule", name="scheduleBox",
              tip="How the steps are spread between noise and loop."),
    Parameter("seed", "Seed", "whole", 7, "", 0, MAX_SEED, field="seed", name="seedBox",
              tip="The same seed and settings give the same loop, bit for bit."),
    Parameter("seed_locked", "Keep seed", "toggle", False, name="seedLock",
              tip="Locked: Generate keeps the seed. Open: every Generate draws a new one."),
    *(
        Parameter(
            f"curve_{curve}", curve.title(), "curve", None, field=f"curves.{curve}", name=f"{curve}Knob", midi=True,
            step=0.01, decimals=2, tip=f"{curve.title()} over the loop; double-click sets it free.",
        )
        for curve in CURVES
    ),
)  # fmt: skip

_PAD = (
    Parameter("pad_on", "Noise pad", "toggle", False, name="padToggle",
              tip="On: the loop starts from a point between four noises instead of one seed."),
    Parameter("pad_x", "Pad X", "number", 0.5, step=0.01, decimals=2, field="noise.x", midi=True,
              tip="Left to right."),
    Parameter("pad_y", "Pad Y", "number", 0.5, step=0.01, decimals=2, field="noise.y", midi=True,
              tip="Top to bottom."),
    Parameter("pad_corners", "Corner seeds", "seeds", (11, 23, 37, 59), high=MAX_SEED, field="noise.corners",
              tip="The noises in the four corners."),
    Parameter("pad_locks", "Locked corners", "flags", (False,) * 4, tip="Corners that re-roll leaves alone."),
)  # fmt: skip

_PLAY = (
    Parameter("level_db", "Level", "number", 0.0, "dB", -60.0, 0.0, 0.5, 1, name="levelSlider", midi=True,
              scope="playback", tip="Master level."),
    Parameter("metronome", "Metronome", "toggle", False, name="metronomeButton", midi=True, scope="playback",
              tip="A click on every beat."),
    Parameter("count_in", "Count-in", "toggle", False, name="countInBox", scope="playback",
              tip="Four clicks before the loop starts."),
    Parameter("swap_at", "Swap at", "choice", "beat", choices=SWAP_AT, name="swapBox", scope="playback",
              tip="A new loop takes over at the next beat, or the next bar."),
    Parameter("follow", "Follow", "toggle", False, name="followButton", scope="playback",
              tip="While a loop plays, every change makes the loop anew with the same seed."),
    Parameter("level_match", "Match level", "toggle", True, scope="playback",
              tip="Plays every loop of the bank equally loud."),
    Parameter("variations", "Variations", "whole", 1, "", 1, 16, name="variationsBox", scope="playback",
              tip="How many loops one Generate makes, each with its own seed."),
)  # fmt: skip

PARAMETERS: Mapping[str, Parameter] = {knob.id: knob for knob in _MAKE + _HOW + _PAD + _PLAY}


def defaults() -> dict[str, Any]:
    """The value of every knob at first start."""
    return {knob.id: knob.default for knob in PARAMETERS.values()}


def build_request(values: Mapping[str, Any]) -> LoopRequest:
    """The request that `values` ask for; raises `InvalidRequest` when they cannot be asked together."""
    fields: dict[str, Any] = {}
    groups: dict[str, dict[str, Any]] = {"guidance": {}, "curves": {}, "noise": {}, "steer": {}}
    for knob in PARAMETERS.values():
        group, _, leaf = knob.field.partition(".")
        if leaf:
            groups[group][leaf] = values[knob.id]
        elif group:
            fields[group] = values[knob.id]
    fields["guidance"] = {name: weight for name, weight in groups["guidance"].items() if weight != 1.0}
    fields["curves"] = {name: points for name, points in groups["curves"].items() if points is not None}
    fields["steer"] = groups["steer"]
    fields["noise"] = NoisePad(**groups["noise"]) if values["pad_on"] else None
    fields["pattern"] = _asked_pattern(values)
    return LoopRequest(**fields)


def _asked_pattern(values: Mapping[str, Any]) -> Pattern:
    rows = dict(values["pattern"].rows)
    for part in values["muted"]:
        rows[part] = (0.0,) * 16
    return Pattern(rows=rows, swing=values["swing"])


def values_of(request: LoopRequest) -> dict[str, Any]:
    """The knobs that make `request`; knobs the request does not know are left out."""
    values: dict[str, Any] = {}
    noise = request.noise or NoisePad(corners=PARAMETERS["pad_corners"].default)
    homes: dict[str, Mapping[str, Any]] = {
        "guidance": {name: request.guidance.get(name, 1.0) for name in GUIDED},
        "curves": {name: request.curves.get(name) for name in CURVES},
        "steer": {name: request.steer.get(name, 0.0) for name in STEERS},
        "noise": {"x": noise.x, "y": noise.y, "corners": noise.corners},
    }
    for knob in PARAMETERS.values():
        group, _, leaf = knob.field.partition(".")
        if leaf and (group != "noise" or request.noise is not None):
            values[knob.id] = homes[group][leaf]
        elif group and not leaf:
            values[knob.id] = getattr(request, group)
    values["pattern"] = replace(request.pattern, swing=0.0)
    values["swing"] = request.pattern.swing
    values["muted"] = ()
    values["reference_name"] = ""
    values["pad_on"] = request.noise is not None
    return values
