"""`loopgen transition`: a way from one loop to another."""

import time
from pathlib import Path
from typing import Annotated

import typer

from engine.cli import reworking
from engine.cli.groups import MachineOptions, OutputOptions, grouped
from engine.cli.options import option
from engine.cli.progress_bar import progress_bar
from engine.cli.rendering import say
from engine.cli.reworking import FitOption, TransitionBarsOption, WalkOptions
from engine.errors import InvalidRequest
from engine.knobs import TEMPO, TRANSITION_BARS


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("transition", help="Make bars that begin as one loop and end as another.")(transition)


@grouped
def transition(
    a: Annotated[Path, typer.Argument(metavar="A.wav", help="Where it begins.")],
    b: Annotated[Path, typer.Argument(metavar="B.wav", help="Where it ends; any tempo.")],
    bars: TransitionBarsOption = TRANSITION_BARS.default,
    from_bpm: Annotated[list[float], option(TEMPO, "The tempo of A; given again, that of B", "--from-bpm")] = [],
    fit: FitOption = None,
    *,
    walked: WalkOptions,
    written: OutputOptions,
    machine: MachineOptions,
) -> None:
    """Make bars that begin as one loop and end as another."""
    if len(from_bpm) > 2:
        raise InvalidRequest(f"{len(from_bpm)} tempi were given for two loops.")
    walk = walked.walk(0)  # what begins and ends a passage needs no exact noise
    destination = written.check(sources=[a, b])
    from engine.applications.interpolation import End
    from engine.applications.inversion import invert_loops
    from engine.applications.transition import transition as make_transition
    from engine.recipe import Origin

    pipeline = machine.pipeline()
    tempi = [*from_bpm, None, None]
    sources = [
        reworking.open_source(path, pipeline.info.sample_rate, tempo, fit)
        for path, tempo in zip((a, b), tempi, strict=False)
    ]
    started = time.perf_counter()
    with progress_bar(3 * walked.steps) as progress:
        inverted = [invert_loops(pipeline, [source], walk, progress=progress)[0] for source in sources]
        first, last = map(End.of_loop, inverted)
        made = make_transition(pipeline, first, last, bars, walk, progress=progress)
    origin = Origin("transition", source=sources[0].name, to=sources[1].name)
    words = f"{a.stem} to {b.stem}"
    say(
        [reworking.write_passage(made, destination, started, words, sources[1].request, origin)], as_json=machine.json
    )
