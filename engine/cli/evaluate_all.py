"""`loopgen evaluate all`: every figure of the README anew, on one page.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too.
"""

import json as json_format
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.groups import MachineOptions, grouped
from engine.cli.options import FiguresOption, MusicnnOption
from engine.errors import InvalidRequest, LoopGenError
from engine.packs.pack import Pack

if TYPE_CHECKING:
    from engine.evaluation.report.running import Outcome


@grouped
def everything(
    out: FiguresOption,
    quick: Annotated[
        bool, typer.Option("--quick", help="Few loops: whether all works, in under five minutes.")
    ] = False,
    minutes: Annotated[float, typer.Option(help="No experiment begins after so many.")] = 55.0,
    only: Annotated[list[str], typer.Option(help="An experiment of the report; may be repeated. Else all.")] = [],
    real: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder of real music to set loops beside, as well.")
    ] = None,
    musicnn: MusicnnOption = None,
    check: Annotated[
        Path | None,
        typer.Option(metavar="README.md", help="Exit 2 where the table of results there is not what was measured."),
    ] = None,
    claim: Annotated[
        Path | None,
        typer.Option(metavar="README.md", help="Write what was measured into the table there, and claim it."),
    ] = None,
    *,
    machine: MachineOptions,
) -> None:
    """Measure every figure that the README claims, as JSON and one HTML page; goes on where it was stopped."""
    if not 0 < minutes <= 10_000:
        raise InvalidRequest(f"--minutes {minutes:g} is not possible: up to 10000.")
    if claim is not None and quick:
        raise InvalidRequest("A quick report measures too few loops for --claim.")
    folder = machine.pack_folder()
    pack = Pack.open(folder)
    from engine.evaluation.report.figures import claim as claim_rows, differences, read_figures, rows_in
    from engine.evaluation.report.plan import ReportOptions
    from engine.evaluation.report.running import run_report

    readme = rows_in(check) if check is not None else []
    if claim is not None:
        rows_in(claim)
    given = {"pack": str(folder), "device": machine.device}
    if musicnn is not None:
        given["musicnn"] = str(musicnn)
    options = ReportOptions(out, quick, minutes, given, tuple(only), real)
    options.experiments()  # names that there are not are told before anything is run
    started = time.monotonic()
    told = _told(pack, machine.device)
    outcomes = run_report(options, told, lambda outcome: _say(outcome, machine.json))
    if claim is not None and (kept := claim_rows(read_figures(out / "figures.json"), told, claim)):
        typer.echo(f"Not measured, as claimed before: {'; '.join(kept)}.", err=True)
    _conclude(outcomes, out, time.monotonic() - started, as_json=machine.json)
    if wrong := differences(readme, read_figures(out / "figures.json")):
        raise LoopGenError(f"{check} is not what was measured. {'; '.join(wrong)}.")


def _conclude(outcomes: "list[Outcome]", out: Path, seconds: float, *, as_json: bool) -> None:
    """Tell where the page is; raise `LoopGenError` where something is missing on it."""
    failed = [outcome.name for outcome in outcomes if outcome.status != "done"]
    page = str(out / "report.html")
    if as_json:
        typer.echo(json_format.dumps({"page": page, "seconds": round(seconds, 1), "failed": failed}))
    else:
        typer.echo(f"{page}: {len(outcomes) - len(failed)} of {len(outcomes)} in {seconds:.0f} s.")
    if failed:
        raise LoopGenError(
            f"Not measured: {', '.join(failed)}; the page says why. The same command tries them again."
        )


def _told(pack: Pack, device: str) -> dict[str, Any]:
    """What the figures depend on besides the commands."""
    import platform

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "pack": f"{pack.name} {pack.hash[:12]}",
        "system": f"{platform.system()} {platform.machine()}",
        "cores": cores,
        "device": device,
    }


def _say(outcome: "Outcome", quiet: bool) -> None:
    said = f": {outcome.said}" if outcome.said else ""
    typer.echo(f"{outcome.name} {outcome.status}, {outcome.seconds:.0f} s{said}", err=quiet)
