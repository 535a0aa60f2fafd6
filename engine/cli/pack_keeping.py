"""The verbs of `loopgen pack` that keep the user's own packs: rename, describe, export, import, delete."""

from pathlib import Path
from typing import Annotated

import typer

from engine.packs.bundle import PACK_SUFFIX, export_pack, import_pack, sweep_arrivals
from engine.packs.pack import Pack, find_pack
from engine.packs.sharing import delete_pack, describe_pack, rename_pack

OwnPack = Annotated[str, typer.Argument(metavar="PACK", help="Folder or name of one of your packs.")]


def register_verbs(packs: typer.Typer) -> None:
    """Add the verbs."""
    packs.command("rename", help="Give a pack another name.")(rename)
    packs.command("describe", help="Say what a pack is; nothing takes the words away.")(describe)
    packs.command("export", help="Write a pack as one file, to give to others.")(export)
    packs.command("import", help="Add a pack from such a file, verified.")(bring)
    packs.command("delete", help="Delete one of your packs.")(delete)


def rename(pack: OwnPack, name: Annotated[str, typer.Argument(help="The new name.")]) -> None:
    """Give a pack another name."""
    typer.echo(f"It is called {rename_pack(find_pack(pack), name).name} now.")


def describe(pack: OwnPack, words: Annotated[str, typer.Argument(help="What it is.")] = "") -> None:
    """Say what a pack is; nothing takes the words away."""
    typer.echo(f"{describe_pack(find_pack(pack), words).name} is described.")


def export(
    pack: OwnPack,
    out: Annotated[Path, typer.Option("--out", metavar="PATH", help=f"A name that ends in {PACK_SUFFIX}.")],
    whole: Annotated[bool, typer.Option("--whole", help="With what the starter pack has, too.")] = False,
) -> None:
    """Write a pack as one file, to give to others."""
    path = export_pack(Pack.open(find_pack(pack), verify=False), out, whole=whole)
    typer.echo(f"{path}  {path.stat().st_size / 1e6:.1f} MB")


def bring(file: Annotated[Path, typer.Argument(help="A file of `loopgen pack export`.")]) -> None:
    """Add a pack from such a file, verified."""
    sweep_arrivals()
    pack = import_pack(file)
    typer.echo(f"{pack.name} is in {pack.folder}.")


def delete(pack: OwnPack) -> None:
    """Delete one of your packs."""
    folder = find_pack(pack)
    delete_pack(folder)
    typer.echo(f"{folder} is deleted.")
