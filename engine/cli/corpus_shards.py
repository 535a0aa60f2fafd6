"""`loopgen corpus shards`: an encoded corpus as tar files that any number of processes trains on.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too.
"""

import json as json_format
import re
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from engine.cli.options import JsonOption
from engine.cli.progress_bar import counted
from engine.errors import InvalidRequest

ShareOption: TypeAlias = Annotated[
    str, typer.Option(metavar="K/N", help="Do share K of N; others do the rest, at the same time, elsewhere.")
]


def shards(
    corpus: Annotated[Path, typer.Argument(help="A corpus folder that a pack's codec encoded.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder of shards; made if missing.")],
    loops: Annotated[int, typer.Option(help="Loops in each shard.")] = 256,
    seed: Annotated[int, typer.Option(help="Seed of the order in which loops are mixed.")] = 0,
    jobs: Annotated[int, typer.Option(help="Processes that write.")] = 1,
    share: ShareOption = "1/1",
    json: JsonOption = False,
) -> None:
    """Cut an encoded corpus into shards of WebDataset, to train on; goes on where it was stopped."""
    from engine.tars import webdataset
    from engine.training.shards.writing import Cut, write_shards

    number, shares = parse_share(share)
    cut = Cut(loops, seed, jobs, number - 1, shares)
    webdataset()
    with counted("shard") as progress:
        whole = write_shards(corpus, out, cut, progress)
    if json:
        told = {"folder": str(out), "whole": whole is not None}
        sizes = {"loops": len(whole), "shards": len(whole.training)} if whole else {}
        typer.echo(json_format.dumps({**told, **sizes}))
    elif whole is None:
        typer.echo(f"{out}: share {share} is written; other shares are not whole yet.")
    else:
        typer.echo(f"{out}: {len(whole)} loops to train on in {len(whole.training)} shards.")


def parse_share(text: str) -> tuple[int, int]:
    """`"2/8"` -> (2, 8); raises `InvalidRequest` on anything else."""
    found = re.fullmatch(r"([1-9]\d{0,5})/([1-9]\d{0,5})", text)
    if found is None or int(found[1]) > int(found[2]):
        raise InvalidRequest(f"--share {text!r} is not possible: 1/1 for everything, or 1/8 to 8/8.")
    return int(found[1]), int(found[2])
