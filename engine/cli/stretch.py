"""`loopgen stretch`: a loop at another tempo, its pitches kept."""

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
from engine.knobs import TEMPO


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("stretch", help="Bring a loop to another tempo.")(stretch)


def stretch(
    source: SourceArgument,
    bpm: Annotated[float, option(TEMPO, "The new tempo: half to twice the old one")],
    route: Annotated[
        str, typer.Option(help="inversion (from its own noise) or conditions (new noise, what is known of it).")
    ] = "inversion",
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
    """Bring a loop to another tempo."""
    walk = reworking.make_walk(steps, sampler, guidance, 0)  # a state on the way needs no exact noise
    destination = Destination.check(out, bit_depth, 1)
    from engine.applications import time_stretch
    from engine.applications.inversion import invert_loops
    from engine.recipe import Origin

    time_stretch.check_route(route)
    pipeline = reworking.load_pipeline(pack, device)
    loop = reworking.open_source(source, pipeline.info.sample_rate, from_bpm, fit)
    time_stretch.stretched_request(loop.request, bpm)  # judges the ratio before anything is computed
    started = time.perf_counter()
    down_to = time_stretch.TURN_AT if route == "inversion" else 1.0
    back = steps - walk.nearest(down_to)
    with progress_bar(back + (back if route == "inversion" else steps)) as progress:
        [inverted] = invert_loops(pipeline, [loop], walk, down_to=down_to, progress=progress)
        made = time_stretch.stretch(pipeline, inverted, bpm, route=route, progress=progress)
    origin = Origin("stretch", source=loop.name, from_bpm=loop.request.tempo_bpm, route=route)
    say([reworking.write_loop(made, destination, started, f"{source.stem} stretched", origin)], as_json=json)
