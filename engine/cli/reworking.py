"""What the verbs that work on the musician's own loops share: their options, reading the loop, progress, writing.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from engine.cli.rendering import Destination, summary
from engine.packs import find_pack
from engine.requests import SAMPLERS
from engine.vocabulary import BEATS_PER_BAR

if TYPE_CHECKING:
    from engine.applications.inversion import Walk
    from engine.applications.passage import Passage
    from engine.applications.source import SourceLoop
    from engine.loop import Loop, StepReport
    from engine.pipeline import LoopPipeline

SourceArgument: TypeAlias = Annotated[Path, typer.Argument(metavar="IN.wav", help="A loop of 1 to 16 whole bars.")]
FromBpmOption: TypeAlias = Annotated[
    float | None, typer.Option(help="Its tempo; else as its recipe, name, acid chunk or sound say.")
]
FitOption: TypeAlias = Annotated[
    str | None,
    typer.Option(help="What to do with a file that is not whole bars: 'trim' cuts it, 'stretch' moves its tempo."),
]
WalkStepsOption: TypeAlias = Annotated[int, typer.Option("--steps", help="Steps each way, 1 to 256.")]
WalkSamplerOption: TypeAlias = Annotated[str, typer.Option("--sampler", help=f"{', '.join(SAMPLERS)}.")]
WalkGuidanceOption: TypeAlias = Annotated[
    float, typer.Option("--guidance", help="1 inverts best; more obeys the conditions more.")
]
SeedOption: TypeAlias = Annotated[int, typer.Option(help="Of the new noise.")]

STEPS, SAMPLER = 16, "heun"


def make_walk(steps: int, sampler: str, guidance: float, corrections: int | None = None) -> "Walk":
    """How the map is walked; raises `InvalidRequest` before anything is loaded."""
    from engine.applications.inversion import Walk

    return Walk(steps, sampler, "cosine", guidance, Walk.corrections if corrections is None else corrections)


def load_pipeline(pack: str | None, device: str) -> "LoopPipeline":
    """The pipeline of a pack (by folder or name, None for the starter pack) on a device."""
    folder = find_pack(pack)
    from engine.pipeline import LoopPipeline

    return LoopPipeline.from_pack(folder, device=device)


def open_source(path: Path, sample_rate: int, tempo_bpm: float | None, fit: str | None) -> "SourceLoop":
    """Read a loop, and tell on stderr what its tempo was taken to be where nobody gave it."""
    from engine.applications.source import read_source

    source = read_source(path, sample_rate, tempo_bpm=tempo_bpm, fit=fit)
    request = source.request
    if source.tempo_from == "sound":
        typer.echo(
            f"{path.name}: {request.bars} bars at {request.tempo_bpm:.2f} BPM by ear "
            f"(confidence {source.confidence:.2f}); say --from-bpm if that is wrong.",
            err=True,
        )
    for remark in source.remarks:
        typer.echo(remark, err=True)
    return source


@contextmanager
def progress(total: int) -> Iterator[Callable[["StepReport"], None]]:
    """A progress bar over `total` steps, on a terminal alone."""
    from tqdm import tqdm

    with tqdm(total=total, unit="step", file=sys.stderr, disable=None, delay=1.0, leave=False) as bar:
        yield lambda _: bar.update()


def write_loop(
    loop: "Loop", destination: Destination, started: float, words: str, origin: Mapping[str, Any]
) -> dict[str, Any]:
    """Write a loop and return what `--json` tells of it; `started` is when work began, by `time.perf_counter`."""
    path = destination.write(loop, words, origin)
    return {**summary(loop, path, time.perf_counter() - started), **origin}


def write_passage(
    passage: "Passage", destination: Destination, started: float, words: str, origin: Mapping[str, Any]
) -> dict[str, Any]:
    """Write a passage and return what `--json` tells of it."""
    path = destination.write_passage(passage, words, origin)
    ramp = passage.ramp
    return {
        "path": str(path),
        "from_bpm": ramp.from_bpm,
        "tempo_bpm": ramp.to_bpm,
        "bars": ramp.bars,
        "beats": ramp.bars * BEATS_PER_BAR,
        "samples": int(passage.audio.shape[-1]),
        "sample_rate": passage.sample_rate,
        "pack": passage.pack_name,
        "seconds": round(time.perf_counter() - started, 4),
        **origin,
    }
