"""The verbs of `loopgen evaluate` that need no denoiser: codec, corpus, the algorithm alone, the judge of onsets.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.groups import MachineOptions, grouped
from engine.cli.options import FiguresOption, JsonOption, LoopCountOption, MusicnnOption
from engine.cli.results import say_results
from engine.errors import InvalidRequest
from engine.packs.pack import Pack, find_pack

if TYPE_CHECKING:
    from engine.evaluation.experiments.codec import CodecLoop


def register_verbs(verbs: typer.Typer) -> None:
    """Add the verbs to the group `loopgen evaluate`."""
    verbs.command("codec", help="What the codec does to loops, beside Opus.")(codec)
    verbs.command("corpus", help="How near the corpus stands to a folder of real music.")(corpus)
    verbs.command("point-cloud", help="The algorithm on clouds of points, where the answer is known.")(point_cloud)
    verbs.command("import", help="Whether files as they lie about become loops at their tempo, and no other.")(
        import_files
    )
    verbs.command("train-ear", help="Fit the ear for tempi to corpus loops.")(train_ear)
    verbs.command("train-detector", help="Train the judge of part onsets on corpus loops.")(train_detector)


@grouped
def codec(
    out: FiguresOption,
    count: LoopCountOption = 200,
    recordings: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder of real recordings to measure as well.")
    ] = None,
    *,
    machine: MachineOptions,
) -> None:
    """What the codec does to held-out corpus loops and to recordings, beside Opus at 16 and 32 kb/s per channel."""
    if not 0 <= count <= 10_000:
        raise InvalidRequest(f"--count {count} is not possible: 0 to 10000.")
    from engine.devices import choose_device
    from engine.evaluation.experiments.codec import codec_round_trip, evaluate_codec, held_out_loops
    from engine.packs.models import load_codec

    sets: dict[str, Any] = {"held-out corpus loops": held_out_loops(count)} if count else {}
    if recordings is not None:
        sets["recordings"] = _recordings(recordings)
    if not sets:
        raise InvalidRequest("Nothing to measure: give --count above 0 or --recordings DIR.")
    chosen = choose_device(machine.device)
    model = load_codec(Pack.open(find_pack(machine.pack))).to(chosen).eval()
    results = evaluate_codec(codec_round_trip(model, chosen), sets, out, progress=sys.stderr.isatty())
    say_results(results, out / "codec.md", as_json=machine.json)


def corpus(
    real: Annotated[Path, typer.Argument(metavar="REAL_DIR", help="A folder of real music, never trained on.")],
    out: FiguresOption,
    count: LoopCountOption = 300,
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
    from engine.evaluation.experiments.corpus import compare_sets, corpus_files, folder_files, measure_set
    from engine.evaluation.experiments.corpus_ablation import evaluate_ablation
    from engine.evaluation.judges.musicnn import Musicnn

    judge = Musicnn.find(musicnn)
    progress = sys.stderr.isatty()
    sets = [measure_set(folder.name, folder_files(folder), judge, progress=progress) for folder in (real, *contrast)]
    ours = measure_set("corpus", corpus_files(count), judge, progress=progress)
    results: dict[str, Any] = {"sets": compare_sets(sets[0], [ours, *sets[1:]], out)}
    if ablation:
        results["ablation"] = evaluate_ablation(sets[0], out, judge, count=ablation, progress=progress)
    say_results(results, out / "corpus.md", as_json=json)
    if ablation and not json:
        say_results(results, out / "ablation.md", as_json=False)


def point_cloud(
    out: FiguresOption,
    steps: Annotated[int, typer.Option(help="Training steps per cloud.")] = 4000,
    json: JsonOption = False,
) -> None:
    """Draw the deblending of point clouds, and measure distribution, order of convergence and inversion."""
    if not 1 <= steps <= 1_000_000:
        raise InvalidRequest(f"--steps {steps} is not possible: 1 to 1000000.")
    from engine.evaluation.experiments.point_cloud import point_cloud_experiment

    results = point_cloud_experiment(out, steps=steps, progress=sys.stderr.isatty())
    say_results(results, out / "point_cloud.json", as_json=json)


def train_detector(
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Else the one that ships with LoopGen.")] = None,
    loops: Annotated[int, typer.Option(help="Corpus loops to train on.")] = 5000,
    steps: Annotated[int, typer.Option(help="Training steps.")] = 4000,
    json: JsonOption = False,
) -> None:
    """Train the judge of part onsets on corpus loops and measure its ceiling on held-out ones."""
    if not 10 <= loops <= 100_000 or not 1 <= steps <= 1_000_000:
        raise InvalidRequest(f"--loops {loops}, --steps {steps}: possible are 10 to 100000 and 1 to 1000000.")
    from engine.evaluation.judges.part_onsets import SHIPPED
    from engine.evaluation.results import results_folder
    from engine.training.detector import train_from_corpus

    path = out or SHIPPED
    results_folder(path.parent)
    detector = train_from_corpus(path, loops=loops, steps=steps, progress=sys.stderr.isatty())
    say_results({"path": str(path), "quality": dict(detector.quality)}, path, as_json=json)


def import_files(
    out: FiguresOption,
    count: Annotated[int, typer.Option(help="Files that are made and imported.")] = 300,
    corpus: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A corpus with audio whose held-out loops are used. Else rendered."),
    ] = None,
    loops: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Real loops to listen to; their names tell their tempo.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make files as they lie about, import them, and compare what came of each with what is true of it."""
    if not 10 <= count <= 1000:
        raise InvalidRequest(f"--count {count} is not possible: 10 to 1000.")
    from engine.evaluation.experiments.importing import evaluate_import

    progress = sys.stderr.isatty()
    results = evaluate_import(out, count=count, corpus=corpus, real=loops, progress=progress)
    say_results(results, out / "import.md", as_json=json)


def train_ear(
    corpus: Annotated[Path, typer.Argument(help="A corpus folder with audio.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Else the one that ships with LoopGen.")] = None,
    loops: Annotated[int, typer.Option(help="Training loops to listen to.")] = 4000,
    json: JsonOption = False,
) -> None:
    """Fit the ear for tempi to the training loops of a corpus, and say how it does on some that it did not hear."""
    if not 10 <= loops <= 100_000:
        raise InvalidRequest(f"--loops {loops} is not possible: 10 to 100000.")
    from engine.cli.progress_bar import counted
    from engine.evaluation.results import results_folder
    from engine.listening.ear import SHIPPED
    from engine.training.tempo_ear import fit_ear

    path = out or SHIPPED
    results_folder(path.parent)
    with counted("loop") as progress:
        ear, measured = fit_ear(corpus, progress, loops=loops)
    ear.store(path)
    say_results({"path": str(path), **measured}, path, as_json=json)


def _recordings(folder: Path) -> "list[CodecLoop]":
    from engine.evaluation.experiments.codec import CodecLoop
    from engine.evaluation.experiments.corpus import folder_files

    pieces = [piece for file in folder_files(folder) for piece in file[:4]]
    return [CodecLoop(str(index), piece) for index, piece in enumerate(pieces)]
