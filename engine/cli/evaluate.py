"""`loopgen evaluate`: measure what a pack plays by many judges; those of the `evaluate_` modules too.

Results go to a folder.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too.
"""

import sys
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from engine.cli import evaluate_all, evaluate_foundations
from engine.cli.evaluate_applications import EXPERIMENTS
from engine.cli.evaluate_parts import PARTS_ALONE
from engine.cli.groups import MachineOptions, grouped
from engine.cli.options import (
    FiguresOption,
    GuidanceOption,
    LearntOption,
    LoopCountOption,
    MusicnnOption,
    SamplerOption,
    StepsOption,
    TemperatureOption,
    option,
)
from engine.cli.results import say_results
from engine.errors import InvalidRequest
from engine.knobs import GUIDANCE, LEARNT, SAMPLER, STEPS, TEMPERATURE
from engine.packs.pack import Pack, find_pack
from engine.requests import LoopRequest

if TYPE_CHECKING:
    from engine.evaluation.loop_items import LoopSettings

TagLoopsOption: TypeAlias = Annotated[int, typer.Option(help="Corpus loops that train the tag judge.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verbs = typer.Typer(
        help="Measure loops, guidance, codec, corpus and algorithm.", no_args_is_help=True, rich_markup_mode=None
    )
    verbs.command("loops", help="Render held-out requests and measure them beside the corpus.")(loops)
    verbs.command("guidance", help="The same figures as a curve over guidance.")(guidance)
    verbs.command("words", help="Whether words find their loops, and loops do what words say.")(words)
    verbs.command("controls", help="Whether negations, weights, steers and references do what they promise.")(
        controls
    )
    verbs.command("likeness", help="How like its prompt a loop is, over guidance.")(likeness)
    verbs.command("all", help="Every figure of the README, as JSON and one page.")(evaluate_all.everything)
    evaluate_foundations.register_verbs(verbs)
    for name, experiment in {**PARTS_ALONE, **EXPERIMENTS}.items():
        verbs.command(name, help=experiment.__doc__)(experiment)
    app.add_typer(verbs, name="evaluate")


@grouped
def loops(
    out: FiguresOption,
    count: LoopCountOption = 300,
    steps: StepsOption = STEPS.default,
    sampler: SamplerOption = SAMPLER.default,
    scale: GuidanceOption = GUIDANCE.default,
    temperature: TemperatureOption = TEMPERATURE.default,
    tag_loops: Annotated[int, typer.Option(help="Corpus loops that train the tag judge; 0 leaves tags out.")] = 400,
    musicnn: MusicnnOption = None,
    *,
    machine: MachineOptions,
) -> None:
    """Render held-out requests and measure them beside the corpus; goes on where it was stopped."""
    if not 0 <= tag_loops <= 10_000:
        raise InvalidRequest(f"--tag-loops {tag_loops} is not possible: 0 to 10000.")
    settings = _settings(count, steps, sampler, scale, temperature)
    from engine.evaluation.experiments.loops import evaluate_loops
    from engine.evaluation.judges.measurement import Judges

    judges = Judges.at_hand(musicnn)
    progress = sys.stderr.isatty()
    results = evaluate_loops(machine.pipeline(), out, settings, judges, tag_loops=tag_loops, progress=progress)
    say_results(results, out / "loops.md", as_json=machine.json)


@grouped
def guidance(
    out: FiguresOption,
    count: LoopCountOption = 60,
    steps: StepsOption = STEPS.default,
    sampler: SamplerOption = SAMPLER.default,
    scale: Annotated[list[float], option(GUIDANCE, "A guidance scale; may be repeated. Else 0, 0.5, 1, 2, 4")] = [],
    temperature: TemperatureOption = TEMPERATURE.default,
    musicnn: MusicnnOption = None,
    *,
    machine: MachineOptions,
) -> None:
    """The same figures as a curve over guidance."""
    from engine.evaluation.experiments.loops import GUIDANCE_SCALES, evaluate_guidance
    from engine.evaluation.judges.measurement import Judges

    scales = tuple(scale) or GUIDANCE_SCALES
    settings = [_settings(count, steps, sampler, value, temperature) for value in scales]
    results = evaluate_guidance(
        machine.pipeline(),
        out,
        settings[0],
        Judges.at_hand(musicnn),
        scales=scales,
        progress=sys.stderr.isatty(),
    )
    say_results(results, out / "guidance.md", as_json=machine.json)


@grouped
def words(
    out: FiguresOption,
    count: Annotated[int, typer.Option(help="Held-out loops to find among; 0 leaves finding out.")] = 1000,
    seeds: Annotated[int, typer.Option(help="Loops of every prompt; 0 leaves prompts out.")] = 8,
    sampler: SamplerOption = SAMPLER.default,
    scale: GuidanceOption = GUIDANCE.default,
    tag_loops: TagLoopsOption = 400,
    learnt: LearntOption = LEARNT.default,
    *,
    machine: MachineOptions,
) -> None:
    """Whether words find their loops, and loops do what words say."""
    if not count and not seeds:
        raise InvalidRequest("Nothing is left to measure: give --count, --seeds or both.")
    if not (count == 0 or 20 <= count <= 100_000) or not 0 <= seeds <= 1000 or not 20 <= tag_loops <= 10_000:
        raise InvalidRequest("Possible: --count 0 or 20 to 100000, --seeds 0 to 1000, --tag-loops 20 to 10000.")
    from engine.evaluation.experiments.loops import train_tag_judge
    from engine.evaluation.experiments.words import evaluate_prompts, evaluate_retrieval
    from engine.evaluation.judges.claims import ClaimJudges
    from engine.evaluation.judges.part_onsets import PartOnsetDetector
    from engine.packs.models import load_clap

    progress = sys.stderr.isatty()
    results: dict[str, Any] = {}
    if count:
        clap = load_clap(Pack.open(find_pack(machine.pack)))
        results["retrieval"] = evaluate_retrieval(clap, out, count=count, progress=progress)
    if seeds:
        judges = ClaimJudges(PartOnsetDetector.load(), train_tag_judge(tag_loops, progress=progress))
        base = LoopRequest(bars=2, sampler=sampler, guidance_scale=scale, learnt=learnt)  # type: ignore[arg-type]
        results |= evaluate_prompts(machine.pipeline(), judges, out, seeds=seeds, base=base, progress=progress)
    say_results(results, out / ("prompts.md" if seeds else "retrieval.md"), as_json=machine.json)


@grouped
def controls(
    out: FiguresOption,
    seeds: Annotated[int, typer.Option(help="Loops of every case.")] = 8,
    references: Annotated[int, typer.Option(help="Held-out loops as references.")] = 50,
    kind: Annotated[
        list[str], typer.Option(help="negations, weights, steers, references; may be repeated. Default: all.")
    ] = [],
    scale: GuidanceOption = GUIDANCE.default,
    sampler: SamplerOption = SAMPLER.default,
    tag_loops: TagLoopsOption = 400,
    *,
    machine: MachineOptions,
) -> None:
    """Whether negations, weights, steers and references do what they promise; goes on where it was stopped."""
    if not 1 <= seeds <= 1000 or not 2 <= references <= 10_000 or not 20 <= tag_loops <= 10_000:
        raise InvalidRequest("Possible: --seeds 1 to 1000, --references 2 to 10000, --tag-loops 20 to 10000.")
    asked = LoopRequest().with_(sampler=sampler)  # judges it before anything is loaded
    from engine.evaluation.experiments.controls import KINDS, ControlExperiment
    from engine.evaluation.experiments.loops import train_tag_judge
    from engine.evaluation.judges.claims import ClaimJudges
    from engine.evaluation.judges.part_onsets import PartOnsetDetector

    if unknown := [name for name in kind if name not in KINDS]:
        raise InvalidRequest(f"Unknown kind {unknown[0]!r}; possible: {', '.join(KINDS)}.")
    progress, pipeline = sys.stderr.isatty(), machine.pipeline()
    pipeline.alphas(asked)  # a pack that has no such sampler says so before judges are trained
    judges = ClaimJudges(PartOnsetDetector.load(), train_tag_judge(tag_loops, progress=progress))
    experiment = ControlExperiment(
        pipeline,
        judges,
        out,
        seeds=seeds,
        references=references,
        guidance_scale=scale,
        sampler=sampler,
        progress=progress,
    )
    say_results(experiment.run(kind or KINDS), out / "controls.md", as_json=machine.json)


@grouped
def likeness(
    out: FiguresOption,
    seeds: Annotated[int, typer.Option(help="Loops of every prompt.")] = 2,
    scale: Annotated[list[float], option(GUIDANCE, "A guidance scale; may be repeated. Else 0, 1, 2, 3, 5, 8")] = [],
    *,
    machine: MachineOptions,
) -> None:
    """How like its prompt a loop is by the pack's own embedder, over guidance; goes on where it was stopped."""
    if not 2 <= seeds <= 1000:
        raise InvalidRequest(f"--seeds {seeds} is not possible: 2 to 1000.")
    from engine.evaluation.experiments.likeness import SCALES, evaluate_likeness
    from engine.packs.models import load_clap

    clap = load_clap(Pack.open(find_pack(machine.pack)))
    results = evaluate_likeness(
        machine.pipeline(),
        clap,
        out,
        scales=tuple(scale) or SCALES,
        seeds=seeds,
        progress=sys.stderr.isatty(),
    )
    say_results(results, out / "likeness.md", as_json=machine.json)


def _settings(count: int, steps: int, sampler: str, scale: float, temperature: float) -> "LoopSettings":
    """Checked before anything is loaded: a request judges steps, sampler, guidance and temperature."""
    from engine.evaluation.loop_items import LoopSettings

    settings = LoopSettings(
        count=count, num_steps=steps, guidance_scale=scale, sampler=sampler, temperature=temperature
    )
    settings.apply(LoopRequest())
    return settings
