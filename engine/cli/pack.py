"""`loopgen pack`: show, verify and list model packs; those of `pack_pretrained` too."""

import json as json_format
from typing import Annotated, Any

import typer

from engine.cli import pack_keeping, pack_pretrained
from engine.cli.options import JsonOption
from engine.packs.pack import Pack, find_pack, list_packs
from engine.packs.sharing import description_of

PackArgument = Annotated[str | None, typer.Argument(metavar="[PACK]", help="Folder or name; else the starter pack.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    packs = typer.Typer(help="Show, verify, list and make model packs.", no_args_is_help=True, rich_markup_mode=None)
    packs.command("show", help="What a pack is, was trained with and can do.")(show)
    packs.command("verify", help="Check every byte of a pack.")(verify)
    packs.command("list", help="The packs that can be used by name.")(list_all)
    pack_keeping.register_verbs(packs)
    pack_pretrained.register_verbs(packs)
    app.add_typer(packs, name="pack")


def show(pack: PackArgument = None, json: JsonOption = False) -> None:
    """What a pack is, was trained with and can do."""
    opened = Pack.open(find_pack(pack), verify=False)
    if json:
        typer.echo(json_format.dumps({**opened.manifest, "folder": str(opened.folder), "hash": opened.hash}))
        return
    for name, value in _described(opened).items():
        typer.echo(f"{name + ':':14}{value}")


def verify(pack: PackArgument = None, json: JsonOption = False) -> None:
    """Check every byte of a pack."""
    opened = Pack.open(find_pack(pack))
    for component in opened.components:
        opened.tensors(component)  # also finds weights that are no numbers
    told = {"folder": str(opened.folder), "name": opened.name, "hash": opened.hash, "verified": True}
    sentence = f"{opened.name}: all {len(opened.manifest['files'])} files are whole."
    typer.echo(json_format.dumps(told) if json else sentence)


def list_all(json: JsonOption = False) -> None:
    """The packs that can be used by name."""
    entries = list_packs()
    if json:
        told = [
            {"folder": str(e.folder), "name": e.pack.name if e.pack else None, "problem": e.problem} for e in entries
        ]
        typer.echo(json_format.dumps({"packs": told}))
        return
    for entry in entries:
        typer.echo(f"{entry.folder.name:20}{entry.pack.name if entry.pack else entry.problem}")
    if not entries:
        typer.echo("No packs are installed.")


def _described(pack: Pack) -> dict[str, Any]:
    manifest = pack.manifest
    often = "beat by beat" if pack.hop_length is None else f"every {pack.hop_length} samples"
    size = sum(entry["bytes"] for entry in manifest["files"].values())
    return {
        "name": f"{pack.name} {manifest['version']} ({manifest['licence']})",
        **({"description": described} if (described := description_of(pack)) else {}),
        "folder": pack.folder,
        "hash": pack.hash,
        "sound": f"{pack.sample_rate} Hz, {pack.latent_dim} latent channels {often}",
        "components": ", ".join(f"{name} ({pack.kind(name)})" for name in pack.components),
        "size": f"{size / 1e6:.1f} MB in {len(manifest['files'])} files",
        "conditions": ", ".join(map(str, manifest.get("conditions", []))),
        "training": _trained(manifest.get("training")),
    }


def _trained(training: Any) -> str:
    """Hours and runs of each component, or what it was taken from; `--json` tells settings and curves too."""
    if not isinstance(training, dict):
        return "not told"
    told = []
    for component, runs in training.items():
        records = [run for run in runs if isinstance(run, dict)] if isinstance(runs, list) else []
        seconds = [run.get("seconds") for run in records]
        hours = sum(value for value in seconds if isinstance(value, int | float)) / 3600
        origins = [str(run["pretrained"]) for run in records if "pretrained" in run]
        trained = f"{hours:.1f} h in {len(records)} run{'s' * (len(records) != 1)}"
        told.append(f"{component} {', '.join(origins) or trained}")
    return ", ".join(told) or "none"
