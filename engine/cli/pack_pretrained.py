"""The verbs of `loopgen pack` that deal in pretrained weights: create, convert-clap and fetch.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer


def register_verbs(packs: typer.Typer) -> None:
    """Add the verbs to the group `loopgen pack`."""
    packs.command("create", help="Make a pack of pretrained parts, to train a denoiser for.")(create)
    packs.command("convert-clap", help="Make a folder of safetensors from LAION's own checkpoint.")(convert_clap)
    packs.command("fetch", help="Download pretrained weights; goes on where it was stopped.")(fetch)


def create(
    out: Annotated[Path, typer.Argument(help="The folder of the new pack.")],
    codec: Annotated[str, typer.Option(metavar="encodec:FOLDER", help="EnCodec: config.json and model.safetensors.")],
    clap: Annotated[
        str | None, typer.Option(metavar="laion:FOLDER", help="CLAP: the same and tokenizer.json, for prompts.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the pack.")] = "pretrained",
) -> None:
    """Make a pack of pretrained parts, to train a denoiser for."""
    from engine.pretrained.packs import create_pack, part_folder

    codec_folder = part_folder(codec, "encodec", "--codec")
    clap_folder = None if clap is None else part_folder(clap, "laion", "--clap")
    pack = create_pack(out, name, codec_folder, clap_folder)
    typer.echo(
        f"{out}: {', '.join(f'{part} ({pack.kind(part)})' for part in pack.components)}. "
        f"Next: loopgen corpus encode CORPUS --pack {out}"
    )


def convert_clap(
    checkpoint: Annotated[Path, typer.Argument(metavar="FILE.pt", help="LAION's checkpoint without fusion.")],
    out: Annotated[Path, typer.Argument(help="Folder to write; made if missing.")],
    tokenizer: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where RoBERTa's tokenizer.json (or vocab.json and merges.txt) is; else beside FILE.pt.",
        ),
    ] = None,
) -> None:
    """Make a folder of safetensors from LAION's own checkpoint."""
    from engine.pretrained.folders import read_tokenizer
    from engine.pretrained.laion_checkpoint import convert_checkpoint

    convert_checkpoint(checkpoint, out, read_tokenizer(tokenizer or checkpoint.parent))
    typer.echo(f"{out}: config.json, model.safetensors, tokenizer.json. Next: loopgen pack create --clap laion:{out}")


def fetch(
    what: Annotated[str, typer.Argument(metavar="encodec|clap", help="EnCodec at 24 kHz, or LAION's music CLAP.")],
    out: Annotated[Path | None, typer.Argument(help="Folder to write; else one in the user's data.")] = None,
) -> None:
    """Download pretrained weights; goes on where it was stopped."""
    from engine.pretrained.sources import fetch_source

    with _bar() as progress:
        paths = fetch_source(what, out, progress)
    for path in paths:
        typer.echo(path)
    if what == "clap":
        typer.echo(f"Next: loopgen pack convert-clap {paths[-1]} FOLDER", err=True)


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    from tqdm import tqdm

    with tqdm(unit="B", unit_scale=True, file=sys.stderr, disable=None, leave=False) as bar:

        def progress(name: str, there: int, total: int) -> None:
            bar.set_description(name, refresh=False)
            bar.total = total
            bar.update(there - bar.n)

        yield progress
