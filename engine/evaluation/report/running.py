"""Running a report: each experiment is a process of its own, so that one that fails ends no other."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from engine.documents import read_document, read_document_file
from engine.evaluation.report.figures import as_document, claimed, rows_of
from engine.evaluation.report.page import write_page
from engine.evaluation.report.plan import REAL, REQUESTS, Experiment, ReportOptions, requests
from engine.evaluation.results import results_folder, write_json
from engine.files import write_atomically

ROOT: Final = Path(__file__).resolve().parents[3]
MOST_SAID: Final = 400
"""Characters of what a command that failed said last."""
MOST_BYTES: Final = 64_000_000


@dataclass(frozen=True)
class Outcome:
    """What became of one experiment: `done` with its `results`, `failed` with what it said, or `left out`."""

    name: str
    asks: str
    command: str
    status: str
    seconds: float = 0.0
    said: str = ""
    results: Any = None


Run = Callable[[list[str]], tuple[int, str, str]]
"""Runs `loopgen` with arguments: its exit code, and what it wrote to stdout and stderr."""


def run_command(arguments: list[str]) -> tuple[int, str, str]:
    """`loopgen` with `arguments` as a process of its own, of the same Python and the same files."""
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-m", "engine", *arguments],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def run_report(
    options: ReportOptions,
    told: Mapping[str, Any],
    progress: Callable[[Outcome], None],
    run: Run = run_command,
) -> list[Outcome]:
    """Run the experiments of `options`, and write `report.json` after each, figures and page at the end.

    What an earlier report in the folder has done by the same command on the same `told` (pack and machine) is taken
    over, whether it is asked for now or not, so that a report can be made in parts; what failed is tried again.
    Returns what became of those that are asked for. Raises `ExportError` when the folder cannot be used.
    """
    out = results_folder(options.out)
    lines = requests(quick=options.quick)
    write_atomically(out / REQUESTS, "".join(json.dumps(line) + "\n" for line in lines).encode())
    known = _known(out, told)
    asked = [(each, each.arguments(out, options.given, quick=options.quick)) for each in options.experiments()]
    found = _taken_over(options, known)
    started = time.monotonic()
    try:
        for experiment, arguments in asked:
            results_folder(out / experiment.name)
            outcome = known.get(_command(arguments))
            if outcome is None and time.monotonic() - started > options.minutes * 60:
                outcome = _of(experiment, arguments, "left out", said=f"{options.minutes:g} minutes were over")
            found[experiment.name] = outcome or _measured(experiment, arguments, run)
            progress(found[experiment.name])
            outcomes = _in_order(options, found)
            write_json(out / "report.json", {"told": told, "experiments": [asdict(each) for each in outcomes]})
    finally:  # of one that is interrupted, what there is
        outcomes = _in_order(options, found)
        rows = rows_of({outcome.name: outcome.results for outcome in outcomes if outcome.status == "done"})
        write_atomically(out / "figures.json", as_document(rows, {**told, "quick": options.quick}))
        write_page(options, told, outcomes, rows, claimed())
    return [found[experiment.name] for experiment, _ in asked]


def _taken_over(options: ReportOptions, known: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """What was done before and belongs to this report, by name; of real music whatever folder it was."""
    commands = [_command(each.arguments(options.out, options.given, quick=options.quick)) for each in options.plan()]
    found = {known[command].name: known[command] for command in commands if command in known}
    if options.real is None:
        found |= {each.name: each for each in known.values() if each.name == REAL}
    return found


def _in_order(options: ReportOptions, found: Mapping[str, Outcome]) -> list[Outcome]:
    names = [*(each.name for each in options.plan()), REAL]
    return [found[name] for name in dict.fromkeys(names) if name in found]


def _measured(experiment: Experiment, arguments: list[str], run: Run) -> Outcome:
    started = time.monotonic()
    code, said, complained = run(arguments)
    seconds = time.monotonic() - started
    lines = said.strip().splitlines()
    try:
        results = read_document(lines[-1], most_bytes=MOST_BYTES) if code == 0 and lines else None
    except ValueError:
        results = None
    if results is None:
        told = " ".join((complained.strip() or said.strip() or f"exit code {code}").split())[-MOST_SAID:]
        return _of(experiment, arguments, "failed", seconds, said=told)
    return _of(experiment, arguments, "done", seconds, results=results)


def _of(experiment: Experiment, arguments: list[str], status: str, seconds: float = 0.0, **more: Any) -> Outcome:
    return Outcome(experiment.name, experiment.asks, _command(arguments), status, round(seconds, 1), **more)


def _command(arguments: list[str]) -> str:
    return " ".join(["loopgen", *arguments])


def _known(out: Path, told: Mapping[str, Any]) -> dict[str, Outcome]:
    """What an earlier report in `out` on the same `told` has done, by command."""
    try:
        found = read_document_file(out / "report.json", most_bytes=MOST_BYTES)
        if found["told"] != dict(told):
            return {}
        outcomes = [Outcome(**row) for row in found["experiments"]]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {outcome.command: outcome for outcome in outcomes if outcome.status == "done"}
