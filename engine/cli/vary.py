"""`loopgen vary`: variations of a loop, from itself to another one."""

import time
from pathlib import Path
from typing import Annotated

import typer

from engine.cli import reworking
from engine.cli.options import BitDepthOption, DeviceOption, JsonOption, OutOption, PackOption, option
from engine.cli.progress_bar import progress_bar
from engine.cli.rendering import Destination, say
from engine.cli.reworking import (
    FitOption,
    FromBpmOption,
    SourceArgument,
    WalkGuidanceOption,
    WalkSamplerOption,
    WalkStepsOption,
)
from engine.knobs import COUNT, KEEP, SEED, STRENGTH


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("vary", help="Make variations of a loop.")(vary)


def vary(
    source: SourceArgument,
    strength: Annotated[
        float, option(STRENGTH, "0 is the loop itself, 1 new noise under its conditions")
    ] = STRENGTH.default,
    keep: Annotated[str, option(KEEP, "all, rhythm (with a new sound) or sound (with a new rhythm)")] = KEEP.default,
    tag: Annotated[list[str], typer.Option(help="A tag for the new sound; may be repeated.")] = [],
    seed: reworking.SeedOption = SEED.default,
    count: Annotated[int, option(COUNT, "How many variations, with consecutive seeds")] = COUNT.default,
    out: OutOption = Path(),
    from_bpm: FromBpmOption = None,
    fit: FitOption = None,
    steps: WalkStepsOption = reworking.STEPS,
    sampler: WalkSamplerOption = reworking.SAMPLER,
    guidance: WalkGuidanceOption = reworking.GUIDANCE,
    bit_depth: BitDepthOption = 24,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Make variations of a loop."""
    walk = reworking.make_walk(steps, sampler, guidance)
    destination = Destination.check(out, bit_depth, count)
    from engine.applications import variation
    from engine.applications.inversion import invert_loops
    from engine.recipe import Origin

    variation.check(strength, keep, tag, seed + count - 1)
    pipeline = reworking.load_pipeline(pack, device)
    loop = reworking.open_source(source, pipeline.info.sample_rate, from_bpm, fit)
    started = time.perf_counter()
    told = []
    with progress_bar((1 + count) * steps) as progress:
        [inverted] = invert_loops(pipeline, [loop], walk, progress=progress)
        for number in range(seed, seed + count):
            [made] = variation.vary(
                pipeline, inverted, [strength], keep=keep, seed=number, tags=tag, progress=progress
            )
            origin = Origin("vary", source=loop.name, strength=strength, keep=keep, noise_seed=number)
            told.append(reworking.write_loop(made, destination, started, f"{source.stem} varied", origin))
    say(told, as_json=json)
