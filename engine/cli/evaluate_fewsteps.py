"""`loopgen evaluate fewsteps` and `fewsteps-ablation`: two evaluations beside many, and without their parts."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.groups import MachineOptions, grouped
from engine.cli.options import FiguresOption, JsonOption, LoopCountOption, MusicnnOption, PackOption
from engine.cli.results import say_results
from engine.cli.train import need_accelerate
from engine.packs.pack import find_pack


@grouped
def fewsteps(
    out: FiguresOption,
    count: LoopCountOption = 300,
    paths: Annotated[int, typer.Option(help="Paths whose length is measured; 0 leaves them out.")] = 16,
    voices: Annotated[int, typer.Option(help="Loops of each voice; 0 leaves voices out.")] = 8,
    guided: Annotated[int, typer.Option(help="Requests at each guidance; 0 leaves guidance out.")] = 60,
    tag_loops: Annotated[int, typer.Option(help="Corpus loops that train the tag judge; 0 leaves words out.")] = 400,
    musicnn: MusicnnOption = None,
    *,
    machine: MachineOptions,
) -> None:
    """What two evaluations cost and keep beside many: distance, path length, time, guidance, voices."""
    folder = machine.pack_folder()
    from engine.evaluation.experiments.fewsteps import FewStepSettings, evaluate_fewsteps
    from engine.evaluation.judges.measurement import Judges

    settings = FewStepSettings(count, paths, voices, tag_loops, guided)
    results = evaluate_fewsteps(
        folder, out, settings, Judges.at_hand(musicnn), device=machine.device, progress=sys.stderr.isatty()
    )
    say_results(results, out / "fewsteps.md", as_json=machine.json)


def ablation(
    corpus: Annotated[Path, typer.Argument(help="A corpus that the pack's codec encoded.")],
    out: FiguresOption,
    pack: PackOption = None,
    steps: Annotated[int, typer.Option(help="Steps that each row is trained.")] = 300,
    frames: Annotated[int, typer.Option(help="Latent frames per step.")] = 1024,
    json: JsonOption = False,
) -> None:
    """The few-step model without its parts, one after the other, on equal budgets."""
    need_accelerate()
    folder = find_pack(pack)
    from engine.training.fewsteps_ablation import evaluate_ablation

    results = evaluate_ablation(corpus, folder, out, steps=steps, frames=frames)
    say_results(results, out / "ablation.md", as_json=json)
