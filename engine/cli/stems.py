"""`loopgen stems`: a loop as its parts, a file each."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.groups import MachineOptions, grouped
from engine.cli.options import BitDepthOption
from engine.cli.rendering import Destination
from engine.cli.reworking import SourceArgument, SourceOptions
from engine.errors import ExportError
from engine.files import is_folder


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("stems", help="Take a loop apart into its parts, which add up to it.")(stems)


@grouped
def stems(
    source: SourceArgument,
    out: Annotated[Path, typer.Option(metavar="DIR", help="An existing folder; nothing in it is replaced.")] = Path(),
    bit_depth: BitDepthOption = 24,
    *,
    known: SourceOptions,
    machine: MachineOptions,
) -> None:
    """Take a loop apart into its parts, which add up to it."""
    if not is_folder(out):
        raise ExportError(f"--out {str(out)!r} is no existing folder: stems are several files.")
    destination = Destination.check(out, bit_depth, 1)
    pipeline = machine.pipeline()
    loop = known.open(source, pipeline)
    from engine.applications.stems import take_apart
    from engine.export import write_stems
    from engine.recipe import Recipe

    started = time.perf_counter()
    found = take_apart(pipeline, loop)
    recipe = loop.recipe or Recipe(loop.request, pipeline.info.name, pipeline.info.hash)
    paths = write_stems(out, found, loop.sample_rate, recipe, words=source.stem, kind=destination.format)
    if machine.json:
        seconds = round(time.perf_counter() - started, 4)
        told = {part: str(path) for part, path in paths.items()}
        typer.echo(json.dumps({"stems": told, "pack": pipeline.info.name, "seconds": seconds}))
        return
    for part, path in paths.items():
        typer.echo(f"{path}  {part}")
