"""`loopgen evaluate`: measure loops, guidance, the codec, the corpus and the algorithm; results go to a folder.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too.
"""

import json as json_format
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from engine.cli.evaluate_applications import EXPERIMENTS
from engine.cli.evaluate_parts import PARTS_ALONE
from engine.cli.options import DeviceOption, JsonOption, PackOption
from engine.errors import InvalidRequest
from engine.packs import Pack, find_pack
from engine.requests import SAMPLERS, LoopRequest

if TYPE_CHECKING:
    from engine.evaluation.codec_experiment import CodecLoop
    from engine.evaluation.loop_items import LoopSettings
    from engine.pipeline import LoopPipeline

OutFolder: TypeAlias = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for figures and plots.")]
MusicnnOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder MTT_musicnn of the PyPI wheel musicnn 0.1.0; else LOOPGEN_MUSICNN."),
]
CountOption: TypeAlias = Annotated[int, typer.Option(help="How many held-out loops.")]
StepsOption: TypeAlias = Annotated[int, typer.Option(help="Sampling steps.")]
SamplerOption: TypeAlias = Annotated[str, typer.Option(help=f"{', '.join(SAMPLERS)}.")]
TemperatureOption: TypeAlias = Annotated[float, typer.Option(help="Deviation of the noise, 0 to 1.5.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verbs = typer.Typer(
        help="Measure loops, guidance, codec, corpus and algorithm.", no_args_is_help=True, rich_markup_mode=None
    )
    verbs.command("loops", help="Render held-out requests and measure them beside the corpus.")(loops)
    verbs.command("guidance", help="The same figures as a curve over guidance.")(guidance)
    verbs.command("codec", help="What the codec does to loops, beside Opus.")(codec)
    verbs.command("words", help="Whether words find their loops, and loops do what words say.")(words)
    verbs.command("controls", help="Whether negations, weights, steers and references do what they promise.")(
        controls
    )
    verbs.command("likeness", help="How like its prompt a loop is, over guidance.")(likeness)
    verbs.command("corpus", help="How near the corpus stands to a folder of real music.")(corpus)
    verbs.command("point-cloud", help="The algorithm on clouds of points, where the answer is known.")(point_cloud)
    for name, experiment in {**PARTS_ALONE, **EXPERIMENTS}.items():
        verbs.command(name, help=experiment.__doc__)(experiment)
    verbs.command("train-detector", help="Train the judge of part onsets on corpus loops.")(train_detector)
    app.add_typer(verbs, name="evaluate")


def loops(
    out: OutFolder,
    count: CountOption = 300,
    steps: StepsOption = 16,
    sampler: SamplerOption = "euler",
    scale: Annotated[float, typer.Option("--guidance", help="How strictly to obey.")] = LoopRequest.guidance_scale,
    temperature: TemperatureOption = LoopRequest.temperature,
    tag_loops: Annotated[int, typer.Option(help="Corpus loops that train the tag judge; 0 leaves tags out.")] = 400,
    musicnn: MusicnnOption = None,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Render held-out requests and measure them beside the corpus; goes on where it was stopped."""
    if not 0 <= tag_loops <= 10_000:
        raise InvalidRequest(f"--tag-loops {tag_loops} is not possible: 0 to 10000.")
    settings = _settings(count, steps, sampler, scale, temperature)
    from engine.evaluation.loop_experiment import evaluate_loops
    from engine.evaluation.measurement import Judges

    judges = Judges.at_hand(musicnn)
    progress = sys.stderr.isatty()
    results = evaluate_loops(_pipeline(pack, device), out, settings, judges, tag_loops=tag_loops, progress=progress)
    _say(results, out / "loops.md", as_json=json)


def guidance(
    out: OutFolder,
    count: CountOption = 60,
    steps: StepsOption = 16,
    sampler: SamplerOption = "euler",
    scale: Annotated[
        list[float], typer.Option("--guidance", help="A guidance scale; may be repeated. Else 0, 0.5, 1, 2, 4.")
    ] = [],
    temperature: TemperatureOption = LoopRequest.temperature,
    musicnn: MusicnnOption = None,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """The same figures as a curve over guidance."""
    from engine.evaluation.loop_experiment import GUIDANCE_SCALES, evaluate_guidance
    from engine.evaluation.measurement import Judges

    scales = tuple(scale) or GUIDANCE_SCALES
    settings = [_settings(count, steps, sampler, value, temperature) for value in scales]
    results = evaluate_guidance(
        _pipeline(pack, device),
        out,
        settings[0],
        Judges.at_hand(musicnn),
        scales=scales,
        progress=sys.stderr.isatty(),
    )
    _say(results, out / "guidance.md", as_json=json)


def codec(
    out: OutFolder,
    count: CountOption = 200,
    recordings: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder of real recordings to measure as well.")
    ] = None,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """What the codec does to held-out corpus loops and to recordings, beside Opus at 16 and 32 kb/s per channel."""
    if not 0 <= count <= 10_000:
        raise InvalidRequest(f"--count {count} is not possible: 0 to 10000.")
    from engine.devices import choose_device
    from engine.evaluation.codec_experiment import codec_round_trip, evaluate_codec, held_out_loops
    from engine.pack_models import load_codec

    sets: dict[str, Any] = {"held-out corpus loops": held_out_loops(count)} if count else {}
    if recordings is not None:
        sets["recordings"] = _recordings(recordings)
    if not sets:
        raise InvalidRequest("Nothing to measure: give --count above 0 or --recordings DIR.")
    chosen = choose_device(device)
    model = load_codec(Pack.open(find_pack(pack))).to(chosen).eval()
    results = evaluate_codec(codec_round_trip(model, chosen), sets, out, progress=sys.stderr.isatty())
    _say(results, out / "codec.md", as_json=json)


def words(
    out: OutFolder,
    count: Annotated[int, typer.Option(help="Held-out loops to find among; 0 leaves finding out.")] = 1000,
    seeds: Annotated[int, typer.Option(help="Loops of every prompt; 0 leaves prompts out.")] = 8,
    scale: Annotated[float, typer.Option("--guidance", help="How strictly to obey.")] = LoopRequest.guidance_scale,
    tag_loops: Annotated[int, typer.Option(help="Corpus loops that train the tag judge.")] = 400,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Whether words find their loops, and loops do what words say."""
    if not count and not seeds:
        raise InvalidRequest("Nothing is left to measure: give --count, --seeds or both.")
    if not (count == 0 or 20 <= count <= 100_000) or not 0 <= seeds <= 1000 or not 20 <= tag_loops <= 10_000:
        raise InvalidRequest("Possible: --count 0 or 20 to 100000, --seeds 0 to 1000, --tag-loops 20 to 10000.")
    from engine.evaluation.claims import ClaimJudges
    from engine.evaluation.loop_experiment import train_tag_judge
    from engine.evaluation.part_onsets import PartOnsetDetector
    from engine.evaluation.word_experiment import evaluate_prompts, evaluate_retrieval
    from engine.pack_models import load_clap

    progress = sys.stderr.isatty()
    results: dict[str, Any] = {}
    if count:
        clap = load_clap(Pack.open(find_pack(pack)))
        results["retrieval"] = evaluate_retrieval(clap, out, count=count, progress=progress)
    if seeds:
        judges = ClaimJudges(PartOnsetDetector.load(), train_tag_judge(tag_loops, progress=progress))
        results |= evaluate_prompts(
            _pipeline(pack, device), judges, out, seeds=seeds, guidance_scale=scale, progress=progress
        )
    _say(results, out / ("prompts.md" if seeds else "retrieval.md"), as_json=json)


def controls(
    out: OutFolder,
    seeds: Annotated[int, typer.Option(help="Loops of every case.")] = 8,
    references: Annotated[int, typer.Option(help="Held-out loops as references.")] = 50,
    kind: Annotated[
        list[str], typer.Option(help="negations, weights, steers, references; may be repeated. Default: all.")
    ] = [],
    scale: Annotated[float, typer.Option("--guidance", help="How strictly to obey.")] = LoopRequest.guidance_scale,
    tag_loops: Annotated[int, typer.Option(help="Corpus loops that train the tag judge.")] = 400,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Whether negations, weights, steers and references do what they promise; goes on where it was stopped."""
    if not 1 <= seeds <= 1000 or not 2 <= references <= 10_000 or not 20 <= tag_loops <= 10_000:
        raise InvalidRequest("Possible: --seeds 1 to 1000, --references 2 to 10000, --tag-loops 20 to 10000.")
    LoopRequest(guidance_scale=scale)
    from engine.evaluation.claims import ClaimJudges
    from engine.evaluation.control_experiment import KINDS, ControlExperiment
    from engine.evaluation.loop_experiment import train_tag_judge
    from engine.evaluation.part_onsets import PartOnsetDetector

    if unknown := [name for name in kind if name not in KINDS]:
        raise InvalidRequest(f"Unknown kind {unknown[0]!r}; possible: {', '.join(KINDS)}.")
    progress = sys.stderr.isatty()
    judges = ClaimJudges(PartOnsetDetector.load(), train_tag_judge(tag_loops, progress=progress))
    experiment = ControlExperiment(
        _pipeline(pack, device),
        judges,
        out,
        seeds=seeds,
        references=references,
        guidance_scale=scale,
        progress=progress,
    )
    _say(experiment.run(kind or KINDS), out / "controls.md", as_json=json)


def likeness(
    out: OutFolder,
    seeds: Annotated[int, typer.Option(help="Loops of every prompt.")] = 2,
    scale: Annotated[
        list[float], typer.Option("--guidance", help="A guidance scale; may be repeated. Else 0, 1, 2, 3, 5, 8.")
    ] = [],
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """How like its prompt a loop is by the pack's own embedder, over guidance; goes on where it was stopped."""
    if not 2 <= seeds <= 1000:
        raise InvalidRequest(f"--seeds {seeds} is not possible: 2 to 1000.")
    for value in scale:
        LoopRequest(guidance_scale=value)
    from engine.evaluation.likeness_experiment import SCALES, evaluate_likeness
    from engine.pack_models import load_clap

    clap = load_clap(Pack.open(find_pack(pack)))
    results = evaluate_likeness(
        _pipeline(pack, device), clap, out, scales=tuple(scale) or SCALES, seeds=seeds, progress=sys.stderr.isatty()
    )
    _say(results, out / "likeness.md", as_json=json)


def corpus(
    real: Annotated[Path, typer.Argument(metavar="REAL_DIR", help="A folder of real music, never trained on.")],
    out: OutFolder,
    count: CountOption = 300,
    contrast: Annotated[
        list[Path], typer.Option(metavar="DIR", help="Another folder to set beside the corpus; may be repeated.")
    ] = [],
    ablation: Annotated[
        int, typer.Option(help="Loops of each variant without one effect or part; 0 leaves this out.")
    ] = 0,
    musicnn: MusicnnOption = None,
    json: JsonOption = False,
) -> None:
    """Distances, spectra, width, dynamics and loudness of the corpus (and other folders) against real music."""
    if not 2 <= count <= 10_000:
        raise InvalidRequest(f"--count {count} is not possible: 2 to 10000.")
    if not (ablation == 0 or 2 <= ablation <= 10_000):
        raise InvalidRequest(f"--ablation {ablation} is not possible: 0, or 2 to 10000.")
    from engine.evaluation.corpus_ablation import evaluate_ablation
    from engine.evaluation.corpus_experiment import compare_sets, corpus_files, folder_files, measure_set
    from engine.evaluation.musicnn import Musicnn

    judge = Musicnn.find(musicnn)
    progress = sys.stderr.isatty()
    sets = [measure_set(folder.name, folder_files(folder), judge, progress=progress) for folder in (real, *contrast)]
    ours = measure_set("corpus", corpus_files(count), judge, progress=progress)
    results: dict[str, Any] = {"sets": compare_sets(sets[0], [ours, *sets[1:]], out)}
    if ablation:
        results["ablation"] = evaluate_ablation(sets[0], out, judge, count=ablation, progress=progress)
    _say(results, out / "corpus.md", as_json=json)
    if ablation and not json:
        _say(results, out / "ablation.md", as_json=False)


def point_cloud(
    out: OutFolder,
    steps: Annotated[int, typer.Option(help="Training steps per cloud.")] = 4000,
    json: JsonOption = False,
) -> None:
    """Draw the deblending of point clouds, and measure distribution, order of convergence and inversion."""
    if not 1 <= steps <= 1_000_000:
        raise InvalidRequest(f"--steps {steps} is not possible: 1 to 1000000.")
    from engine.evaluation.point_cloud import point_cloud_experiment

    results = point_cloud_experiment(out, steps=steps, progress=sys.stderr.isatty())
    _say(results, out / "point_cloud.json", as_json=json)


def train_detector(
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Else the one that ships with LoopGen.")] = None,
    loops: Annotated[int, typer.Option(help="Corpus loops to train on.")] = 5000,
    steps: Annotated[int, typer.Option(help="Training steps.")] = 4000,
    json: JsonOption = False,
) -> None:
    """Train the judge of part onsets on corpus loops and measure its ceiling on held-out ones."""
    if not 10 <= loops <= 100_000 or not 1 <= steps <= 1_000_000:
        raise InvalidRequest(f"--loops {loops}, --steps {steps}: possible are 10 to 100000 and 1 to 1000000.")
    from engine.evaluation.detector_training import train_from_corpus
    from engine.evaluation.part_onsets import SHIPPED
    from engine.evaluation.results import results_folder

    path = out or SHIPPED
    results_folder(path.parent)
    detector = train_from_corpus(path, loops=loops, steps=steps, progress=sys.stderr.isatty())
    _say({"path": str(path), "quality": dict(detector.quality)}, path, as_json=json)


def _settings(count: int, steps: int, sampler: str, scale: float, temperature: float) -> "LoopSettings":
    """Checked before anything is loaded: a request judges steps, sampler, guidance and temperature."""
    from engine.evaluation.loop_items import LoopSettings

    settings = LoopSettings(
        count=count, num_steps=steps, guidance_scale=scale, sampler=sampler, temperature=temperature
    )
    settings.apply(LoopRequest())
    return settings


def _pipeline(pack: str | None, device: str) -> "LoopPipeline":
    folder = find_pack(pack)
    from engine.pipeline import LoopPipeline

    return LoopPipeline.from_pack(folder, device=device)


def _recordings(folder: Path) -> "list[CodecLoop]":
    from engine.evaluation.codec_experiment import CodecLoop
    from engine.evaluation.corpus_experiment import folder_files

    pieces = [piece for file in folder_files(folder) for piece in file[:4]]
    return [CodecLoop(str(index), piece) for index, piece in enumerate(pieces)]


def _say(results: Any, written: Path, *, as_json: bool) -> None:
    from engine.evaluation.results import plain

    if as_json:
        typer.echo(json_format.dumps(plain(results)))
    elif written.suffix == ".md":
        typer.echo(written.read_text(encoding="utf-8"))
    else:
        typer.echo(json_format.dumps(plain(results), indent=1))
