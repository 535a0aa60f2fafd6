"""`loopgen stretch`: a loop at another tempo, its pitches kept."""

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


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("stretch", help="Bring a loop to another tempo.")(stretch)


def stretch(
    source: SourceArgument,
    bpm: Annotated[float, typer.Option(help="The new tempo: half to twice the old one, and 40 to 240 BPM.")],
    route: Annotated[
        str, typer.Option(help="inversion (from its own noise) or conditions (new noise, what is known of it).")
    ] = "inversion",
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
    """Bring a loop to another tempo."""
    from engine.tempo import check_tempo

    check_tempo(bpm)
    walk = reworking.make_walk(steps, sampler, guidance, 0)  # a state on the way needs no exact noise
    destination = Destination.check(out, bit_depth, 1)
    from engine.applications import time_stretch
    from engine.applications.inversion import invert_loop

    time_stretch.check_route(route)
    pipeline = reworking.load_pipeline(pack, device)
    loop = reworking.open_source(source, pipeline.info.sample_rate, from_bpm, fit)
    time_stretch.stretched_request(loop.request, bpm)  # judges the ratio before anything is computed
    started = time.perf_counter()
    down_to = time_stretch.TURN_AT if route == "inversion" else 1.0
    with reworking.progress(2 * (steps - walk.nearest(down_to))) as tell:
        inverted = invert_loop(pipeline, loop, walk, down_to=down_to, on_step=tell)
        made = time_stretch.stretch(pipeline, inverted, bpm, route=route, on_step=tell)
    origin = {"verb": "stretch", "source": loop.name, "from_bpm": loop.request.tempo_bpm, "route": route}
    say([reworking.write_loop(made, destination, started, f"{source.stem} stretched", origin)], as_json=json)
