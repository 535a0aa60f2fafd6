"""`loopgen render`: words, tags and a pattern become loops."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from engine import knobs
from engine.cli import rendering
from engine.cli.options import (
    BitDepthOption,
    DeviceOption,
    GuidanceOption,
    JsonOption,
    OutOption,
    PackOption,
    RepeatOption,
    SamplerOption,
    StepsOption,
    TemperatureOption,
    option,
    parse_choices,
    parse_numbers,
    read_pattern,
)
from engine.errors import InvalidRequest
from engine.requests import LoopRequest
from engine.vocabulary import CHARACTERS, CURVES, PARTS, STEERS, STYLES


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("render", help="Make loops and write them as WAV or FLAC files.")(render)


def render(
    prompt: Annotated[str, option(knobs.PROMPT, "What it should sound like, in words")] = knobs.PROMPT.default,
    negative: Annotated[
        str, option(knobs.NEGATIVE_PROMPT, "What it should not sound like")
    ] = knobs.NEGATIVE_PROMPT.default,
    bpm: Annotated[float, option(knobs.TEMPO, "Tempo, decimals allowed")] = knobs.TEMPO.default,
    bars: Annotated[int, option(knobs.BARS, "Length in 4/4")] = knobs.BARS.default,
    seed: Annotated[int | None, option(knobs.SEED, "The same seed gives the same loop; else a random one")] = None,
    count: Annotated[int, option(knobs.COUNT, "How many loops, with consecutive seeds")] = knobs.COUNT.default,
    tag: Annotated[
        list[str],
        typer.Option(
            help=f"May be repeated. Styles: {', '.join(STYLES)}. Parts: {', '.join(PARTS)}. "
            f"Characters: {', '.join(CHARACTERS)}."
        ),
    ] = [],
    negative_tag: Annotated[list[str], typer.Option(help="A tag to keep away from; may be repeated.")] = [],
    key: Annotated[str | None, option(knobs.KEY, "Such as C, Gb or Am")] = knobs.KEY.default,
    pattern: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help='Velocities per sixteenth: {"kick": [1, 0, 0, 0, ...], ...}.'),
    ] = None,
    curve: Annotated[
        list[str],
        typer.Option(
            help=f"{', '.join(CURVES)}: one value, or many over the loop: brightness=0.2,0.8 "
            f"({knobs.curve(CURVES[0]).span})."
        ),
    ] = [],
    steps: StepsOption = knobs.STEPS.default,
    guidance: GuidanceOption = knobs.GUIDANCE.default,
    weight: Annotated[
        list[str],
        typer.Option(
            help="Weigh tags, pattern, curves or clap relative to the guidance: pattern=1.5 "
            f"({knobs.guidance_of('pattern').span})."
        ),
    ] = [],
    temperature: TemperatureOption = knobs.TEMPERATURE.default,
    repeat: RepeatOption = knobs.REPEAT.default,
    voice: Annotated[
        list[str],
        typer.Option(help="The voice of a part, by a seed or a sound: kick=12, snare=FILE. Else the loop's own."),
    ] = [],
    reference: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A sound whose character the loop takes on.")
    ] = None,
    blend: Annotated[
        float, option(knobs.BLEND, "Words (0) or reference (1), where both are given")
    ] = knobs.BLEND.default,
    steer: Annotated[
        list[str],
        typer.Option(help=f"{', '.join(STEERS)}: {knobs.steer('bright').span}, such as bright=0.7; may be repeated."),
    ] = [],
    compose: Annotated[
        bool,
        typer.Option("--compose/--free", help="Write the parts that the pattern leaves open, or leave them."),
    ] = knobs.COMPOSE.default,
    sampler: SamplerOption = knobs.SAMPLER.default,
    schedule: Annotated[str, option(knobs.SCHEDULE)] = knobs.SCHEDULE.default,
    out: OutOption = Path(),
    bit_depth: BitDepthOption = 24,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Make loops and write them as WAV or FLAC files."""
    drawn = parse_choices(voice, "Voice")
    first = LoopRequest.from_dict(
        {
            "tempo_bpm": bpm,
            "bars": bars,
            # Six digits: short in a file name, and easily typed again.
            "seed": secrets.randbelow(1_000_000) if seed is None else seed,
            "prompt": prompt,
            "negative_prompt": negative,
            "tags": tuple(tag),
            "negative_tags": tuple(negative_tag),
            "key": key,
            "pattern": read_pattern(pattern),
            "curves": parse_numbers(curve, "Curve"),
            "num_steps": steps,
            "sampler": sampler,
            "schedule": schedule,
            "guidance_scale": guidance,
            "temperature": temperature,
            "repeat": repeat,
            "voices": {part: int(seed) for part, seed in drawn.items() if seed.isdecimal()},
            "compose": compose,
            "guidance": {
                name: _single("Weight", name, values) for name, values in parse_numbers(weight, "Weight").items()
            },
            "blend": blend,
            "steer": {name: _single("Steer", name, values) for name, values in parse_numbers(steer, "Steer").items()},
        }
    )
    destination = rendering.Destination.check(out, bit_depth, count)
    from engine.audio.io import read_audio

    stems = {part: read_audio(Path(file)) for part, file in drawn.items() if not file.isdecimal()}

    sound = None if reference is None else read_audio(reference)
    renderer = rendering.load_renderer(pack, device)
    if sound is not None:
        first = first.with_(reference=renderer.embed_sound(sound.audio, sound.sample_rate))
    heard = {part: renderer.embed_voice(part, stem.audio, stem.sample_rate) for part, stem in stems.items()}
    first = first.with_(voices={**first.voices, **heard})
    requests = [first.with_(seed=first.seed + i) for i in range(count)]
    told = rendering.render_all(renderer, requests, destination)
    rendering.say(told, as_json=json)


def _single(what: str, name: str, values: tuple[float, ...]) -> float:
    if len(values) != 1:
        raise InvalidRequest(f"{what} of {name!r} needs one number, not {len(values)}.")
    return values[0]
