"""`loopgen bench`: what a loop costs on this machine."""

import json as json_format
import sys
from typing import Annotated, Any

import typer

from engine.cli.groups import MachineOptions, grouped
from engine.packs.pack import find_pack


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("bench", help="Measure speed and memory on this machine.")(bench)


@grouped
def bench(
    repeats: Annotated[int, typer.Option(help="Loops per case; medians are told.")] = 7,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out the costs of length and batch.")] = False,
    *,
    machine: MachineOptions,
) -> None:
    """Request to samples: median, split into stages, live setting, cost of bars and batch, start-up and memory."""
    folder = find_pack(machine.pack)
    # torch takes a second: only when it is needed.
    from engine.evaluation.experiments.benchmarks import BARS, BATCHES, benchmark, start_up_seconds
    from engine.evaluation.results import plain

    # Loaded here first: a pack that cannot be loaded is told as its own error.
    pipeline = machine.pipeline()
    start_up = start_up_seconds(folder, machine.device)
    results = benchmark(
        pipeline,
        repeats=repeats,
        bars=() if quick else BARS,
        batches=() if quick else BATCHES,
        progress=sys.stderr.isatty(),
    )
    results = plain({**results, "start_up": start_up})
    typer.echo(json_format.dumps(results) if machine.json else describe(results))


def describe(results: dict[str, Any]) -> str:
    """The figures as text for a terminal."""
    machine = results["machine"]
    lines = [
        f"{results['pack']['name']} on {machine['system']}, {machine['threads']} threads, torch {machine['torch']}",
        f"start-up, engine imported and pack loaded     {results['start_up']:7.3f} s",
    ]
    for name, label in (
        ("reference", "4 bars at 120 BPM, 16 steps, guidance 2"),
        ("live", "the same, 4 steps (live)"),
    ):
        timing = results[name]
        lines.append(f"{label:45} {timing['median']:7.3f} s  (worst {timing['worst']:.3f} s)")
        lines += [f"  {stage:43} {seconds:7.3f} s" for stage, seconds in timing["stages"].items()]
    for bars, seconds in results["seconds_by_bars"].items():
        lines.append(f"{bars + ' bars':45} {seconds:7.3f} s")
    for size, seconds in results["seconds_per_loop_by_batch"].items():
        lines.append(f"{'batch of ' + size + ', per loop':45} {seconds:7.3f} s")
    memory = results["peak_memory_mb"]
    lines.append(f"{'peak resident memory':45} {'not told here' if memory is None else f'{memory:7.0f} MB'}")
    return "\n".join(lines)
