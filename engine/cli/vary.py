"""`loopgen vary`: variations of a loop, from itself to another one."""

import time
from pathlib import Path
from typing import Annotated

import typer

from engine.cli import reworking
from engine.cli.options import BitDepthOption, DeviceOption, JsonOption, OutOption, PackOption
from engine.cli.rendering import Destination, say
from engine.cli.reworking import (
    FitOption,
    FromBpmOption,
    SourceArgument,
    WalkGuidanceOption,
    WalkSamplerOption,
    WalkStepsOption,
)
from engine.errors import InvalidRequest

MAX_COUNT = 1000


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("vary", help="Make variations of a loop.")(vary)


def vary(
    source: SourceArgument,
    strength: Annotated[float, typer.Option(help="0 (the loop itself) to 1 (its conditions, new noise).")] = 0.5,
    keep: Annotated[str, typer.Option(help="all, rhythm (with a new sound) or sound (with a new rhythm).")] = "all",
    tag: Annotated[list[str], typer.Option(help="A tag for the new sound; may be repeated.")] = [],
    seed: reworking.SeedOption = 0,
    count: Annotated[int, typer.Option(help="How many variations, with consecutive seeds.")] = 1,
    out: OutOption = Path(),
    from_bpm: FromBpmOption = None,
    fit: FitOption = None,
    steps: WalkStepsOption = reworking.STEPS,
    sampler: WalkSamplerOption = reworking.SAMPLER,
    guidance: WalkGuidanceOption = 1.0,
    bit_depth: BitDepthOption = 24,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Make variations of a loop."""
    if not 1 <= count <= MAX_COUNT:
        raise InvalidRequest(f"Count {count} is not possible: 1 to {MAX_COUNT}.")
    walk = reworking.make_walk(steps, sampler, guidance)
    destination = Destination.check(out, bit_depth, count)
    from engine.applications import variation
    from engine.applications.inversion import invert_loop

    variation.check(strength, keep, tag, seed + count - 1)
    pipeline = reworking.load_pipeline(pack, device)
    loop = reworking.open_source(source, pipeline.info.sample_rate, from_bpm, fit)
    started = time.perf_counter()
    told = []
    with reworking.progress((1 + count) * steps) as tell:
        inverted = invert_loop(pipeline, loop, walk, on_step=tell)
        for number in range(seed, seed + count):
            made = variation.vary(pipeline, inverted, strength, keep=keep, seed=number, tags=tag, on_step=tell)
            origin = {
                "verb": "vary", "source": loop.name, "strength": strength, "keep": keep, "noise_seed": number,
            }  # fmt: skip
            told.append(reworking.write_loop(made, destination, started, f"{source.stem} varied", origin))
    say(told, as_json=json)
