"""`loopgen stretch`: a loop at another tempo, its pitches kept."""

import time
from typing import Annotated

import typer

from engine.cli import reworking
from engine.cli.groups import MachineOptions, OutputOptions, grouped
from engine.cli.options import option
from engine.cli.progress_bar import progress_bar
from engine.cli.rendering import say
from engine.cli.reworking import SourceArgument, SourceOptions, WalkOptions
from engine.knobs import TEMPO


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("stretch", help="Bring a loop to another tempo.")(stretch)


@grouped
def stretch(
    source: SourceArgument,
    bpm: Annotated[float, option(TEMPO, "The new tempo: half to twice the old one")],
    route: Annotated[
        str, typer.Option(help="inversion (from its own noise) or conditions (new noise, what is known of it).")
    ] = "inversion",
    *,
    known: SourceOptions,
    walked: WalkOptions,
    written: OutputOptions,
    machine: MachineOptions,
) -> None:
    """Bring a loop to another tempo."""
    walk = walked.walk(0)  # a state on the way needs no exact noise
    destination = written.check(sources=[source])
    from engine.applications import time_stretch
    from engine.applications.inversion import invert_loops
    from engine.recipe import Origin

    time_stretch.check_route(route)
    pipeline = machine.pipeline()
    loop = known.open(source, pipeline)
    time_stretch.stretched_request(loop.request, bpm)  # judges the ratio before anything is computed
    started = time.perf_counter()
    down_to = time_stretch.TURN_AT if route == "inversion" else 1.0
    back = walked.steps - walk.nearest(down_to)
    with progress_bar(back + (back if route == "inversion" else walked.steps)) as progress:
        [inverted] = invert_loops(pipeline, [loop], walk, down_to=down_to, progress=progress)
        made = time_stretch.stretch(pipeline, inverted, bpm, route=route, progress=progress)
    origin = Origin("stretch", source=loop.name, from_bpm=loop.request.tempo_bpm, route=route)
    say([reworking.write_loop(made, destination, started, f"{source.stem} stretched", origin)], as_json=machine.json)
