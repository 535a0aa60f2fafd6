"""The verbs of `loopgen evaluate` that listen to one part at a time."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from engine.cli import reworking
from engine.cli.options import (
    DeviceOption,
    FiguresOption,
    GuidanceOption,
    JsonOption,
    PackOption,
    RepeatOption,
    StepsOption,
    TemperatureOption,
)
from engine.cli.results import say_results
from engine.errors import InvalidRequest
from engine.knobs import GUIDANCE, REPEAT, STEPS, TEMPERATURE
from engine.requests import LoopRequest


def voices(
    out: FiguresOption,
    loops: Annotated[int, typer.Option(help="Loops of each part.")] = 8,
    steps: StepsOption = STEPS.default,
    scale: GuidanceOption = GUIDANCE.default,
    temperature: TemperatureOption = TEMPERATURE.default,
    repeat: RepeatOption = REPEAT.default,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Whether a drum is the same drum from hit to hit, another from loop to loop, and silence silent."""
    if not 2 <= loops <= 100:
        raise InvalidRequest(f"--loops {loops} is not possible: 2 to 100.")
    request = LoopRequest(num_steps=steps, guidance_scale=scale, temperature=temperature, repeat=repeat)
    from engine.evaluation.experiments.voices import evaluate_voices

    results = evaluate_voices(reworking.load_pipeline(pack, device), out, loops=loops, request=request)
    say_results(results, out / "voices.md", as_json=json)


def hits(
    out: FiguresOption,
    patterns: Annotated[int, typer.Option(help="Drawn patterns of each part.")] = 100,
    steps: StepsOption = STEPS.default,
    scale: GuidanceOption = GUIDANCE.default,
    temperature: TemperatureOption = TEMPERATURE.default,
    repeat: RepeatOption = REPEAT.default,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Whether every hit that is asked for is played, and no other."""
    if not 1 <= patterns <= 10_000:
        raise InvalidRequest(f"--patterns {patterns} is not possible: 1 to 10000.")
    request = LoopRequest(num_steps=steps, guidance_scale=scale, temperature=temperature, repeat=repeat)
    from engine.evaluation.experiments.hits import evaluate_hits

    pipeline, progress = reworking.load_pipeline(pack, device), sys.stderr.isatty()
    results = evaluate_hits(pipeline, out, patterns=patterns, request=request, progress=progress)
    say_results(results, out / "hits.md", as_json=json)


PARTS_ALONE: dict[str, Callable[..., None]] = {"voices": voices, "hits": hits}
