"""The verbs of `loopgen evaluate` that listen to one part at a time."""

import json as json_format
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from engine.cli import reworking
from engine.cli.options import DeviceOption, JsonOption, PackOption
from engine.errors import InvalidRequest
from engine.requests import LoopRequest

OutFolder: TypeAlias = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the figures.")]
StepsOption: TypeAlias = Annotated[int, typer.Option(help="Sampling steps.")]
GuidanceOption: TypeAlias = Annotated[float, typer.Option("--guidance", help="How strictly to obey.")]
TemperatureOption: TypeAlias = Annotated[float, typer.Option(help="Deviation of the noise, 0 to 1.5.")]
RepeatOption: TypeAlias = Annotated[
    float, typer.Option(help="How much of the noise comes again with each hit, 0 to 1.")
]


def voices(
    out: OutFolder,
    loops: Annotated[int, typer.Option(help="Loops of each part.")] = 8,
    steps: StepsOption = 16,
    scale: GuidanceOption = LoopRequest.guidance_scale,
    temperature: TemperatureOption = LoopRequest.temperature,
    repeat: RepeatOption = LoopRequest.repeat,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Whether a drum is the same drum from hit to hit, another from loop to loop, and silence silent."""
    if not 2 <= loops <= 100:
        raise InvalidRequest(f"--loops {loops} is not possible: 2 to 100.")
    request = LoopRequest(num_steps=steps, guidance_scale=scale, temperature=temperature, repeat=repeat)
    from engine.evaluation.voice_experiment import evaluate_voices

    results = evaluate_voices(reworking.load_pipeline(pack, device), out, loops=loops, request=request)
    _say(results, out / "voices.md", as_json=json)


def hits(
    out: OutFolder,
    patterns: Annotated[int, typer.Option(help="Drawn patterns of each part.")] = 100,
    steps: StepsOption = 16,
    scale: GuidanceOption = LoopRequest.guidance_scale,
    temperature: TemperatureOption = LoopRequest.temperature,
    repeat: RepeatOption = LoopRequest.repeat,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Whether every hit that is asked for is played, and no other."""
    if not 1 <= patterns <= 10_000:
        raise InvalidRequest(f"--patterns {patterns} is not possible: 1 to 10000.")
    request = LoopRequest(num_steps=steps, guidance_scale=scale, temperature=temperature, repeat=repeat)
    from engine.evaluation.hit_experiment import evaluate_hits

    pipeline, progress = reworking.load_pipeline(pack, device), sys.stderr.isatty()
    results = evaluate_hits(pipeline, out, patterns=patterns, request=request, progress=progress)
    _say(results, out / "hits.md", as_json=json)


PARTS_ALONE: dict[str, Callable[..., None]] = {"voices": voices, "hits": hits}


def _say(results: Any, written: Path, *, as_json: bool) -> None:
    from engine.evaluation.results import plain

    typer.echo(json_format.dumps(plain(results)) if as_json else written.read_text(encoding="utf-8"))
