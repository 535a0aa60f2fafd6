"""Every knob of the window, the engine's and its own: widget, preset, session, MIDI and request derive from them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine import CURVES, KNOBS, PARTS, STEERS, Knob, LoopRequest, NoisePad, Pattern
from loopgen_app.state.parameter import Parameter

SWAP_AT = ("beat", "bar")
GUIDED = {knob.leaf: knob.label for knob in KNOBS.values() if knob.field.startswith("guidance.")}
"""Conditions that are weighed, and what they are called."""

STEERED = {
    "bright": "Brighter; to the left darker.",
    "dense": "More notes; to the left fewer.",
    "hard": "Harder and more driving; to the left softer.",
    "dub": "Deeper in echo and room; to the left drier.",
    "acid": "More acid; to the left less of it.",
    "lo_fi": "Dustier and rougher; to the left cleaner.",
}

_MAKE = (
    Parameter.of(
        KNOBS["prompt"],
        tip="What it should sound like, in a few words. Enter generates, Tab ends a word, Up brings earlier prompts, "
        "Ctrl+Up and Ctrl+Down weigh the phrase at the cursor (acid:1.3).",
    ),
    Parameter.of(KNOBS["negative_prompt"], tip="What it should not sound like."),
    Parameter(
        "reference", "Reference", "embedding", (), field="reference",
        tip="Drop an audio file or a loop of the bank: its character is taken on. Click to choose a file.",
    ),
    Parameter.of(
        Knob("reference_name", "Name of the reference", "text", "", high=200), tip="Shown in its field."
    ),
    Parameter.of(
        KNOBS["blend"],
        tip="Where words and a reference are both given: 0 is the words alone, 1 the sound alone.",
    ),
    *(
        Parameter.of(
            KNOBS[f"steer_{steer}"], tip=f"{STEERED[steer]} Double-click for 0."
        )
        for steer in STEERS
    ),
    Parameter("tags", "Tags", "words", (), field="tags", tip="Words the model knows for certain."),
    Parameter("negative_tags", "Without tags", "words", (), field="negative_tags", tip="Tags to stay away from."),
    Parameter(
        "pattern", "Pattern", "pattern", Pattern(), field="pattern",
        tip="Which part plays when. A part without a row is free.",
    ),
    Parameter("muted", "Muted parts", "words", (), choices=PARTS, tip="Parts asked to be silent."),
    Parameter(
        "row_locks", "Locked rows", "words", (), choices=PARTS, scope="playback",
        tip="Rows that stay as they are when others are written anew.",
    ),
    Parameter(
        "voices", "Voices", "voices", {}, field="voices",
        tip="Which parts keep their sound, and which; the others sound as the seed says.",
    ),
    Parameter.of(
        KNOBS["compose"],
        tip="On: parts without a row get one written from the seed. Off: the model is left alone with them.",
    ),
    Parameter.of(
        KNOBS["swing"], tip="Delays every second sixteenth by this fraction of a step."
    ),
)  # fmt: skip

_HOW = (
    Parameter.of(
        KNOBS["tempo_bpm"],
        tip="Exact tempo. Wheel or drag, Shift for hundredths, double-click to type, T to tap.",
    ),
    Parameter.of(KNOBS["bars"], tip="Loop length."),
    Parameter.of(KNOBS["key"], tip="Key, or any."),
    Parameter.of(
        KNOBS["guidance_scale"],
        tip="How closely to follow what was asked: 0 ignores it, 1 follows, above 1 insists.",
    ),
    *(
        Parameter.of(
            KNOBS[f"guidance_{condition}"],
            tip=f"Weight of the {label.lower()} next to the master guidance; 1 is as the master says.",
        )
        for condition, label in GUIDED.items()
    ),
    Parameter.of(
        KNOBS["temperature"], tip="Low is clean and close to the usual, high is wild."
    ),
    Parameter.of(
        KNOBS["repeat"],
        tip="How much of the noise comes again with what strikes: every hit its own sound, or all the same.",
    ),
    Parameter.of(
        KNOBS["learnt"],
        tip="How much of what the pack learnt from your sounds: 0 plays as the pack that it learnt from.",
    ),
    Parameter.of(
        KNOBS["num_steps"],
        tip="Steps from noise to loop: Live is heard within a beat, Quality takes its time.",
    ),
    Parameter.of(
        KNOBS["sampler"],
        tip="How each step is taken: heun and midpoint look twice, take twice as long and stray less.",
    ),
    Parameter.of(
        KNOBS["schedule"], tip="How the steps are spread between noise and loop."
    ),
    Parameter.of(
        KNOBS["seed"], starts=7,
        tip="The same seed and settings give the same loop.",
    ),
    Parameter.of(
        Knob("seed_locked", "Keep seed", "toggle", False),
        tip="Locked: Generate keeps the seed. Open: every Generate draws a new one.",
    ),
    *(
        Parameter.of(
            KNOBS[f"curve_{curve}"],
            tip=f"{curve.title()} over the loop; double-click sets it free.",
        )
        for curve in CURVES
    ),
)  # fmt: skip

_PAD = (
    Parameter.of(
        Knob("pad_on", "Noise pad", "toggle", False),
        tip="On: the loop starts from a point between four noises instead of one seed.",
    ),
    Parameter.of(KNOBS["pad_x"], tip="Left to right."),
    Parameter.of(KNOBS["pad_y"], tip="Top to bottom."),
    Parameter(
        "pad_corners", "Corner seeds", "seeds", (11, 23, 37, 59), field="noise.corners",
        tip="The noises in the four corners.",
    ),
    Parameter("pad_locks", "Locked corners", "flags", (False,) * 4, tip="Corners that re-roll leaves alone."),
)  # fmt: skip

_PLAY = (
    Parameter.of(
        Knob(
            "level_db", "Level", "number", 0.0, -60.0, 0.0, step=0.5, decimals=1, unit="dB", learnable=True
        ), scope="playback", tip="Master level.",
    ),
    Parameter.of(
        Knob("metronome", "Metronome", "toggle", False, learnable=True), scope="playback",
        tip="A click on every beat.",
    ),
    Parameter.of(
        Knob("count_in", "Count-in", "toggle", False), scope="playback",
        tip="Four clicks before the loop starts.",
    ),
    Parameter.of(
        Knob("swap_at", "Swap at", "choice", "beat", choices=SWAP_AT), scope="playback",
        tip="A new loop takes over at the next beat, or the next bar.",
    ),
    Parameter.of(
        Knob("follow", "Follow", "toggle", False), scope="playback",
        tip="While a loop plays, every change makes the loop anew with the same seed: quickly while a knob "
        "turns, and in full quality once it rests.",
    ),
    Parameter.of(
        Knob("live_tempo", "Live tempo", "toggle", True), scope="playback",
        tip="The tempo knob turns what plays at once. Off: it is for the next loop alone.",
    ),
    Parameter.of(
        Knob("level_match", "Match level", "toggle", True), scope="playback",
        tip="Plays every loop of the bank equally loud.",
    ),
    Parameter.of(
        Knob("variations", "Variations", "whole", 1, 1, 16), scope="playback",
        tip="How many loops one Generate makes, each with its own seed.",
    ),
)  # fmt: skip

_MIX = (
    *(
        Parameter.of(
            Knob(
                f"mix_{part}", f"Level of the {part.replace('_', ' ')}", "number", 0.0, -60.0, 6.0, step=0.5,
                decimals=1, unit="dB", learnable=True,
            ), scope="playback", tip="How loud this part of the loop is heard. Double-click for 0 dB.",
        )
        for part in PARTS
    ),
    Parameter(
        "mix_muted", "Muted stems", "words", (), choices=PARTS, scope="playback",
        tip="Parts that are not heard, though they were made.",
    ),
    Parameter(
        "mix_soloed", "Soloed stems", "words", (), choices=PARTS, scope="playback",
        tip="Where there are any, they alone are heard.",
    ),
)  # fmt: skip

PARAMETERS: Mapping[str, Parameter] = {knob.id: knob for knob in _MAKE + _HOW + _PAD + _PLAY + _MIX}


def defaults() -> dict[str, Any]:
    """The value of every knob at first start."""
    return {knob.id: knob.default for knob in PARAMETERS.values()}


def build_request(values: Mapping[str, Any]) -> LoopRequest:
    """The request that `values` ask for; raises `InvalidRequest` when they cannot be asked together."""
    fields: dict[str, Any] = {}
    groups: dict[str, dict[str, Any]] = {"guidance": {}, "curves": {}, "noise": {}, "steer": {}, "pattern": {}}
    for knob in PARAMETERS.values():
        group, _, leaf = knob.field.partition(".")
        if leaf:
            groups[group][leaf] = values[knob.id]
        elif group:
            fields[group] = values[knob.id]
    fields["guidance"] = {
        name: weight for name, weight in groups["guidance"].items() if weight != KNOBS[f"guidance_{name}"].default
    }
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
        "guidance": {name: request.guidance.get(name, KNOBS[f"guidance_{name}"].default) for name in GUIDED},
        "curves": {name: request.curves.get(name) for name in CURVES},
        "steer": {name: request.steer.get(name, KNOBS[f"steer_{name}"].default) for name in STEERS},
        "noise": {"x": noise.x, "y": noise.y, "corners": noise.corners},
        "pattern": {"swing": request.pattern.swing},
    }
    for knob in PARAMETERS.values():
        group, _, leaf = knob.field.partition(".")
        if leaf and (group != "noise" or request.noise is not None):
            values[knob.id] = homes[group][leaf]
        elif group and not leaf:
            values[knob.id] = getattr(request, group)
    values["pattern"] = replace(request.pattern, swing=0.0)
    values["muted"] = ()
    values["reference_name"] = ""
    values["pad_on"] = request.noise is not None
    return values
