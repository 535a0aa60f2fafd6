"""`loopgen vary`: variations of a loop, from itself to another one."""

import time
from typing import Annotated

import typer

from engine.cli import reworking
from engine.cli.groups import MachineOptions, OutputOptions, grouped
from engine.cli.options import option
from engine.cli.progress_bar import progress_bar
from engine.cli.rendering import say
from engine.cli.reworking import SourceArgument, SourceOptions, WalkOptions
from engine.knobs import COUNT, KEEP, SEED, STRENGTH


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("vary", help="Make variations of a loop.")(vary)


@grouped
def vary(
    source: SourceArgument,
    strength: Annotated[
        float, option(STRENGTH, "0 is the loop itself, 1 new noise under its conditions")
    ] = STRENGTH.default,
    keep: Annotated[str, option(KEEP, "all, rhythm (with a new sound) or sound (with a new rhythm)")] = KEEP.default,
    tag: Annotated[list[str], typer.Option(help="A tag for the new sound; may be repeated.")] = [],
    seed: reworking.SeedOption = SEED.default,
    count: Annotated[int, option(COUNT, "How many variations, with consecutive seeds")] = COUNT.default,
    *,
    known: SourceOptions,
    walked: WalkOptions,
    written: OutputOptions,
    machine: MachineOptions,
) -> None:
    """Make variations of a loop."""
    walk = walked.walk()
    destination = written.check(count, [source])
    from engine.applications import variation
    from engine.applications.inversion import invert_loops
    from engine.recipe import Origin

    variation.check(strength, keep, tag, seed + count - 1)
    pipeline = machine.pipeline()
    loop = known.open(source, pipeline)
    started = time.perf_counter()
    told = []
    with progress_bar((1 + count) * walked.steps) as progress:
        [inverted] = invert_loops(pipeline, [loop], walk, progress=progress)
        for number in range(seed, seed + count):
            [made] = variation.vary(
                pipeline, inverted, [strength], keep=keep, seed=number, tags=tag, progress=progress
            )
            origin = Origin("vary", source=loop.name, strength=strength, keep=keep, noise_seed=number)
            told.append(reworking.write_loop(made, destination, started, f"{source.stem} varied", origin))
    say(told, as_json=machine.json)
