"""The verbs of `loopgen evaluate` that measure applications and architectures."""

import itertools
import json as json_format
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from engine.cli import reworking
from engine.cli.options import DeviceOption, JsonOption, PackOption
from engine.cli.reworking import WalkGuidanceOption, WalkSamplerOption, WalkStepsOption
from engine.cli.train import need_accelerate
from engine.errors import InvalidRequest

if TYPE_CHECKING:
    from engine.evaluation.sources import SourceSettings

OutFolder: TypeAlias = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for figures and plots.")]
CountOption: TypeAlias = Annotated[int, typer.Option(help="How many loops.")]
LoopsOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--loops", metavar="DIR", help="A folder of loops of known tempo in place of held-out corpus loops."
    ),
]
ImportedOption: TypeAlias = Annotated[
    bool, typer.Option("--imported", help="Know no more of them than of a user's file: tempo and measured curves.")
]


def steps(
    out: OutFolder,
    count: CountOption = 20,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Quality against number of steps and sampler."""
    settings = _settings(count)
    from engine.evaluation.steps_experiment import evaluate_steps

    pipeline = reworking.load_pipeline(pack, device)
    _say(evaluate_steps(pipeline, out, settings, progress=sys.stderr.isatty()), out / "steps.md", as_json=json)


def inversion(
    out: OutFolder,
    count: CountOption = 20,
    steps: Annotated[list[int], typer.Option(help="Steps each way; may be repeated.")] = [8, 16, 32, 50],
    guidance: Annotated[list[float], typer.Option(help="May be repeated.")] = [1.0, 2.0],
    way: Annotated[
        list[str], typer.Option(help="Sampler, schedule, corrections; may be repeated. Default: all.")
    ] = [],
    loops: LoopsOption = None,
    imported: ImportedOption = False,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Error of the round trip from loop to noise and back, against steps, with and without guidance."""
    settings = _settings(count, loops=loops, imported=imported)
    from engine.evaluation.inversion_experiment import WAYS, evaluate_inversion

    for number, gamma in itertools.product(steps, guidance):
        reworking.make_walk(number, "heun", gamma)  # judges them
    if unknown := [name for name in way if name not in WAYS]:
        raise InvalidRequest(f"Unknown way {unknown[0]!r}; possible: {'; '.join(WAYS)}.")
    pipeline = reworking.load_pipeline(pack, device)
    results = evaluate_inversion(
        pipeline,
        out,
        settings,
        steps=steps,
        guidance=guidance,
        ways=way or tuple(WAYS),
        progress=sys.stderr.isatty(),
    )
    _say(results, out / "inversion.md", as_json=json)


def interpolation(
    out: OutFolder,
    count: CountOption = 20,
    num_steps: WalkStepsOption = reworking.STEPS,
    sampler: WalkSamplerOption = reworking.SAMPLER,
    guidance: WalkGuidanceOption = 1.0,
    loops: LoopsOption = None,
    imported: ImportedOption = False,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Smoothness of blends, spherical and linear; distance of variations against strength, and what they keep."""
    settings = _settings(count, num_steps, sampler, guidance, loops=loops, imported=imported)
    from engine.evaluation.interpolation_experiment import evaluate_interpolation

    pipeline = reworking.load_pipeline(pack, device)
    results = evaluate_interpolation(pipeline, out, settings, progress=sys.stderr.isatty())
    _say(results, out / "interpolation.md", as_json=json)


def stretch(
    out: OutFolder,
    count: CountOption = 20,
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
    num_steps: WalkStepsOption = reworking.STEPS,
    sampler: WalkSamplerOption = reworking.SAMPLER,
    guidance: WalkGuidanceOption = 1.0,
    loops: LoopsOption = None,
    imported: ImportedOption = False,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Loops at -30 to +40 % of their tempo, by inversion, by conditions and by signal processing."""
    settings = _settings(count, num_steps, sampler, guidance, 0, loops=loops, imported=imported)
    from engine.applications.time_stretch import check_route
    from engine.evaluation.stretch_experiment import check_changes, evaluate_stretch

    check_changes(change)
    for name in route:
        check_route(name)
    pipeline = reworking.load_pipeline(pack, device)
    results = evaluate_stretch(
        pipeline,
        out,
        settings,
        percent=change,
        routes=route,
        turns=turn_at,
        progress=sys.stderr.isatty(),
    )
    _say(results, out / "stretch.md", as_json=json)


def transition(
    out: OutFolder,
    count: CountOption = 40,
    bars: Annotated[int, typer.Option(help="Length, 3 to 64 bars.")] = 8,
    num_steps: WalkStepsOption = reworking.STEPS,
    sampler: WalkSamplerOption = reworking.SAMPLER,
    guidance: WalkGuidanceOption = 1.0,
    loops: LoopsOption = None,
    imported: ImportedOption = False,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Transitions between pairs of loops: their ends, their drift, their tempo and their seams."""
    settings = _settings(count, num_steps, sampler, guidance, 0, loops=loops, imported=imported)
    from engine.applications.transition import check_bars
    from engine.evaluation.transition_experiment import evaluate_transition

    check_bars(bars)
    pipeline = reworking.load_pipeline(pack, device)
    results = evaluate_transition(pipeline, out, settings, bars=bars, progress=sys.stderr.isatty())
    _say(results, out / "transition.md", as_json=json)


def architectures(
    corpus: Annotated[Path, typer.Argument(help="A corpus that a pack's codec encoded.")],
    out: OutFolder,
    steps: Annotated[int, typer.Option(help="Steps that each is trained.")] = 300,
    frames: Annotated[int, typer.Option(help="Latent frames per step.")] = 1024,
    json: JsonOption = False,
) -> None:
    """Denoisers of other sizes and groups, by validation loss on short equal budgets."""
    need_accelerate()
    from engine.evaluation.architecture_experiment import evaluate_architectures
    from engine.training.bench import ArchitectureBench

    bench = ArchitectureBench(corpus, steps, frames)
    results = evaluate_architectures(bench.train, corpus, out, bench.budget, progress=sys.stderr.isatty())
    _say(results, out / "architectures.md", as_json=json)


EXPERIMENTS: dict[str, Callable[..., None]] = {
    "steps": steps,
    "inversion": inversion,
    "interpolation": interpolation,
    "stretch": stretch,
    "transition": transition,
    "architectures": architectures,
}


def _settings(
    count: int,
    num_steps: int = reworking.STEPS,
    sampler: str = reworking.SAMPLER,
    guidance: float = 1.0,
    corrections: int | None = None,
    *,
    loops: Path | None = None,
    imported: bool = False,
) -> "SourceSettings":
    """Checked before anything is loaded."""
    from engine.evaluation.sources import SourceSettings

    return SourceSettings(
        count, walk=reworking.make_walk(num_steps, sampler, guidance, corrections), imported=imported, folder=loops
    )


def _say(results: Any, written: Path, *, as_json: bool) -> None:
    from engine.evaluation.results import plain

    typer.echo(json_format.dumps(plain(results)) if as_json else written.read_text(encoding="utf-8"))
