"""The verbs of `loopgen evaluate` that listen to one part at a time."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.evaluate_fewsteps import ablation, fewsteps
from engine.cli.evaluate_patterns import patterns
from engine.cli.groups import MachineOptions, SamplingOptions, grouped
from engine.cli.options import FiguresOption, MusicnnOption, SamplerOption, StepsOption
from engine.cli.results import say_results
from engine.errors import InvalidRequest
from engine.knobs import LIVE_STEPS, SAMPLER
from engine.requests import LoopRequest


@grouped
def voices(
    out: FiguresOption,
    loops: Annotated[int, typer.Option(help="Loops of each part.")] = 32,
    *,
    sampling: SamplingOptions,
    machine: MachineOptions,
) -> None:
    """Whether a drum is the same drum from hit to hit, another from loop to loop, and silence silent."""
    if not 2 <= loops <= 100:
        raise InvalidRequest(f"--loops {loops} is not possible: 2 to 100.")
    request = LoopRequest(**sampling.settings())
    from engine.evaluation.experiments.voices import evaluate_voices

    results = evaluate_voices(machine.pipeline(), out, loops=loops, request=request)
    say_results(results, out / "voices.md", as_json=machine.json)


@grouped
def hits(
    out: FiguresOption,
    patterns: Annotated[int, typer.Option(help="Drawn patterns of each part.")] = 100,
    *,
    sampling: SamplingOptions,
    machine: MachineOptions,
) -> None:
    """Whether every hit that is asked for is played, and no other."""
    if not 1 <= patterns <= 10_000:
        raise InvalidRequest(f"--patterns {patterns} is not possible: 1 to 10000.")
    request = LoopRequest(**sampling.settings())
    from engine.evaluation.experiments.hits import evaluate_hits

    progress = sys.stderr.isatty()
    results = evaluate_hits(machine.pipeline(), out, patterns=patterns, request=request, progress=progress)
    say_results(results, out / "hits.md", as_json=machine.json)


@grouped
def kits(
    out: FiguresOption,
    loops: Annotated[int, typer.Option(help="Loops, and stems of each part.")] = 40,
    *,
    machine: MachineOptions,
) -> None:
    """Whether another voice changes its own part alone, and a voice read off a sound plays that sound."""
    if not 2 <= loops <= 1000:
        raise InvalidRequest(f"--loops {loops} is not possible: 2 to 1000.")
    from engine.evaluation.experiments.kits import evaluate_kits

    results = evaluate_kits(machine.pipeline(), out, loops=loops, progress=sys.stderr.isatty())
    say_results(results, out / "kits.md", as_json=machine.json)


@grouped
def stems(
    out: FiguresOption,
    loops: Annotated[int, typer.Option(help="Held-out corpus loops that are taken apart.")] = 100,
    *,
    machine: MachineOptions,
) -> None:
    """How near the parts of loops that are taken apart are to those that they were made of."""
    if not 1 <= loops <= 10_000:
        raise InvalidRequest(f"--loops {loops} is not possible: 1 to 10000.")
    from engine.evaluation.experiments.stems import evaluate_stems

    results = evaluate_stems(
        machine.pack_folder(), out, loops=loops, device=machine.device, progress=sys.stderr.isatty()
    )
    say_results(results, out / "stems.md", as_json=machine.json)


@grouped
def groups(
    out: FiguresOption,
    loops: Annotated[int, typer.Option(help="Loops in which every group is turned.")] = 40,
    sampler: SamplerOption = SAMPLER.default,
    steps: StepsOption = LIVE_STEPS,
    *,
    machine: MachineOptions,
) -> None:
    """Which groups of channels move which part, and how many move one part alone."""
    if not 1 <= loops <= 1000:
        raise InvalidRequest(f"--loops {loops} is not possible: 1 to 1000.")
    LoopRequest().with_(sampler=sampler, num_steps=steps)  # judges them before anything is loaded
    from engine.evaluation.experiments.groups import evaluate_groups

    results = evaluate_groups(
        machine.pipeline(), out, loops=loops, sampler=sampler, steps=steps, progress=sys.stderr.isatty()
    )
    say_results(results, out / "groups.md", as_json=machine.json)


@grouped
def learning(
    sounds: Annotated[Path, typer.Argument(metavar="SOUNDS", help="The folder of sounds that were learnt from.")],
    out: FiguresOption,
    loops: Annotated[int, typer.Option(help="Loops with none, half and all of what was learnt.")] = 60,
    musicnn: MusicnnOption = None,
    *,
    sampling: SamplingOptions,
    machine: MachineOptions,
) -> None:
    """Whether a pack that learnt plays more like the sounds than before, and copies none of them."""
    if not 2 <= loops <= 10_000:
        raise InvalidRequest(f"--loops {loops} is not possible: 2 to 10000.")
    request = LoopRequest(**sampling.settings())
    from engine.evaluation.experiments.learning import evaluate_learning
    from engine.evaluation.judges.measurement import Judges

    judges, progress = Judges.at_hand(musicnn), sys.stderr.isatty()
    results = evaluate_learning(
        machine.pipeline(), sounds, out, judges, loops=loops, request=request, progress=progress
    )
    say_results(results, out / "learning.md", as_json=machine.json)


PARTS_ALONE: dict[str, Callable[..., None]] = {
    "voices": voices,
    "hits": hits,
    "kits": kits,
    "groups": groups,
    "stems": stems,
    "learning": learning,
    "patterns": patterns,
    "fewsteps": fewsteps,
    "fewsteps-ablation": ablation,
}
