"""`loopgen render --requests`: a file of requests becomes a library of loops.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too.
"""

import json as json_format
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.corpus_shards import ShareOption, parse_share
from engine.cli.groups import MachineOptions, OutputOptions
from engine.cli.progress_bar import counted
from engine.errors import ExportError, InvalidRequest
from engine.files import is_folder
from engine.requests import LoopRequest


@dataclass(frozen=True)
class LibraryOptions:
    """A file of many requests, and how they are rendered."""

    requests: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.jsonl",
            help="Many requests, a JSON object a line; what a line leaves open is as the other options say. "
            "Goes on where it was stopped.",
        ),
    ] = None
    shard: Annotated[int, typer.Option(help="Of --requests: loops in each tar of WebDataset; 0 writes files.")] = 0
    batch: Annotated[int, typer.Option(help="Of --requests: loops of one length rendered together.")] = 8
    jobs: Annotated[int, typer.Option(help="Of --requests: processes that render.")] = 1
    share: ShareOption = "1/1"

    def check(self, count: int, sounds: Sequence[Path]) -> None:
        """Raise `InvalidRequest` where options of a file of requests stand without one, or against it."""
        if self.requests is None and (self.shard, self.batch, self.jobs, self.share) != (0, 8, 1, "1/1"):
            raise InvalidRequest("--shard, --batch, --jobs and --share belong to --requests FILE.jsonl.")
        if self.requests is not None and count != 1:
            raise InvalidRequest("--count does not go with --requests: there, a line is a loop.")
        if self.requests is not None and sounds:
            raise InvalidRequest("--reference and voices of files do not go with --requests: write them into lines.")


def render_requests(
    base: LoopRequest, library: LibraryOptions, written: OutputOptions, machine: MachineOptions
) -> None:
    """Render the lines of the file, each as `base` where it says nothing else, and tell how many."""
    if not is_folder(written.out):
        raise ExportError(f"--out {str(written.out)!r} is no folder; loops of --requests need an existing one.")
    destination = written.check()
    from engine.rendering.library import Library, render_library
    from engine.rendering.requests_file import RequestsFile

    assert library.requests is not None
    share, shares = parse_share(library.share)
    asked = Library(
        RequestsFile(library.requests, base),
        written.out,
        machine.pack_folder(),
        machine.device,
        destination.format,
        library.shard,
        library.batch,
        library.jobs,
        share - 1,
        shares,
    )
    start = time.perf_counter()
    with counted("loop") as progress:
        rendered = render_library(asked, progress)
    seconds = time.perf_counter() - start
    if machine.json:
        typer.echo(json_format.dumps({"out": str(written.out), "rendered": rendered, "seconds": round(seconds, 3)}))
    else:
        typer.echo(f"{written.out}: {rendered} loops rendered in {seconds:.1f} s.")
