"""The verbs of `loopgen evaluate` that measure applications and architectures."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.groups import MachineOptions, grouped
from engine.cli.options import FiguresOption, JsonOption, LoopCountOption, option
from engine.cli.results import say_results
from engine.cli.reworking import TransitionBarsOption, WalkOptions
from engine.cli.train import need_accelerate
from engine.errors import InvalidRequest
from engine.knobs import TRANSITION_BARS, WALK_GUIDANCE, WALK_STEPS

if TYPE_CHECKING:
    from engine.applications.inversion import Walk
    from engine.evaluation.sources import SourceSettings


@dataclass(frozen=True)
class MeasuredOptions:
    """The loops that are measured."""

    loops: Annotated[
        Path | None,
        typer.Option(
            "--loops", metavar="DIR", help="A folder of loops of known tempo in place of held-out corpus loops."
        ),
    ] = None
    imported: Annotated[
        bool,
        typer.Option("--imported", help="Know no more of them than of a user's file: tempo and measured curves."),
    ] = False

    def settings(self, count: int, walk: "Walk") -> "SourceSettings":
        """Checked before anything is loaded."""
        from engine.evaluation.sources import SourceSettings

        return SourceSettings(count, walk=walk, imported=self.imported, folder=self.loops)


@grouped
def steps(out: FiguresOption, count: LoopCountOption = 20, *, machine: MachineOptions) -> None:
    """Quality against number of steps and sampler."""
    settings = MeasuredOptions().settings(count, WalkOptions().walk())
    from engine.evaluation.experiments.steps import evaluate_steps

    results = evaluate_steps(machine.pipeline(), out, settings, progress=sys.stderr.isatty())
    say_results(results, out / "steps.md", as_json=machine.json)


@grouped
def inversion(
    out: FiguresOption,
    count: LoopCountOption = 20,
    steps: Annotated[list[int], option(WALK_STEPS, "Steps each way; may be repeated")] = [8, 16, 32, 50],
    guidance: Annotated[list[float], option(WALK_GUIDANCE, "May be repeated")] = [1.0, 2.0],
    way: Annotated[
        list[str], typer.Option(help="Sampler, schedule, corrections; may be repeated. Default: all.")
    ] = [],
    *,
    measured: MeasuredOptions,
    machine: MachineOptions,
) -> None:
    """Error of the round trip from loop to noise and back, against steps, with and without guidance."""
    settings = measured.settings(count, WalkOptions().walk())
    from engine.evaluation.experiments.inversion import WAYS, evaluate_inversion

    if unknown := [name for name in way if name not in WAYS]:
        raise InvalidRequest(f"Unknown way {unknown[0]!r}; possible: {'; '.join(WAYS)}.")
    results = evaluate_inversion(
        machine.pipeline(),
        out,
        settings,
        steps=steps,
        guidance=guidance,
        ways=way or tuple(WAYS),
        progress=sys.stderr.isatty(),
    )
    say_results(results, out / "inversion.md", as_json=machine.json)


@grouped
def interpolation(
    out: FiguresOption,
    count: LoopCountOption = 20,
    *,
    walked: WalkOptions,
    measured: MeasuredOptions,
    machine: MachineOptions,
) -> None:
    """Smoothness of blends, spherical and linear; distance of variations against strength, and what they keep."""
    settings = measured.settings(count, walked.walk())
    from engine.evaluation.experiments.interpolation import evaluate_interpolation

    results = evaluate_interpolation(machine.pipeline(), out, settings, progress=sys.stderr.isatty())
    say_results(results, out / "interpolation.md", as_json=machine.json)


@grouped
def stretch(
    out: FiguresOption,
    count: LoopCountOption = 20,
    change: Annotated[list[int], typer.Option(help="Change of tempo in percent; may be repeated.")] = [
        -30,
        -15,
        15,
        30,
        40,
    ],
    route: Annotated[list[str], typer.Option(help="inversion, conditions; may be repeated.")] = [
        "inversion",
        "conditions",
    ],
    turn_at: Annotated[list[float], typer.Option(help="Alpha at which states change length; may be repeated.")] = [
        0.4
    ],
    *,
    walked: WalkOptions,
    measured: MeasuredOptions,
    machine: MachineOptions,
) -> None:
    """Loops at -30 to +40 % of their tempo, by inversion, by conditions and by signal processing."""
    settings = measured.settings(count, walked.walk(0))
    from engine.applications.time_stretch import check_route
    from engine.evaluation.experiments.stretch import check_changes, evaluate_stretch

    check_changes(change)
    for name in route:
        check_route(name)
    pipeline, progress = machine.pipeline(), sys.stderr.isatty()
    results = evaluate_stretch(
        pipeline, out, settings, percent=change, routes=route, turns=turn_at, progress=progress
    )
    say_results(results, out / "stretch.md", as_json=machine.json)


@grouped
def transition(
    out: FiguresOption,
    count: LoopCountOption = 40,
    bars: TransitionBarsOption = TRANSITION_BARS.default,
    *,
    walked: WalkOptions,
    measured: MeasuredOptions,
    machine: MachineOptions,
) -> None:
    """Transitions between pairs of loops: their ends, their drift, their tempo and their seams."""
    settings = measured.settings(count, walked.walk(0))
    from engine.evaluation.experiments.transition import evaluate_transition

    results = evaluate_transition(machine.pipeline(), out, settings, bars=bars, progress=sys.stderr.isatty())
    say_results(results, out / "transition.md", as_json=machine.json)


def architectures(
    corpus: Annotated[Path, typer.Argument(help="A corpus that a pack's codec encoded.")],
    out: FiguresOption,
    steps: Annotated[int, typer.Option(help="Steps that each is trained.")] = 300,
    frames: Annotated[int, typer.Option(help="Latent frames per step.")] = 1024,
    groups: Annotated[
        bool, typer.Option("--groups", help="Contiguous and learned groups alone, with and without information.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Denoisers of other sizes and groups, by validation loss on short equal budgets."""
    need_accelerate()
    from engine.evaluation.experiments.architectures import ARCHITECTURES, GROUPS, evaluate_architectures
    from engine.training.bench import ArchitectureBench

    bench = ArchitectureBench(corpus, steps, frames)
    compared = GROUPS if groups else ARCHITECTURES
    results = evaluate_architectures(
        bench.train, corpus, out, bench.budget, architectures=compared, progress=sys.stderr.isatty()
    )
    say_results(results, out / "architectures.md", as_json=json)


EXPERIMENTS: dict[str, Callable[..., None]] = {
    "steps": steps,
    "inversion": inversion,
    "interpolation": interpolation,
    "stretch": stretch,
    "transition": transition,
    "architectures": architectures,
}
