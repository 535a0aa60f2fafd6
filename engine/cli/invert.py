"""`loopgen invert`: a loop as noise and back, and how much is lost on the way."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from engine.cli import reworking
from engine.cli.groups import MachineOptions, OutputOptions, grouped
from engine.cli.options import option
from engine.cli.progress_bar import progress_bar
from engine.cli.rendering import say
from engine.cli.reworking import SourceArgument, SourceOptions, WalkOptions
from engine.knobs import CORRECTIONS


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("invert", help="Find the noise of a loop, and write the loop that comes back from it.")(invert)


@grouped
def invert(
    source: SourceArgument,
    corrections: Annotated[int, option(CORRECTIONS, "Most corrections of each step back")] = CORRECTIONS.default,
    noise: Annotated[
        Path | None, typer.Option(metavar="FILE.safetensors", help="Write the noise [D, F] there as well.")
    ] = None,
    *,
    known: SourceOptions,
    walked: WalkOptions,
    written: OutputOptions,
    machine: MachineOptions,
) -> None:
    """Find the noise of a loop, and write the loop that comes back from it."""
    walk = walked.walk(corrections)
    destination = written.check(sources=[source])
    pipeline = machine.pipeline()
    loop = known.open(source, pipeline)
    from engine.applications.inversion import invert_loops, replay, write_noise
    from engine.recipe import Origin

    started = time.perf_counter()
    with progress_bar(2 * walked.steps) as progress:
        [inverted] = invert_loops(pipeline, [loop], walk, progress=progress)
        [back] = replay(pipeline, [inverted], progress=progress)
    trip = back.round_trip(pipeline)
    origin = Origin("invert", source=loop.name, tempo_from=loop.tempo_from)
    if noise is not None:
        write_noise(noise, inverted)
    told = reworking.write_loop(back.loop(pipeline), destination, started, f"{source.stem} inverted", origin)
    told |= {**asdict(trip), "noise_deviation": inverted.deviation}
    say([told], as_json=machine.json)
    if not machine.json:
        typer.echo(
            f"Round trip: latents {100 * trip.latent_error:.2f} %, mel {trip.mel:.3f}, "
            f"SI-SDR {trip.si_sdr_db:.1f} dB (with the codec {trip.heard_mel:.3f}, {trip.heard_si_sdr_db:.1f} dB); "
            f"deviation of the noise {inverted.deviation:.2f}."
        )
