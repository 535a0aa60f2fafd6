"""`loopgen render`: words, tags and a pattern become loops."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from engine import knobs
from engine.cli import rendering
from engine.cli.groups import MachineOptions, OutputOptions, SamplingOptions, grouped
from engine.cli.options import asked_for, option, parse_choices, parse_numbers, read_pattern
from engine.cli.render_library import LibraryOptions, render_requests
from engine.errors import InvalidRequest
from engine.requests import LoopRequest
from engine.vocabulary import CHARACTERS, CURVES, PARTS, STEERS, STYLES


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("render", help="Make loops and write them as WAV or FLAC files.")(render)


@dataclass(frozen=True)
class WordOptions:
    """What a loop should be, in words, tags and numbers."""

    prompt: Annotated[str, option(knobs.PROMPT, "What it should sound like, in words")] = knobs.PROMPT.default
    negative: Annotated[str, option(knobs.NEGATIVE_PROMPT, "What it should not sound like")] = (
        knobs.NEGATIVE_PROMPT.default
    )
    bpm: Annotated[float, option(knobs.TEMPO, "Tempo, decimals allowed")] = knobs.TEMPO.default
    bars: Annotated[int, option(knobs.BARS, "Length in 4/4")] = knobs.BARS.default
    tag: Annotated[
        list[str],
        typer.Option(
            help=f"May be repeated. Styles: {', '.join(STYLES)}. Parts: {', '.join(PARTS)}. "
            f"Characters: {', '.join(CHARACTERS)}."
        ),
    ] = field(default_factory=list)
    negative_tag: Annotated[list[str], typer.Option(help="A tag to keep away from; may be repeated.")] = field(
        default_factory=list
    )
    key: Annotated[str | None, option(knobs.KEY, "Such as C, Gb or Am")] = knobs.KEY.default

    def settings(self) -> dict[str, Any]:
        """The same as fields of a `LoopRequest`."""
        return {
            "tempo_bpm": self.bpm,
            "bars": self.bars,
            "prompt": self.prompt,
            "negative_prompt": self.negative,
            "tags": tuple(self.tag),
            "negative_tags": tuple(self.negative_tag),
            "key": self.key,
        }


@dataclass(frozen=True)
class PlayOptions:
    """What is played, and by which voices."""

    pattern: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help='Velocities per sixteenth: {"kick": [1, 0, 0, 0, ...], ...}.'),
    ] = None
    curve: Annotated[
        list[str],
        typer.Option(
            help=f"{', '.join(CURVES)}: one value, or many over the loop: brightness=0.2,0.8 "
            f"({knobs.curve(CURVES[0]).span})."
        ),
    ] = field(default_factory=list)
    voice: Annotated[
        list[str],
        typer.Option(help="The voice of a part, by a seed or a sound: kick=12, snare=FILE. Else the loop's own."),
    ] = field(default_factory=list)
    compose: Annotated[
        bool,
        typer.Option("--compose/--free", help="Write the parts that the pattern leaves open, or leave them."),
    ] = knobs.COMPOSE.default

    def settings(self) -> dict[str, Any]:
        """The same as fields of a `LoopRequest`, without the voices that are sounds."""
        seeds = {part: int(seed) for part, seed in self._voices().items() if seed.isdecimal()}
        return {
            "pattern": read_pattern(self.pattern),
            "curves": parse_numbers(self.curve, "Curve"),
            "voices": seeds,
            "compose": self.compose,
        }

    def sounds(self) -> dict[str, Path]:
        """The sounds that voices are taken from, by part."""
        return {part: Path(file) for part, file in self._voices().items() if not file.isdecimal()}

    def _voices(self) -> dict[str, str]:
        return parse_choices(self.voice, "Voice")


@dataclass(frozen=True)
class LeadOptions:
    """What leads a loop besides its words, and how it is walked to."""

    reference: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A sound whose character the loop takes on.")
    ] = None
    blend: Annotated[float, option(knobs.BLEND, "Words (0) or reference (1), where both are given")] = (
        knobs.BLEND.default
    )
    steer: Annotated[
        list[str],
        typer.Option(help=f"{', '.join(STEERS)}: {knobs.steer('bright').span}, such as bright=0.7; may be repeated."),
    ] = field(default_factory=list)
    weight: Annotated[
        list[str],
        typer.Option(
            help="Weigh tags, pattern, curves or clap relative to the guidance: pattern=1.5 "
            f"({knobs.guidance_of('pattern').span})."
        ),
    ] = field(default_factory=list)
    schedule: Annotated[str, option(knobs.SCHEDULE)] = knobs.SCHEDULE.default

    def settings(self) -> dict[str, Any]:
        """The same as fields of a `LoopRequest`, without the reference."""
        return {
            "blend": self.blend,
            "steer": _single("Steer", parse_numbers(self.steer, "Steer")),
            "guidance": _single("Weight", parse_numbers(self.weight, "Weight")),
            "schedule": self.schedule,
        }


@grouped
def render(
    *,
    context: typer.Context,
    worded: WordOptions,
    seed: Annotated[
        int | None,
        option(
            knobs.SEED,
            "The same seed gives the same loop, to 100 dB over other numbers of threads; else a random one",
        ),
    ] = None,
    count: Annotated[int, option(knobs.COUNT, "How many loops, with consecutive seeds")] = knobs.COUNT.default,
    played: PlayOptions,
    sampling: SamplingOptions,
    led: LeadOptions,
    library: LibraryOptions,
    written: OutputOptions,
    machine: MachineOptions,
) -> None:
    """Make loops and write them as WAV or FLAC files."""
    sounds = [*filter(None, [led.reference]), *played.sounds().values()]
    library.check(count, sounds)
    # Six digits: short in a file name, and easily typed again. Lines of a file are numbered from there.
    drawn = (secrets.randbelow(1_000_000) if library.requests is None else 0) if seed is None else seed
    asked = (worded.settings(), played.settings(), sampling.settings(), led.settings())
    first = LoopRequest.from_dict({"seed": drawn, **{name: value for part in asked for name, value in part.items()}})
    if library.requests is not None:
        render_requests(first, library, written, machine)
        return
    if asked_for(context, "steps"):
        _say_steps(first)
    destination = written.check(count, sounds)
    from engine.audio.io import read_audio

    stems = {part: read_audio(file) for part, file in played.sounds().items()}
    sound = None if led.reference is None else read_audio(led.reference)
    renderer = machine.pipeline()
    if sound is not None:
        first = first.with_(reference=renderer.embed_sound(sound.audio, sound.sample_rate))
    heard = {part: renderer.embed_voice(part, stem.audio, stem.sample_rate) for part, stem in stems.items()}
    first = first.with_(voices={**first.voices, **heard})
    requests = [first.with_(seed=first.seed + i) for i in range(count)]
    rendering.say(rendering.render_all(renderer, requests, destination), as_json=machine.json)


def _say_steps(request: LoopRequest) -> None:
    """Tell on stderr of a sampler that has steps of its own, other than were asked for."""
    if request.evaluated_steps != request.num_steps:
        took = f"The sampler {request.sampler} has {request.evaluated_steps} evaluations, not {request.num_steps}."
        typer.echo(took, err=True)


def _single(what: str, found: dict[str, tuple[float, ...]]) -> dict[str, float]:
    for name, values in found.items():
        if len(values) != 1:
            raise InvalidRequest(f"{what} of {name!r} needs one number, not {len(values)}.")
    return {name: value for name, (value,) in found.items()}
