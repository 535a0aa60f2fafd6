"""`loopgen doctor`: what works on this computer, and how to mend what does not."""

import json as json_format
from dataclasses import asdict
from typing import Annotated

import typer

from engine.cli.options import JsonOption, PackOption
from engine.files import shown

EXIT_NO_LOOP = 1
DesktopOption = Annotated[
    bool | None,
    typer.Option(
        "--desktop/--no-desktop",
        help="Put LoopGen, its sessions and packs into the menu of a Linux desktop, or take them out.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("doctor", help="Say what works here, and how to mend what does not.")(doctor)


def doctor(pack: PackOption = None, json: JsonOption = False, desktop: DesktopOption = None) -> None:
    """A line for each diagnosis; exits with 1 where no loop can be rendered."""
    if desktop is not None:
        _change_desktop(desktop, json)
        return
    from engine.checkup.checkup import LOOP, check_up
    from engine.config import starter_pack
    from engine.packs.pack import find_pack

    folder = starter_pack() if pack is None else find_pack(pack)
    diagnoses = []
    for diagnosis in check_up(pack, folder=folder):
        diagnoses.append(diagnosis)
        if not json:
            typer.echo(shown(f"{diagnosis.name:14} {diagnosis.state:8} {diagnosis.told}"))
            if diagnosis.mend:
                typer.echo(shown(f"{'':23} {diagnosis.mend}"))
    renders = any(diagnosis.name == LOOP and diagnosis.state == "ok" for diagnosis in diagnoses)
    if json:
        told = [asdict(diagnosis) for diagnosis in diagnoses]
        typer.echo(json_format.dumps({"renders": renders, "diagnoses": told}))
    else:
        typer.echo("Loops can be rendered here." if renders else "No loop can be rendered here: see 'loop'.")
    if not renders:
        raise typer.Exit(EXIT_NO_LOOP)


def _change_desktop(wanted: bool, json: bool) -> None:
    from engine.checkup.desktop_entry import install_desktop_entry, remove_desktop_entry

    paths = install_desktop_entry() if wanted else remove_desktop_entry()
    if json:
        typer.echo(json_format.dumps({"files": [str(path) for path in paths]}))
        return
    for path in paths:
        typer.echo(shown(f"{'Wrote' if wanted else 'Removed'} {path}"))
    if not paths:
        typer.echo("There was no entry.")
